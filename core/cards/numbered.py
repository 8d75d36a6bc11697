"""A photo with a numbered frame around each face, so that people can choose one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.cards import canvas
from core.face import Face

LONGEST, SHORTEST = 1600, 1000
"""Bounds of the longer side in pixels: photos are shrunk or enlarged to within them, so that digits are sharp."""

_DIGITS = (26, 64)
"""Smallest and largest height of the digits in pixels."""

_INK = (255, 255, 255)
_DARK = (16, 18, 24)
_FRAME = (86, 180, 233)

_Box = tuple[float, float, float, float]


def numbered(photo: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    """The photo (uint8 RGB h x w x 3) with its `faces` framed and numbered in their order, from 1: uint8 RGB."""
    height, width = photo.shape[:2]
    longer = max(height, width)
    scale = min(LONGEST, max(longer, SHORTEST)) / longer
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    shown = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    picture = Image.fromarray(np.asarray(shown, dtype=np.uint8))
    draw = ImageDraw.Draw(picture)
    frames = [_frame(face, scale, size) for face in faces]
    for left, top, right, bottom in frames:
        radius = min(right - left, bottom - top) * 0.12
        draw.rounded_rectangle((left, top, right, bottom), radius, outline=_DARK, width=6)
        draw.rounded_rectangle((left + 1, top + 1, right - 1, bottom - 1), radius, outline=_FRAME, width=3)
    taken: list[_Box] = []
    for number, frame in enumerate(frames, start=1):
        font = _font(frame)
        place = _badge(str(number), font, frame, size, [*taken, *(one for one in frames if one is not frame)])
        taken.append(place)
        left, top, right, bottom = place
        draw.rounded_rectangle(place, (bottom - top) * 0.25, fill=_DARK, outline=_FRAME, width=3)
        draw.text(((left + right) / 2, (top + bottom) / 2), str(number), _INK, font, anchor="mm", stroke_width=1)
    return np.asarray(picture)


def _frame(face: Face, scale: float, size: tuple[int, int]) -> _Box:
    """Left, top, right, bottom: a little larger than the face's box, and within the picture."""
    left, top, width, height = (value * scale for value in face.box)
    margin = 0.06 * max(width, height) + 3
    corners = (left - margin, top - margin, left + width + margin, top + height + margin)
    limits = (size[0] - 1, size[1] - 1) * 2
    left, top, right, bottom = (min(max(corner, 0.0), limit) for corner, limit in zip(corners, limits, strict=True))
    return left, top, max(right, left + 4), max(bottom, top + 4)


def _font(frame: _Box) -> ImageFont.FreeTypeFont:
    return canvas.font(round(min(max((frame[3] - frame[1]) * 0.22, _DIGITS[0]), _DIGITS[1])))


def _badge(text: str, font: ImageFont.FreeTypeFont, frame: _Box, size: tuple[int, int], others: Iterable[_Box]) -> _Box:
    """Where to put a number: preferably outside of its frame, above before below, unless that covers other faces."""
    high = font.size * 1.25
    wide = max(font.getlength(text) + font.size * 0.6, high)
    left, top, right, bottom = frame
    middle = (left + right - wide) / 2
    outside = [(middle, top - high + 3), (middle, bottom - 3), (left - wide + 3, top), (right - 3, top)]
    inside = [(left, top), (right - wide, bottom - high)]
    places = []
    for x, y in (*outside, *inside):
        x, y = min(max(x, 0.0), max(size[0] - wide - 1, 0.0)), min(max(y, 0.0), max(size[1] - high - 1, 0.0))  # noqa: PLW2901
        places.append((x, y, x + wide, y + high))
    everything = [*others]
    # covering other faces costs the full area, covering its own face half: a small face must stay visible
    return min(
        places,
        key=lambda place: sum(_common(place, one) for one in everything) + 0.5 * _common(place, frame),
    )


def _common(a: _Box, b: _Box) -> float:
    """The area of two boxes' intersection."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(high, 0.0)
