"""The drawing tools of all cards: colours, a typeface, photos with round corners."""

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
# Okabe & Ito 2008: distinguishable for everyone
SAME: Rgb = (86, 180, 233)
DIFFERENT: Rgb = (230, 159, 0)
UNSURE: Rgb = (128, 134, 150)

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
    """A rectangle with smooth round corners, as coverage: mode L. Cached, since the same few sizes recur."""
    large = Image.new("L", (width * _OVERSAMPLING, height * _OVERSAMPLING))
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, radius * _OVERSAMPLING, fill=255)
    return large.reduce(_OVERSAMPLING)


def paste(card: Image.Image, pixels: Pixels, x: int, y: int, radius: int = RADIUS) -> None:
    """Put uint8 RGB `pixels` on the card with their upper left corner at (x, y) and all corners rounded."""
    height, width = pixels.shape[:2]
    cover = rounded(width, height, radius)
    low = height - radius
    if low > radius:  # plain copying, between the corners, takes a tenth of the time
        card.paste(Image.fromarray(pixels[radius:low]), (x, y + radius))
    for top, bottom in ((0, radius), (low, height)):
        part = cover.crop((0, top, width, bottom))
        card.paste(Image.fromarray(pixels[top:bottom]), (x, y + top), part)


def resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """uint8 RGB at `size` (width, height).

    To become much smaller, a picture is halved first, as often as possible: that is ten times as fast as any other
    factor, and what remains is so little that two neighbours are enough for each pixel.
    """
    width, height = size
    while pixels.shape[1] >= 2 * width and pixels.shape[0] >= 2 * height:
        half = pixels.shape[1] // 2, pixels.shape[0] // 2
        part = pixels[: 2 * half[1], : 2 * half[0]]
        pixels = np.asarray(cv2.resize(part, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    shrinks = width < pixels.shape[1]
    return np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR if shrinks else cv2.INTER_CUBIC), dtype=np.uint8
    )


def weighted(one: Pixels, weight: NDArray[np.float32], other: Pixels, other_weight: NDArray[np.float32]) -> Pixels:
    """The sum of two pictures (uint8 RGB, h x w x 3), each times its weights (float32, h x w, 0-1)."""
    return np.asarray(cv2.add(_times(one, weight), _times(other, other_weight)), dtype=np.uint8)


def _times(pixels: Pixels, weight: NDArray[np.float32]) -> Pixels:
    levels = np.rint(255 * weight).astype(np.uint8)  # finer levels are invisible, and take three times as long
    return np.asarray(cv2.multiply(pixels, cv2.merge((levels,) * 3), scale=1 / 255), dtype=np.uint8)
