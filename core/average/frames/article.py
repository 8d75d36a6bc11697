from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import drift
from core.average.form import Form
from core.average.frames.base import Frame
from core.average.sampling import Bent
from core.contracts import AverageRecipe
from core.geometry import transform

_SIDE = 224
_OUTER_CORNERS = (33, 263)
"""The eyes' outer corners, the person's right one first."""


class Article(Frame):
    """The article's procedure, exactly: the photo is rotated about its middle until the eyes are level, whatever the
    face's size and place, and squeezed to 224 x 224 pixels.
    """

    def __init__(self) -> None:
        self.size = self.side = _SIDE

    def bent(self, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> tuple[Bent, NDArray[np.float32]]:
        height, width = rgb.shape[:2]
        right, left = landmarks[list(_OUTER_CORNERS)] / (width, height)  # a wrong angle, if the photo is not square
        angle = np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])) - 180
        turn = cv2.getRotationMatrix2D((width // 2, height // 2), angle, 1.0)
        turned = cv2.warpAffine(rgb, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        pixels = cv2.cvtColor(cv2.resize(turned, (_SIDE, _SIDE)), cv2.COLOR_RGB2RGBA)  # every pixel counts in full
        squeeze = np.array((_SIDE / width, _SIDE / height), dtype=np.float32)
        there = (transform(landmarks, np.asarray(turn)) + np.float32(0.5)) * squeeze - np.float32(0.5)
        return Bent(np.asarray(pixels, dtype=np.uint8), drift.NONE), there

    def picture(self, numbers: NDArray[np.float32], form: Form) -> NDArray[np.float32]:
        # the article cut fractions off; float32 may lie a little below a whole number
        return np.asarray(np.floor(numbers + 1e-3), dtype=np.float32)


def plain(recipe: AverageRecipe) -> AverageRecipe:
    """The recipe with what the article had no choice about: one size, plain sRGB, no options."""
    return replace(recipe, size=_SIDE, light="srgb", texture=0.0, match_colour=False, symmetric=False)
