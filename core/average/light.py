"""Light adds up, the sRGB numbers in a file do not.

What is averaged is either linear light or those numbers; both are 0-1 here, and called values.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contracts import Light


def table(light: Light, gains: NDArray[np.float64] | float = 1.0) -> NDArray[np.float64]:
    """The value of each of a file's 256 numbers after its linear light was multiplied by `gains`.

    Returns (256, 3) for gains (3,), (256, 1) for one gain, and (n, 256, 3) for gains (n, 1, 3).
    """
    numbers = np.arange(256)[:, np.newaxis] / 255
    if light == "srgb" and np.all(gains == 1.0):
        return numbers
    linear = _decoded(numbers) * gains
    return np.asarray(_encoded(linear) if light == "srgb" else linear, dtype=np.float64)


def gained(values: NDArray[np.float32], light: Light, gains: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values (..., 3) with their linear light multiplied by `gains` (3,)."""
    if np.all(gains == 1.0):
        return values
    if light == "linear":
        return values * gains.astype(np.float32)
    return np.asarray(_encoded(_decoded(values) * gains), dtype=np.float32)


def to_numbers(values: NDArray[np.float32], light: Light) -> NDArray[np.float32]:
    """Values, clipped to 0-1, as sRGB's numbers: float32 0-255."""
    numbers = np.clip(values, 0, 1)
    if light == "linear":
        for row in numbers:  # one by one: temporary arrays would take several times the picture's memory
            row[:] = _encoded(row)
    numbers *= 255
    return numbers


def to_pixels(numbers: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.round(numbers), 0, 255), dtype=np.uint8)


def _decoded(numbers: NDArray[np.floating]) -> NDArray[np.floating]:
    """sRGB's transfer function, IEC 61966-2-1."""
    return np.where(numbers <= 0.04045, numbers / 12.92, ((numbers + 0.055) / 1.055) ** 2.4)


def _encoded(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * cv2.pow(linear, 1 / 2.4) - 0.055)
