"""/average: a face, and who went in; or two of them, and all that lies between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from core.cards.canvas import (
    BACKGROUND,
    DIFFERENT,
    FAINT,
    INK,
    MARGIN,
    PANEL,
    RADIUS,
    SAME,
    Pixels,
    Rgb,
    blank,
    font,
    paste,
    resize,
)
from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import crop
from core.templates import PORTRAIT, Template, to_template

STRIP_PLACES = 48
STRIP_SIDE = 128
"""How many faces the strip under an average can hold, and the side of each in pixels."""

MIXTURE_STEPS = 7
"""Pictures in the strip from one average to the other, both included."""

MORPH_FRAMES = 30
"""Frames of the animation from one average to the other, both included."""

_CLOSE_UP = Template((RIGHT_IRIS, LEFT_IRIS), ((0.34, 0.44), (0.66, 0.44)))
"""The frame of a face in the strip, close enough that hair and shoulders do not crowd it out."""

_ROWS = ((10, 1), (20, 2), (36, 3), (STRIP_PLACES, 4))
"""The most faces that fit, by number of rows."""
_FEWEST_COLUMNS = 6

_SIZE = 768
"""Side of the face that margins and gaps are given for; they scale with it."""
_GAP = 8
_UNDER_FACE = 20


def average(face: Pixels, thumbnails: Sequence[Pixels], count: int) -> Pixels:
    """The average, and under it a strip of its faces; beyond STRIP_PLACES the rest is only counted.

    `face`: uint8 RGB s x s; `thumbnails`: see `thumbnail`, at least the first STRIP_PLACES; `count`: how many faces the
    average has. Returns uint8 RGB.
    """
    size = face.shape[0]
    margin, gap, under = (round(length * size / _SIZE) for length in (MARGIN, _GAP, _UNDER_FACE))
    places = min(count, STRIP_PLACES)
    rows = next(rows for most, rows in _ROWS if places <= most)
    columns = max(-(-places // rows), _FEWEST_COLUMNS)
    step = (size + gap) / columns
    side = round(step - gap)
    card = blank(size + 2 * margin, 2 * margin + size + under + round(rows * step) - gap)
    paste(card, face, margin, margin, radius=round(RADIUS * size / _SIZE))
    shown = places if count <= STRIP_PLACES else places - 1
    for place in range(places):
        row, column = divmod(place, columns)
        unused = columns - min(columns, places - row * columns)  # centre a row that is not full
        x, y = margin + round((column + unused / 2) * step), margin + size + under + round(row * step)
        if place < shown:
            paste(card, resize(thumbnails[place], (side, side)), x, y, radius=side // 7)
        else:
            paste(card, np.full((side, side, 3), PANEL, dtype=np.uint8), x, y, radius=side // 7)
            text = f"+{count - shown}"
            ImageDraw.Draw(card).text((x + side / 2, y + side / 2), text, INK, font(round(side * 0.3)), anchor="mm")
    return np.asarray(card)


def mixture(face: Pixels, steps: Sequence[Pixels], ratio: float) -> Pixels:
    """The blend of two averages, and under it the steps from the first to the second, with a mark at the blend.

    `face`: uint8 RGB s x s; `steps`: uint8 RGB squares from the first average to the second, MIXTURE_STEPS of them,
    evenly spaced; `ratio`: the share of the second in the blend, 0-1. Returns uint8 RGB.
    """
    size = face.shape[0]
    unit = size / _SIZE
    margin, gap, under = (round(length * unit) for length in (MARGIN, _GAP, _UNDER_FACE))
    step = (size + gap) / len(steps)
    side = round(step - gap)
    card = blank(size + 2 * margin, 2 * margin + size + under + side + round(60 * unit))
    paste(card, face, margin, margin, radius=round(RADIUS * unit))
    top = margin + size + under
    for i, one in enumerate(steps):
        paste(card, resize(_face_of(one), (side, side)), margin + round(i * step), top, radius=side // 7)
    left, right = margin + side / 2, margin + size - side / 2
    _slider(card, (left, right), top + side + 40 * unit, ratio, unit)
    return np.asarray(card)


def _face_of(average: Pixels) -> Pixels:
    """The face alone of an average, framed like a thumbnail."""
    size = average.shape[0]
    (right_eye, _), ((right_close, down_close), (left_close, _)) = PORTRAIT.points, _CLOSE_UP.points
    part = (PORTRAIT.points[1][0] - right_eye[0]) / (left_close - right_close)
    left, top = right_eye[0] - part * right_close, right_eye[1] - part * down_close
    x, y, side = (round(length * size) for length in (left, top, part))
    return average[y : y + side, x : x + side]


def _slider(card: Image.Image, ends: tuple[float, float], y: float, ratio: float, unit: float) -> None:
    """A line from a plate with 1 to a plate with 2, and a knob between them at `ratio`."""
    left, right = ends
    large = 4  # drawn larger and shrunk, for smooth edges
    plate, knob, thick = 17 * unit, 11 * unit, 3 * unit
    strip = Image.new("RGB", (card.width * large, round(2 * plate + 4) * large), BACKGROUND)
    draw = ImageDraw.Draw(strip)
    middle = strip.height / 2

    def disc(x: float, radius: float, ink: Rgb) -> None:
        box = (x * large - radius * large, middle - radius * large, x * large + radius * large, middle + radius * large)
        draw.ellipse(box, fill=ink)

    at = left + ratio * (right - left)
    draw.rectangle((left * large, middle - thick * large / 2, right * large, middle + thick * large / 2), fill=FAINT)
    disc(left, plate, SAME)
    disc(right, plate, DIFFERENT)
    disc(at, knob + 4 * unit, BACKGROUND)
    disc(at, knob, INK)
    for x, digit in ((left, "1"), (right, "2")):
        if abs(x - at) > plate:  # else the knob covers it
            draw.text((x * large, middle), digit, BACKGROUND, font(round(21 * unit * large)), anchor="mm")
    card.paste(strip.reduce(large), (0, round(y - strip.height / large / 2)))


def morph(frames: Iterable[Pixels]) -> tuple[list[Pixels], list[int]]:
    """The frames of a morph, there and back, and how many milliseconds each is shown, both ends longer."""
    there = list(frames)
    back = there[-2:0:-1]
    pause, pace = 900, 50
    return there + back, [pause] + [pace] * (len(there) - 2) + [pause] * (len(there) > 1) + [pace] * len(back)


def thumbnail(photo: Pixels, face: Face) -> Pixels:
    """The face for the strip: uint8 RGB STRIP_SIDE x STRIP_SIDE."""
    return crop(photo, to_template(face, _CLOSE_UP, STRIP_SIDE), STRIP_SIDE, outside=PANEL)


def portrait(photo: Pixels, face: Face, size: int) -> Pixels:
    """The face, framed like an average: uint8 RGB `size` x `size`."""
    return crop(photo, to_template(face, PORTRAIT, size), size, outside=PANEL)
