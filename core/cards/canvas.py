"""What all cards are drawn with: colours, a typeface, photos with round corners."""

from __future__ import annotations

from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgb = tuple[int, int, int]
Pixels = NDArray[np.uint8]

BACKGROUND: Rgb = (24, 26, 32)
PANEL: Rgb = (44, 47, 56)
INK: Rgb = (240, 242, 246)
FAINT: Rgb = (156, 162, 176)
# Okabe & Ito 2008: told apart by everyone
SAME: Rgb = (86, 180, 233)
DIFFERENT: Rgb = (230, 159, 0)

MARGIN = 36
RADIUS = 20
_OVERSAMPLING = 4


def blank(width: int, height: int) -> Image.Image:
    """An empty card."""
    return Image.new("RGB", (width, height), BACKGROUND)


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


def paste(card: Image.Image, pixels: Pixels, x: int, y: int, radius: int = RADIUS) -> None:
    """Put uint8 RGB `pixels` on the card with their left upper corner at (x, y), all corners rounded."""
    picture = Image.fromarray(pixels)
    card.paste(picture, (x, y), rounded(picture.width, picture.height, radius))


def resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """uint8 RGB at `size` (width, height).

    What becomes much smaller is first shrunk by a whole number, which takes a third of the time of any other factor.
    """
    height, width = pixels.shape[:2]
    step = min(width // size[0], height // size[1])
    if step > 1:
        whole = width // step, height // step
        part = pixels[: whole[1] * step, : whole[0] * step]
        pixels = np.asarray(cv2.resize(part, whole, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    shrinks = size[0] < pixels.shape[1]
    return np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), dtype=np.uint8
    )


def weighted(one: Pixels, weight: NDArray[np.float32], other: Pixels, other_weight: NDArray[np.float32]) -> Pixels:
    """The sum of two pictures (uint8 RGB, h x w x 3), each times its weights (float32, h x w)."""
    first, second = cv2.merge((weight,) * 3), cv2.merge((other_weight,) * 3)  # numpy is slow to spread over channels
    return np.asarray(one * first + other * second, dtype=np.uint8)
