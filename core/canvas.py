"""What pictures for people are drawn with: a typeface, and photos with round corners."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_OVERSAMPLING = 4


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Aileron (CC0), which Pillow carries; `size` in pixels."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


@lru_cache(maxsize=16)
def rounded(width: int, height: int, radius: int) -> Image.Image:
    """A rectangle with smooth round corners, as coverage: mode L. A few sizes come again and again."""
    large = Image.new("L", (width * _OVERSAMPLING, height * _OVERSAMPLING))
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, radius * _OVERSAMPLING, fill=255)
    return large.reduce(_OVERSAMPLING)


def paste(card: Image.Image, pixels: NDArray[np.uint8], x: int, y: int, radius: int) -> None:
    """Put uint8 RGB `pixels` on the card with their left upper corner at (x, y), all corners rounded."""
    picture = Image.fromarray(pixels)
    card.paste(picture, (x, y), rounded(picture.width, picture.height, radius))
