"""/lookalikes: every pair's percentage as a colour, with the faces along the edges."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.cards.canvas import BACKGROUND, FAINT, INK, MARGIN, PANEL, SAME, font, paste
from core.contracts import shown_percent

_Pixels = NDArray[np.uint8]

PORTRAIT_SIDE = 320
"""Side of a portrait in pixels: the two most alike are shown at that size."""

MOST_FACES = 160
"""More rows than this would make a picture that is unreadable, and too large for any chat."""

_MATRIX_SIDE = 1100
_CELL = (28, 150)
_DIGITS_FROM = 44
"""Smallest and largest side of a cell in pixels, and the side from which a number fits into it."""


def lookalikes(
    portraits: Sequence[_Pixels],
    percents: NDArray[np.float64],
    order: Sequence[int],
    groups: Sequence[Sequence[int]],
    best: tuple[int, int],
    line: float,
    unclear: Collection[int] = (),
) -> _Pixels:
    """The two most alike faces, large, and under them the matrix of all.

    `portraits`: uint8 RGB squares of PORTRAIT_SIDE; `percents`: (n, n), 0-100; `order`: the faces by row; `groups`:
    faces of one person, framed, contiguous in `order`; `best`: the two to show large; `line`: the percentage from which
    two faces count as one person, marked on the scale of colours; `unclear`: faces whose number gets a question mark.
    Faces are numbered by their place in `portraits`, from 1. Returns uint8 RGB.
    """
    numbers = [f"{at + 1}?" if at in unclear else str(at + 1) for at in range(len(portraits))]
    count = len(order)
    cell = min(max(_MATRIX_SIDE // count, _CELL[0]), _CELL[1])
    label = 18 + 10 * max(map(len, numbers))
    side, gap, bar = cell * count, 12, 26
    wanted = MARGIN + label + cell + gap + side + gap + bar + 64
    width = max(wanted, 2 * MARGIN + 2 * PORTRAIT_SIDE + 380)
    left = (width - wanted) // 2 + MARGIN + label + cell + gap
    top = MARGIN + PORTRAIT_SIDE + 44 + label + cell + gap
    card = Image.new("RGB", (width, top + side + MARGIN), BACKGROUND)
    _best(card, portraits, numbers, best, shown_percent(float(percents[best])))
    card.paste(Image.fromarray(_cells(percents[np.ix_(order, order)], cell)), (left, top))
    draw = ImageDraw.Draw(card)
    if cell >= _DIGITS_FROM:
        _digits(draw, percents[np.ix_(order, order)], (left, top), cell)
    _edges(card, portraits, numbers, order, (left, top), cell, gap)
    _groups(draw, order, groups, (left, top), cell)
    _scale(card, (left + side + gap, top, bar, side), line)
    return np.asarray(card)


def _best(
    card: Image.Image, portraits: Sequence[_Pixels], numbers: Sequence[str], best: tuple[int, int], percent: float
) -> None:
    middle, gap = card.width // 2, 150
    draw = ImageDraw.Draw(card)
    for face, x in zip(best, (middle - gap - PORTRAIT_SIDE, middle + gap), strict=True):
        paste(card, portraits[face], x, MARGIN, radius=20)
        _plate(draw, numbers[face], x + 10, MARGIN + 10)
    draw.text((middle, MARGIN + PORTRAIT_SIDE // 2), f"{percent:.1f}%", INK, font(84), anchor="mm", stroke_width=1)


def _plate(draw: ImageDraw.ImageDraw, text: str, x: int, y: int) -> None:
    """A number on a dark plate, for drawing on a photo."""
    wide = font(28).getlength(text) + 20
    draw.rounded_rectangle((x, y, x + wide, y + 38), 10, fill=BACKGROUND)
    draw.text((x + wide / 2, y + 19), text, INK, font(28), anchor="mm")


def _cells(percents: NDArray[np.float64], cell: int) -> _Pixels:
    """The matrix in colours, uint8 RGB; its diagonal, where a face meets itself, is empty."""
    colours = _colours(percents).copy()
    np.fill_diagonal(colours[..., 0], PANEL[0])
    np.fill_diagonal(colours[..., 1], PANEL[1])
    np.fill_diagonal(colours[..., 2], PANEL[2])
    large = colours.repeat(cell, axis=0).repeat(cell, axis=1)
    large[::cell] = large[:, ::cell] = BACKGROUND
    return large


def _colours(percents: NDArray[np.float64]) -> _Pixels:
    """0-100 (h, w) to uint8 RGB (h, w, 3). Cividis (Nuñez et al. 2018) looks alike to colour-blind people."""
    levels = np.clip(percents * 2.55, 0, 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_CIVIDIS)[..., ::-1], dtype=np.uint8)


def _digits(draw: ImageDraw.ImageDraw, percents: NDArray[np.float64], place: tuple[int, int], cell: int) -> None:
    typeface = font(round(cell * 0.36) if cell < 90 else 34)
    for row in range(len(percents)):
        for column in range(len(percents)):
            if row != column:
                middle = (place[0] + (column + 0.5) * cell, place[1] + (row + 0.5) * cell)
                ink = BACKGROUND if percents[row, column] > 55 else INK
                # cut off, like everywhere: see `shown_percent`
                draw.text(middle, str(int(shown_percent(float(percents[row, column])))), ink, typeface, anchor="mm")


def _edges(
    card: Image.Image,
    portraits: Sequence[_Pixels],
    numbers: Sequence[str],
    order: Sequence[int],
    place: tuple[int, int],
    cell: int,
    gap: int,
) -> None:
    """The faces of the rows on the left and of the columns above, each with its number."""
    draw = ImageDraw.Draw(card)
    left, top = place
    typeface = font(22 if cell >= 36 else 17)
    for at, face in enumerate(order):
        close = cv2.resize(_close_up(portraits[face]), (cell - 2, cell - 2), interpolation=cv2.INTER_AREA)
        small = np.asarray(close, dtype=np.uint8)
        x, y = left + at * cell, top + at * cell
        paste(card, small, left - gap - cell, y + 1, radius=max(cell // 10, 2))
        paste(card, small, x + 1, top - gap - cell, radius=max(cell // 10, 2))
        text = numbers[face]
        draw.text((left - gap - cell - 8, y + cell // 2), text, FAINT, typeface, anchor="rm")
        draw.text((x + cell // 2, top - gap - cell - 6), text, FAINT, font(_fitting(text, cell)), anchor="mb")


def _close_up(portrait: _Pixels) -> _Pixels:
    """The middle of a portrait, where the face is: a cell has no room for hair and shoulders."""
    rim = portrait.shape[0] // 6
    return portrait[rim:-rim, rim:-rim]


def _fitting(text: str, cell: int) -> int:
    """Size of type in which `text` is no wider than a cell."""
    return next((size for size in (22, 17, 14, 12) if font(size).getlength(text) <= cell - 6), 10)


def _groups(
    draw: ImageDraw.ImageDraw,
    order: Sequence[int],
    groups: Sequence[Sequence[int]],
    place: tuple[int, int],
    cell: int,
) -> None:
    """A frame around each person's square on the diagonal, and a bracket beside that person's rows and columns."""
    left, top = place
    where = {number: at for at, number in enumerate(order)}
    for group in groups:
        first, last = min(where[number] for number in group), max(where[number] for number in group) + 1
        x, y, right, bottom = left + first * cell, top + first * cell, left + last * cell, top + last * cell
        draw.rectangle((x - 1, y - 1, right + 1, bottom + 1), outline=INK, width=3)
        draw.rectangle((left - 9, y + 6, left - 5, bottom - 6), fill=SAME)
        draw.rectangle((x + 6, top - 9, right - 6, top - 5), fill=SAME)


def _scale(card: Image.Image, box: tuple[int, int, int, int], line: float) -> None:
    """The scale of colours, in `box` (left, top, width, height): 0 below, 100 above, a mark at `line`."""
    left, top, width, height = box
    ramp = np.repeat(np.linspace(100, 0, height)[:, np.newaxis], width, axis=1)
    paste(card, _colours(ramp), left, top, radius=width // 2)
    draw = ImageDraw.Draw(card)
    at = top + round(height * (1 - line / 100))
    draw.rectangle((left - 4, at - 2, left + width + 4, at + 1), fill=INK)
    draw.text((left + width + 10, at), f"{line:.0f}", INK, font(24), anchor="lm")
    for value, anchor, y in (("100", "lt", top), ("50", "lm", top + height // 2), ("0", "lb", top + height - 2)):
        if abs(y - at) > 30 or value == "50":
            draw.text((left + width + 10, y), value, FAINT, font(24), anchor=anchor)
