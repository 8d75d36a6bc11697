"""Results -> the pictures people look at.

Digits and marks only: a card serves every language. Each is opaque and dark, so that it stands as well on a dark
chat as on a light one. What a colour says, a position says too (the gauge's tick, the number).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.align import LEFT_IRIS, PORTRAIT, RIGHT_IRIS, Template, crop, to_template, transform
from core.contracts import REGIONS, Colormap, Region, shown_percent
from core.faces import Face
from core.heatmap.regions import region_labels

_Rgb = tuple[int, int, int]
_Pixels = NDArray[np.uint8]

BACKGROUND: _Rgb = (24, 26, 32)
PANEL: _Rgb = (44, 47, 56)
INK: _Rgb = (240, 242, 246)
FAINT: _Rgb = (156, 162, 176)
# Okabe & Ito 2008: told apart by everyone
SAME: _Rgb = (86, 180, 233)
DIFFERENT: _Rgb = (230, 159, 0)

CLOSE_UP = Template((RIGHT_IRIS, LEFT_IRIS), ((0.37, 0.44), (0.63, 0.44)))
"""The frame of two faces to be compared: closer than a portrait."""

SMALL_FACE = 0.4
"""A face that takes a smaller part of its photo than this, in both directions, is looked at closer."""

EVIDENCE = Template((RIGHT_IRIS, LEFT_IRIS), ((0.35, 0.40), (0.65, 0.40)))
EVIDENCE_SIDE = 280
"""The frame of a face that shows why, all face; and its pixels a side."""

FULL_EVIDENCE = 0.2
EVIDENCE_ALPHA = 0.85
"""The change of the score that is drawn at full strength, the same on every card; and how opaque that is."""

_STRIP_COLUMNS = 10
STRIP_PLACES = 2 * _STRIP_COLUMNS

MARGIN = 36
RADIUS = 20
_OVERSAMPLING = 4

_COLORMAPS: Mapping[Colormap, int] = {
    "cividis": cv2.COLORMAP_CIVIDIS,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "jet": cv2.COLORMAP_JET,
}


def similar(
    photos: tuple[_Pixels, _Pixels],
    faces: tuple[Face, Face],
    percent: float,
    line: float,
    same_person: bool,
    changes: Mapping[Region, float] | None = None,
) -> _Pixels:
    """Both faces side by side at one size, and under them the percentage on a gauge from 0 to 100.

    `percent` and `line` (where two people become one): 0-100. With `changes` (see `heatmap.Evidence`) both faces stand
    beside the percentage again, grey, with the parts that make them alike in one colour and those that set them apart
    in the other, the stronger the more. Returns uint8 RGB (852, 1200, 3), or (1032, 1200, 3) with `changes`.
    """
    side, gap = 552, 24
    extra = 0 if changes is None else EVIDENCE_SIDE - 100
    card = _card(2 * MARGIN + 2 * side + gap, MARGIN + side + 264 + extra)
    for i, (photo, face) in enumerate(zip(photos, faces, strict=True)):
        portrait = crop(photo, to_template(face, CLOSE_UP, side), side, outside=PANEL)
        _paste(card, portrait, MARGIN + i * (side + gap), MARGIN)
    ink = SAME if same_person else DIFFERENT
    draw = ImageDraw.Draw(card)
    middle, top = card.width // 2, MARGIN + side + 36
    if changes is not None:
        top += extra // 2
        row = MARGIN + side + gap
        for x, photo, face in zip((MARGIN, card.width - MARGIN - EVIDENCE_SIDE), photos, faces, strict=True):
            _paste(card, _tinted(photo, face, changes), x, row)
        _balance(card, (middle, row + EVIDENCE_SIDE - 52))
    draw.text((middle, top), f"{shown_percent(percent):.1f}%", INK, _font(104), anchor="mt", stroke_width=1)
    _gauge(card, (MARGIN, MARGIN + side + 152 + extra, card.width - 2 * MARGIN), percent, line, ink)
    return np.asarray(card)


def _tinted(photo: _Pixels, face: Face, changes: Mapping[Region, float]) -> _Pixels:
    """The face in grey, its regions in the colours of `changes`: uint8 RGB, EVIDENCE_SIDE a side."""
    side = EVIDENCE_SIDE
    matrix = to_template(face, EVIDENCE, side)
    grey = cv2.cvtColor(crop(photo, matrix, side, outside=PANEL), cv2.COLOR_RGB2GRAY).astype(np.float32)
    strengths = np.array([np.clip(changes[region] / FULL_EVIDENCE, -1, 1) for region in REGIONS], dtype=np.float32)
    values = strengths[region_labels(transform(face.landmarks, matrix), side)]
    values = np.asarray(cv2.GaussianBlur(values, (0, 0), side / 75), dtype=np.float32)[..., np.newaxis]
    colours = np.where(values > 0, SAME, DIFFERENT)
    # the light and dark of the face stays to be seen through the strongest colour
    lit = colours * (0.35 + 0.65 * grey / 255)[..., np.newaxis]
    alpha = EVIDENCE_ALPHA * np.abs(values)
    return np.asarray(np.rint((0.8 * grey)[..., np.newaxis] * (1 - alpha) + lit * alpha), dtype=np.uint8)


def _balance(card: Image.Image, middle: tuple[int, int]) -> None:
    """What the two colours mean: from setting apart, over nothing, to making alike. `middle`: of its upper edge."""
    width, height = 300, 18
    left, top = middle[0] - width // 2, middle[1]
    values = np.linspace(-1, 1, width, dtype=np.float32)[:, np.newaxis]
    colours = np.where(values > 0, SAME, DIFFERENT)
    alpha = EVIDENCE_ALPHA * np.abs(values)
    ramp = np.rint(np.array(PANEL) * (1 - alpha) + colours * alpha).astype(np.uint8)
    _paste(card, np.repeat(ramp[np.newaxis], height, axis=0), left, top, radius=height // 2)
    draw = ImageDraw.Draw(card)
    y = top + height // 2
    for x, apart in ((left - 34, True), (left + width + 34, False)):
        for offset in (-5, 5):
            draw.line((x - 11, y + offset, x + 11, y + offset), INK, 3)
        if apart:
            draw.line((x - 6, y + 13, x + 6, y - 13), INK, 3)


def gradcam(
    photo: _Pixels,
    face: Face,
    values: NDArray[np.float32],
    coverage: NDArray[np.float32],
    colormap: Colormap,
    mark: bool,
) -> _Pixels:
    """The photo beside the same photo under the map, with the scale of its colours.

    Of a photo in which the face is small, the part around it. `values` and `coverage`: float32 of the photo's height
    and width, 0-1 (see `heatmap.on_photo`); `mark`: whether to frame the face, since there are others. Returns uint8
    RGB.
    """
    left, top, width, height = _around(face, photo.shape[1], photo.shape[0])
    part = slice(top, top + height), slice(left, left + width)
    photo, values, coverage = photo[part], values[part], coverage[part]
    face = Face(face.landmarks - np.array((left, top), dtype=np.float32))
    beside = width <= 1.5 * height
    room = (640, 820) if beside else (1160, 640)
    scale = min(room[0] / width, room[1] / height)
    size = (max(round(width * scale), 48), max(round(height * scale), 48))
    shown = _resize(photo, size)
    covered = _resize(_under_map(photo, values, coverage, colormap), size)
    gap, bar = 24, 28
    panels = (2 * size[0] + gap, size[1]) if beside else (size[0], 2 * size[1] + gap)
    card = _card(2 * MARGIN + panels[0] + gap + bar + 56, 2 * MARGIN + panels[1])
    second = (MARGIN + size[0] + gap, MARGIN) if beside else (MARGIN, MARGIN + size[1] + gap)
    _paste(card, shown, MARGIN, MARGIN)
    _paste(card, covered, *second)
    if mark:
        box = np.array(face.box) * scale
        corners = np.clip([box[:2], box[:2] + box[2:]], 3, np.array(size) - 4)
        for origin in ((MARGIN, MARGIN), second):
            frame = [(x, y) for x, y in corners + origin]
            ImageDraw.Draw(card).rounded_rectangle(frame, 12, outline=INK, width=3)
    _scale(card, (MARGIN + panels[0] + gap, MARGIN, bar, panels[1]), colormap)
    return np.asarray(card)


def average(face: _Pixels, portraits: Sequence[_Pixels], count: int) -> _Pixels:
    """The average, and under it a strip of who went in; of more than STRIP_PLACES the rest is counted.

    `face`: uint8 RGB s x s; `portraits`: uint8 RGB squares of any size, of the first STRIP_PLACES at least; `count`:
    how many went in. Returns uint8 RGB.
    """
    size, gap = face.shape[0], 8
    thumb = (size - (_STRIP_COLUMNS - 1) * gap) // _STRIP_COLUMNS
    shown = portraits[:STRIP_PLACES] if count <= STRIP_PLACES else portraits[: STRIP_PLACES - 1]
    rows = -(-min(count, STRIP_PLACES) // _STRIP_COLUMNS)
    card = _card(size + 2 * MARGIN, size + 2 * MARGIN + rows * (thumb + gap) + 16)
    _paste(card, face, MARGIN, MARGIN)

    def place(i: int) -> tuple[int, int]:
        row, column = divmod(i, _STRIP_COLUMNS)
        return MARGIN + column * (thumb + gap), MARGIN + size + 24 + row * (thumb + gap)

    for i, one in enumerate(shown):
        _paste(card, _resize(one, (thumb, thumb)), *place(i), radius=10)
    if len(shown) < count:
        x, y = place(len(shown))
        _paste(card, np.full((thumb, thumb, 3), PANEL, dtype=np.uint8), x, y, radius=10)
        middle = (x + thumb // 2, y + thumb // 2)
        ImageDraw.Draw(card).text(middle, f"+{count - len(shown)}", INK, _font(thumb // 3), anchor="mm")
    return np.asarray(card)


def portrait(photo: _Pixels, face: Face, size: int) -> _Pixels:
    """The face in the frame that the average has, for the strip."""
    return crop(photo, to_template(face, PORTRAIT, size), size, outside=PANEL)


def _around(face: Face, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width, height of what to show of a photo: all of it, unless the face would be lost in it."""
    x, y, wide, high = face.box
    zoom = min(1.0, max(wide / width, high / height) / SMALL_FACE)
    shown = max(round(width * zoom), 1), max(round(height * zoom), 1)
    left = min(max(x + wide // 2 - shown[0] // 2, 0), width - shown[0])
    top = min(max(y + high // 2 - shown[1] // 2, 0), height - shown[1])
    return left, top, *shown


def _card(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), BACKGROUND)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Aileron (CC0), which Pillow carries."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@lru_cache(maxsize=8)
def _mask(width: int, height: int, radius: int) -> Image.Image:
    """A rectangle with smooth round corners, as coverage. A few sizes come again and again: they took half the time."""
    large = Image.new("L", (width * _OVERSAMPLING, height * _OVERSAMPLING))
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, radius * _OVERSAMPLING, fill=255)
    return large.reduce(_OVERSAMPLING)


def _paste(card: Image.Image, pixels: _Pixels, x: int, y: int, radius: int = RADIUS) -> None:
    picture = Image.fromarray(pixels)
    card.paste(picture, (x, y), _mask(picture.width, picture.height, radius))


def _resize(pixels: _Pixels, size: tuple[int, int]) -> _Pixels:
    shrinks = size[0] < pixels.shape[1]
    return np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), dtype=np.uint8
    )


def _gauge(card: Image.Image, place: tuple[int, int, int], percent: float, line: float, ink: _Rgb) -> None:
    """A bar at `place` (left, top, width): filled up to `percent`, with a tick through it at `line`."""
    left, top, width = place
    thick = 28
    draw = ImageDraw.Draw(card)
    track = _mask(width, thick, thick // 2)
    card.paste(PANEL, (left, top), track)
    filled = np.asarray(track).copy()
    filled[:, round(width * percent / 100) :] = 0
    card.paste(ink, (left, top), Image.fromarray(filled))
    at = left + round(width * line / 100)
    draw.rectangle((at - 2, top - 10, at + 1, top + thick + 9), fill=INK)
    for value, anchor, x, colour in (
        (0.0, "lt", left, FAINT),
        (100.0, "rt", left + width, FAINT),
        (line, "mt", at, INK),
    ):
        draw.text((x, top + thick + 20), f"{value:.0f}", colour, _font(28), anchor=anchor)


def _under_map(
    photo: _Pixels, values: NDArray[np.float32], coverage: NDArray[np.float32], colormap: Colormap
) -> _Pixels:
    """The map over the photo, the denser the more it says; what the network never saw goes dim."""
    colours = _colours(np.clip(values * 255, 0, 255).astype(np.uint8), colormap)
    dimmed = photo * (0.5 + 0.5 * coverage)[..., np.newaxis]
    alpha = (coverage * (0.30 + 0.40 * values))[..., np.newaxis]
    return np.asarray(dimmed * (1 - alpha) + colours * alpha, dtype=np.uint8)


def _colours(levels: _Pixels, colormap: Colormap) -> _Pixels:
    """uint8 (h, w) -> uint8 RGB (h, w, 3)."""
    return np.asarray(cv2.applyColorMap(levels, _COLORMAPS[colormap])[..., ::-1], dtype=np.uint8)


def _scale(card: Image.Image, box: tuple[int, int, int, int], colormap: Colormap) -> None:
    """What the colours mean, in `box` (left, top, width, height): 0 below, 1 above."""
    left, top, width, height = box
    ramp = np.repeat(np.linspace(255, 0, height).astype(np.uint8)[:, np.newaxis], width, axis=1)
    _paste(card, _colours(ramp, colormap), left, top, radius=width // 2)
    draw = ImageDraw.Draw(card)
    for value, anchor, y in (("1", "lt", top + 2), ("0.5", "lm", top + height // 2), ("0", "lb", top + height - 2)):
        draw.text((left + width + 10, y), value, FAINT, _font(24), anchor=anchor)
