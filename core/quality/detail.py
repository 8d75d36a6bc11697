"""How much detail a face has, whatever its size in pixels: blur, enlargement and blocks take it away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import crop
from core.templates import Template, to_template

_FACE = Template((RIGHT_IRIS, LEFT_IRIS), ((0.30, 0.36), (0.70, 0.36)))
_FACE_SIDE = 100
"""The face from the brows to the chin, and its side in pixels, at which the eyes are 40 pixels apart."""
_BORDER = 8

_SIDES = (140, 100, 72, 50, 36, 25, 18, 13)
_NATURAL = 0.5
"""Sharpness from which a face has all the detail that its pixels can hold: the faces of 100 portraits have it at a
side of 100, but for one that is blurred."""
_DETAIL = 0.57
"""Pixels of detail across a face for each pixel of the side where `_NATURAL` is reached: measured on London faces that
were shrunk to 28, 21, 18, 14 and 10 pixels."""

_ACROSS, _DOWN, _MOST = 0.75, 0.67, 320
"""The middle of the face that is looked at for blocks, as shares of its box, and the most pixels of it."""
_CONCENTRATED, _PURE = 0.68, 0.9
"""Share of all changes from pixel to pixel that lies in the quarter of the columns with most of them, from which they
are the edges of blocks, and of blocks of one colour: natural faces have 0.33 to 0.55, those in blocks of 3 pixels and
more nearly 1."""
_FEWEST = 16
_SQUARE = 8
"""Pixels a side of the squares that JPEG compresses by themselves."""
_SQUARES_SEEN = 3.2
"""How many times as large as elsewhere changes are at the edges of these squares, from which little is left inside
them: 1.6 at most in 560 photos, 2 to 2.6 at a quality of 20, 4 to 7 at 5."""


def sharpness(rgb: NDArray[np.uint8], face: Face, side: int = _FACE_SIDE) -> float:
    """How much of the finest detail a face has, relative to coarser detail: 0 (none) to about 1.

    Natural pictures have as much contrast in one octave of detail as in the next (Field 1987), and blur takes it from
    the finest first. So, unlike the variance of the Laplacian, the ratio does not depend on light, skin or beard.
    `side`: pixels of the square from the brows to the chin in which it is looked for.
    """
    grey = crop(rgb, to_template(face, _FACE, side), side, grey=True).astype(np.float32)
    fine, middle, coarse = (smoothed(grey, deviation) for deviation in (1, 2, 4))
    border = max(2, _BORDER * side // _FACE_SIDE)
    inner = slice(border, -border)
    finest = (grey - fine)[inner, inner].std()
    return float(finest / max((middle - coarse)[inner, inner].std(), 1e-6))


def detail(rgb: NDArray[np.uint8], face: Face) -> float | None:
    """Pixels across the face that its detail would fit into; None: as many as the face is wide, or more than 80.

    The face is shrunk step by step until its finest detail is as strong as that of a natural picture.
    """
    before: tuple[int, float] | None = None
    for side in _SIDES:
        sharp = sharpness(rgb, face, side)
        if sharp >= _NATURAL:
            if before is None:
                return None
            larger, less = before
            way = (_NATURAL - less) / (sharp - less)
            return float(_DETAIL * larger * (side / larger) ** way)
        before = side, sharp
    return _DETAIL * _SIDES[-1]


def blocks(rgb: NDArray[np.uint8], face: Face) -> float | None:
    """How many blocks of one colour lie across the face; None: it is not made of blocks.

    They are those of a picture that was pixelated on purpose, enlarged pixel by pixel, or compressed until nothing but
    the mean of each square was left.
    """
    left, top, width, height = face.box
    across, down = (min(round(part * length), _MOST) for part, length in ((_ACROSS, width), (_DOWN, height)))
    x, y = max(0, left + (width - across) // 2), max(0, top + (height - down) // 2)
    middle = rgb[y : y + down, x : x + across]
    if min(middle.shape[:2]) <= _FEWEST:
        return None
    grey = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY)
    columns = cv2.absdiff(grey[:, 1:], grey[:, :-1]).mean(axis=0)
    rows = cv2.absdiff(grey[1:], grey[:-1]).mean(axis=1)
    concentrated = min(_concentration(columns), _concentration(rows))
    if concentrated < _PURE and min(_at_edges(columns), _at_edges(rows)) >= _SQUARES_SEEN:
        return width / _SQUARE
    if concentrated >= _CONCENTRATED:
        return float((columns > columns.mean()).mean() * width)
    return None


def _concentration(changes: NDArray[np.float64]) -> float:
    """The share that the largest quarter has in all: 0.25 to 1."""
    largest = np.sort(changes)[-(len(changes) // 4) :]
    return float(largest.sum() / max(changes.sum(), 1e-6))


def _at_edges(changes: NDArray[np.float64]) -> float:
    """How many times as large as usual the changes are at every eighth place, wherever the squares begin."""
    means = [changes[start::_SQUARE].mean() for start in range(_SQUARE)]
    return float(max(means) / max(np.median(means), 1e-6))


def smoothed(grey: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """A picture (h, w), blurred by a Gaussian."""
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), deviation), dtype=np.float32)
