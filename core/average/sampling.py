"""Photo -> pixels of the canvas, in one remap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average.mesh import Knots
from core.average.resample import taken
from core.average.template import MIDDLE, SIDE, SMALL, Sketch

_FADE = 0.05
"""Width over which a photo's share fades to 0 at its edge, in sides of the canvas, so that there is no seam."""
_LEAST = 1 / 16
"""Share of what the photo covers but does not show: it is visible only where every photo hides it."""
_BEFORE_LINEAR = np.array((-0.036, 1.072, -0.036), dtype=np.float32)
"""Filter, across and down, that compensates for linear interpolation at twice the size: 1/32 at the sides would do for
soft detail, and a little more keeps eyes as sharp as cubic interpolation does."""
_FINE = 1.15
"""Pixels of the photo for one of the canvas above which the photo is shrunk instead of enlarged."""


@dataclass(frozen=True, eq=False)
class Bent:
    """A face on the canvas. `pixels`: uint8 s x s x 4, RGB and the share, which is how much the photo counts in each
    pixel, 0 where it does not cover it; `drift`: how its parts were moved, see `core.average.drift`.
    """

    pixels: NDArray[np.uint8]
    drift: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Excerpt:
    """The part of a photo that a canvas shows, no finer than necessary.

    `pixels`: uint8, h x w or h x w x 3, each standing for `step` x `step` of the photo's; `corner` (2,): the first
    one's centre in the photo; `grain`: how many of them make one of the canvas.
    """

    pixels: NDArray[np.uint8]
    corner: NDArray[np.float32]
    step: int
    grain: float

    @classmethod
    def of(cls, photo: NDArray[np.uint8], at: NDArray[np.float32], grain: float, grey: bool = False) -> Self:
        """`at` (k, l, 2 and more): where in the photo the canvas's knots lie; `grain`: pixels of the photo for one of
        the canvas.
        """
        height, width = photo.shape[:2]
        rim = 2 * grain + 4
        low = cv2.reduce(at, 0, cv2.REDUCE_MIN)[0, :, :2].min(axis=0) - rim  # numpy's takes ten times as long
        high = cv2.reduce(at, 0, cv2.REDUCE_MAX)[0, :, :2].max(axis=0) + rim
        left, top = np.clip(np.floor(low).astype(int), 0, (width - 1, height - 1))
        right, bottom = np.clip(np.ceil(high).astype(int), (left + 1, top + 1), (width, height))
        step = 1  # a power of two: such pixels are shrunk several times as fast as others
        while 2 * step <= min(grain, right - left, bottom - top):
            step *= 2
        columns, rows = (right - left) // step, (bottom - top) // step
        part = photo[top : top + rows * step, left : left + columns * step]
        if grey:
            part = _shrunk_grey(part, step)
        elif step > 1:
            part = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        # a small pixel's centre lies in the middle of the `step` large ones it stands for
        corner = np.array((left, top), dtype=np.float32) + np.float32((step - 1) / 2)
        return cls(part, corner, step, grain / step)

    def places(self, at: NDArray[np.float32]) -> NDArray[np.float32]:
        """Places in the photo (k, l, 2 and more) as places in `pixels` (k, l, 2)."""
        into = np.zeros((2, at.shape[2] + 1))
        into[0, 0] = into[1, 1] = 1 / self.step
        into[:, -1] = -self.corner / self.step
        return np.asarray(cv2.transform(at, into), dtype=np.float32)


def _shrunk_grey(rgb: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Brightness of blocks of `step` x `step` pixels, a power of two, from the four middle pixels of each quarter."""
    height, width = rgb.shape[:2]
    if step > 2:
        size = 2 * width // step, 2 * height // step
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if step > 1:
        grey = cv2.resize(grey, (width // step, height // step), interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8)


def sample(
    photo: NDArray[np.uint8],
    at: NDArray[np.float32],
    grain: float,
    knots: Knots,
    seen: NDArray[np.float32] | float = 1.0,
) -> NDArray[np.uint8]:
    """`Bent.pixels`, `knots.size` pixels a side. `at` (k, k, 2 and more): where in the photo (uint8 RGB h x w x 3) each
    knot lies; `grain`: pixels of the photo for one of the canvas; `seen` (k, k): how much of the face the photo shows
    there, 0-1.
    """
    share = _share(held(photo, at, grain, knots), knots, seen)
    excerpt = Excerpt.of(photo, at, grain)
    places = excerpt.places(at)
    source = cv2.cvtColor(excerpt.pixels, cv2.COLOR_RGB2RGBA)  # four channels are sampled in half the time of three
    if excerpt.grain <= _FINE:  # to enlarge, linear alone loses a third of the eyes' sharpness
        source = _doubled(source)
        places = places * 2 + np.float32(0.5)
    for axis, length in enumerate(source.shape[1::-1]):  # beyond the edge, repeat the edge; it is faster
        np.clip(places[..., axis], 0, length - 1.05, out=places[..., axis])
    pixels = np.empty((knots.size, knots.size, 4), dtype=np.uint8)
    for top, rows in knots.strips(places):
        strip = slice(top, top + len(rows))
        cv2.insertChannel(share[strip], taken(np.asarray(source), rows, onto=pixels[strip]), 3)
    return pixels


def _doubled(pixels: Any) -> NDArray[np.uint8]:
    """The picture at twice its size, for linear interpolation that is as sharp as cubic, in half the time.

    What linear interpolation will blur is sharpened first (Blu et al. 2004, "Linear interpolation revitalized").
    """
    sharpened = cv2.sepFilter2D(pixels, -1, _BEFORE_LINEAR, _BEFORE_LINEAR, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(sharpened, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def held(photo: NDArray[np.uint8], at: NDArray[np.float32], grain: float, knots: Knots) -> NDArray[np.float32]:
    """How much the photo counts at each knot: float32 (k, k), 1 within it, fading to 0 at its edge and beyond. For the
    parameters see `sample`.
    """
    height, width = photo.shape[:2]
    x, y = at[..., 0], at[..., 1]
    room = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y)) / grain - knots.step
    return np.asarray(np.clip(room / (_FADE * knots.size), 0, 1), dtype=np.float32)


def _share(held: NDArray[np.float32], knots: Knots, seen: NDArray[np.float32] | float) -> NDArray[np.uint8]:
    """How much the photo counts in each pixel, 0-255, from the values at the knots."""
    at_knots = np.round(255 * held * np.maximum(seen, _LEAST)).astype(np.uint8)
    return knots.everywhere(at_knots)


def sketch(photo: NDArray[np.uint8], at: NDArray[np.float32], grain: float) -> Sketch:
    """The sketch of a bent face. `at` (k, k, 2 and more): where in the photo places spread evenly over the canvas lie;
    `grain`: pixels of the photo for the whole canvas.
    """
    whole = taken(at, _spread(len(at), SMALL))
    middle = taken(at, _spread(len(at), SIDE)[MIDDLE])
    # outlines are compared without detail finer than the sketch, as if its pixels were 1.4 times as large
    return Sketch(grey(photo, whole, 2**0.5 * grain / SMALL), grey(photo, middle, grain / SIDE))


def grey(photo: NDArray[np.uint8], at: NDArray[np.float32], grain: float) -> NDArray[np.uint8]:
    """The photo's brightness, uint8 (k, l), at places (k, l, 2 and more), `grain` of its pixels from each other."""
    excerpt = Excerpt.of(photo, at, grain, grey=True)
    return taken(excerpt.pixels, excerpt.places(at))


@cache
def _spread(count: int, side: int) -> NDArray[np.float32]:
    """A grid of `side` x `side` places in a grid of `count` x `count`: (side, side, 2)."""
    along = (np.arange(side, dtype=np.float32) + 0.5) * (count / side) - 0.5
    return np.stack(np.meshgrid(along, along), axis=-1).astype(np.float32)
