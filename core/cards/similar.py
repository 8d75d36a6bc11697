"""/similar: two faces, a percentage, and why."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.cards.canvas import (
    DIFFERENT,
    FAINT,
    INK,
    MARGIN,
    PANEL,
    SAME,
    UNSURE,
    Pixels,
    Rgb,
    blank,
    font,
    paste,
    rounded,
)
from core.contracts import shown_percent
from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import crop, invert
from core.heatmap.regions import on_photo
from core.templates import Template, to_template

CLOSE_UP = Template((RIGHT_IRIS, LEFT_IRIS), ((0.37, 0.44), (0.63, 0.44)))
"""The frame of the two compared faces, closer than a portrait."""

EVIDENCE = Template((RIGHT_IRIS, LEFT_IRIS), ((0.35, 0.40), (0.65, 0.40)))
EVIDENCE_SIDE = 280
"""The frame of a face that shows why, filled by the face, and its side in pixels."""

FULL_EVIDENCE = 0.06
EVIDENCE_ALPHA = 0.85
"""The change of the score that is drawn at full strength, the same on every card, and the opacity of that."""

_GREY_SAME_DIFFERENT = np.array([(1, 1, 1), SAME, DIFFERENT], np.float32).T
"""Matrix from amounts of grey, SAME and DIFFERENT to RGB."""


@dataclass(frozen=True, eq=False)
class Why:
    """A map of `heatmap.Evidence`, and the 2 x 3 matrix from the photo's pixels to those of the map."""

    values: NDArray[np.float32]
    matrix: NDArray[np.float64]


def similar(
    photos: tuple[Pixels, Pixels],
    faces: tuple[Face, Face],
    percent: float,
    line: float,
    same_person: bool | None,
    why: tuple[Why, Why] | None = None,
    interval: tuple[float, float] | None = None,
) -> Pixels:
    """Both faces side by side at one size, and under them the percentage on a gauge from 0 to 100.

    `percent`, and `line`, from which two faces count as one person: 0-100; `same_person`: None if that is unsure;
    `interval`: the percentages between which clear photos would lie, a band on the gauge. With `why`, for each photo,
    both faces are shown again beside the percentage, in grey, tinted in one colour where they are alike and in the
    other where they differ, the more the stronger. Returns uint8 RGB (852, 1200, 3), or (1032, 1200, 3) with `why`.
    """
    side, gap = 552, 24
    extra = 0 if why is None else EVIDENCE_SIDE - 100
    card = blank(2 * MARGIN + 2 * side + gap, MARGIN + side + 264 + extra)
    for i, (photo, face) in enumerate(zip(photos, faces, strict=True)):
        portrait = crop(photo, to_template(face, CLOSE_UP, side), side, outside=PANEL)
        paste(card, portrait, MARGIN + i * (side + gap), MARGIN)
    ink = UNSURE if same_person is None else SAME if same_person else DIFFERENT
    draw = ImageDraw.Draw(card)
    middle, top = card.width // 2, MARGIN + side + 36
    if why is not None:
        top += extra // 2
        row = MARGIN + side + gap
        places = MARGIN, card.width - MARGIN - EVIDENCE_SIDE
        for x, photo, face, one in zip(places, photos, faces, why, strict=True):
            paste(card, _tinted(photo, face, one), x, row)
        _balance(card, (middle, row + EVIDENCE_SIDE - 52))
    doubt = "?" if same_person is None else ""
    draw.text((middle, top), f"{shown_percent(percent):.1f}%{doubt}", INK, font(104), anchor="mt", stroke_width=1)
    _gauge(card, (MARGIN, MARGIN + side + 152 + extra, card.width - 2 * MARGIN), percent, line, ink, interval)
    return np.asarray(card)


def _tinted(photo: Pixels, face: Face, why: Why) -> Pixels:
    """The face in grey under its map: uint8 RGB, EVIDENCE_SIDE pixels a side. What the network never saw stays grey."""
    side = EVIDENCE_SIDE
    matrix = to_template(face, EVIDENCE, side)
    grey = cv2.cvtColor(crop(photo, matrix, side, outside=PANEL), cv2.COLOR_RGB2GRAY).astype(np.float32)
    to_card = np.vstack([matrix, (0, 0, 1)]) @ np.vstack([invert(why.matrix), (0, 0, 1)])
    laid, seen = on_photo(why.values, to_card[:2], side, side)
    values = np.clip(laid * seen / FULL_EVIDENCE, -1, 1)
    alpha = EVIDENCE_ALPHA * np.abs(values)
    # light and dark stay visible even through the strongest colour
    lit = alpha * (0.35 + 0.65 / 255 * grey)
    amounts = cv2.merge((0.8 * grey * (1 - alpha), np.where(values > 0, lit, 0), np.where(values > 0, 0, lit)))
    return np.rint(cv2.transform(amounts, _GREY_SAME_DIFFERENT)).astype(np.uint8)


def _balance(card: Image.Image, middle: tuple[int, int]) -> None:
    """The legend of the two colours, from different to alike. `middle`: that of its upper edge."""
    width, height = 300, 18
    left, top = middle[0] - width // 2, middle[1]
    values = np.linspace(-1, 1, width, dtype=np.float32)[:, np.newaxis]
    colours = np.where(values > 0, SAME, DIFFERENT)
    alpha = EVIDENCE_ALPHA * np.abs(values)
    ramp = np.rint(np.array(PANEL) * (1 - alpha) + colours * alpha).astype(np.uint8)
    paste(card, np.repeat(ramp[np.newaxis], height, axis=0), left, top, radius=height // 2)
    draw = ImageDraw.Draw(card)
    y = top + height // 2
    for x, apart in ((left - 34, True), (left + width + 34, False)):
        for offset in (-5, 5):
            draw.line((x - 11, y + offset, x + 11, y + offset), INK, 3)
        if apart:
            draw.line((x - 6, y + 13, x + 6, y - 13), INK, 3)


def _gauge(
    card: Image.Image,
    place: tuple[int, int, int],
    percent: float,
    line: float,
    ink: Rgb,
    interval: tuple[float, float] | None,
) -> None:
    """A bar at `place` (left, top, width): filled up to `percent`, with a tick through it at `line`.

    With an interval, only that is filled, and a triangle points at `percent`.
    """
    left, top, width = place
    thick = 28
    draw = ImageDraw.Draw(card)
    track = rounded(width, thick, thick // 2)
    card.paste(PANEL, (left, top), track)
    low, high = (round(width * end / 100) for end in interval or (0, percent))
    filled = np.asarray(track).copy()
    filled[:, :low] = filled[:, high:] = 0
    card.paste(ink, (left, top), Image.fromarray(filled))
    at = left + round(width * line / 100)
    draw.rectangle((at - 2, top - 10, at + 1, top + thick + 9), fill=INK)
    labels = [(0.0, "lt", left, FAINT), (100.0, "rt", left + width, FAINT), (line, "mt", at, INK)]
    if interval is not None:
        _pointer(card, left + round(width * percent / 100), top - 4)
        ends = [(floor(end + 1e-6), "mt", left + x, FAINT) for end, x in zip(interval, (low, high), strict=True)]
        # the ends have no number where it would touch another
        labels += [
            one for one in ends if all(abs(one[2] - other[2]) > 64 for other in [*labels, *ends] if one != other)
        ]
    for value, anchor, x, colour in labels:
        draw.text((x, top + thick + 20), f"{value:.0f}", colour, font(28), anchor=anchor)


def _pointer(card: Image.Image, x: int, y: int) -> None:
    """A triangle that points down to (x, y)."""
    side, large = 22, 4
    cover = Image.new("L", (side * large, side * large))
    ImageDraw.Draw(cover).polygon(((0, 0), (side * large - 1, 0), (side * large / 2, side * large - 1)), fill=255)
    card.paste(INK, (x - side // 2, y - side), cover.reduce(large))
