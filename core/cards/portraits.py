"""/average: a face, and who went in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import ImageDraw

from core.align import PORTRAIT, crop, to_template
from core.cards.canvas import INK, MARGIN, PANEL, Pixels, blank, font, paste, resize
from core.faces import Face

_STRIP_COLUMNS = 10
STRIP_PLACES = 2 * _STRIP_COLUMNS


def average(face: Pixels, portraits: Sequence[Pixels], count: int) -> Pixels:
    """The average, and under it a strip of who went in; of more than STRIP_PLACES the rest is counted.

    `face`: uint8 RGB s x s; `portraits`: uint8 RGB squares of any size, of the first STRIP_PLACES at least; `count`:
    how many went in. Returns uint8 RGB.
    """
    size, gap = face.shape[0], 8
    thumb = (size - (_STRIP_COLUMNS - 1) * gap) // _STRIP_COLUMNS
    shown = portraits[:STRIP_PLACES] if count <= STRIP_PLACES else portraits[: STRIP_PLACES - 1]
    rows = -(-min(count, STRIP_PLACES) // _STRIP_COLUMNS)
    card = blank(size + 2 * MARGIN, size + 2 * MARGIN + rows * (thumb + gap) + 16)
    paste(card, face, MARGIN, MARGIN)

    def place(i: int) -> tuple[int, int]:
        row, column = divmod(i, _STRIP_COLUMNS)
        return MARGIN + column * (thumb + gap), MARGIN + size + 24 + row * (thumb + gap)

    for i, one in enumerate(shown):
        paste(card, resize(one, (thumb, thumb)), *place(i), radius=10)
    if len(shown) < count:
        x, y = place(len(shown))
        paste(card, np.full((thumb, thumb, 3), PANEL, dtype=np.uint8), x, y, radius=10)
        middle = (x + thumb // 2, y + thumb // 2)
        ImageDraw.Draw(card).text(middle, f"+{count - len(shown)}", INK, font(thumb // 3), anchor="mm")
    return np.asarray(card)


def portrait(photo: Pixels, face: Face, size: int) -> Pixels:
    """The face in the frame that the average has, for the strip."""
    return crop(photo, to_template(face, PORTRAIT, size), size, outside=PANEL)
