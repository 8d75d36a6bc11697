"""A plain background where no photo covers the canvas."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_COARSE = 16
"""Pixels of the canvas to one of the background, which has no detail."""
_ENOUGH = 0.35
"""Share of the photos that must cover a pixel for it to be shown unchanged."""


def filled(values: NDArray[np.float32], held: NDArray[np.float32]) -> NDArray[np.float32]:
    """`values` (s, s, 3), with pixels that few or no photos cover (`held`, 0-1) blended into their surroundings."""
    if held.min() >= _ENOUGH:
        return values
    side = len(held)
    small = (max(side // _COARSE, 1),) * 2
    weight = np.minimum(held / _ENOUGH, 1)
    sums = cv2.resize(values * weight[..., np.newaxis], small, interpolation=cv2.INTER_AREA)
    ground = _pulled(np.asarray(sums, np.float32), np.asarray(cv2.resize(weight, small, interpolation=cv2.INTER_AREA)))
    calm = cv2.resize(cv2.GaussianBlur(ground, (0, 0), 1.5), (side, side), interpolation=cv2.INTER_CUBIC)
    shown = (weight * weight * (3 - 2 * weight))[..., np.newaxis]
    for row in range(side):  # one by one, to save memory
        calm[row] += (values[row] - calm[row]) * shown[row]
    return np.asarray(calm, dtype=np.float32)


def _pulled(sums: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pull and push (Gortler et al. 1996, "The Lumigraph"): each empty place takes its colour from the nearest scale at
    which there is one."""
    shape = weight.shape[::-1]
    if max(shape) == 1:
        return np.asarray(sums / np.maximum(weight, 1e-6)[..., np.newaxis], dtype=np.float32)
    half = (max(shape[0] // 2, 1), max(shape[1] // 2, 1))
    coarser = _pulled(
        np.asarray(cv2.resize(sums, half, interpolation=cv2.INTER_AREA), np.float32).reshape(half[1], half[0], 3),
        np.asarray(cv2.resize(weight, half, interpolation=cv2.INTER_AREA), np.float32).reshape(half[::-1]),
    )
    ground = cv2.resize(coarser, shape, interpolation=cv2.INTER_LINEAR)
    own = np.minimum(weight, 1)[..., np.newaxis]
    return np.asarray(sums / np.maximum(weight, 1e-6)[..., np.newaxis] * own + ground * (1 - own), dtype=np.float32)
