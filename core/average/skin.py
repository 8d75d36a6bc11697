"""The colour of a face's skin, used to give all faces the same colour and exposure."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import light
from core.face import LEFT_IRIS, RIGHT_IRIS

_PLACES = (151, 108, 337, 50, 280, 205, 425)
"""Landmarks on the forehead and the cheeks."""
_RADIUS = 0.15
"""Radius around those landmarks, in distances between the irises."""
_MOST = 3.0
"""The largest factor by which a face is made brighter or darker."""
_COMMON = np.array((0.42, 0.25, 0.18))
"""Linear light of some skin, which all faces are brought to while they are added up."""


def gains(rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """Factors (3,) for the linear light of a photo's channels that give a face's skin the common colour."""
    mask = np.zeros(rgb.shape[:2], dtype=np.uint8)
    radius = max(_RADIUS * float(np.linalg.norm(landmarks[RIGHT_IRIS] - landmarks[LEFT_IRIS])), 1.0)
    for x, y in landmarks[list(_PLACES)]:
        cv2.circle(mask, (round(float(x)), round(float(y))), round(radius), 255, -1)
    skin = rgb[mask > 0]
    if not len(skin):
        return np.ones(3)
    middle = np.median(skin, axis=0).astype(int)
    wanted = _COMMON / np.maximum(light.table("linear")[middle, 0], 1e-3)
    return np.asarray(np.clip(wanted, 1 / _MOST, _MOST), dtype=np.float64)


def usual(gains: Sequence[NDArray[np.float64]] | NDArray[np.float64], weights: Sequence[float]) -> NDArray[np.float64]:
    """The mean (3,) of faces' gains (n, 3), which is undone in the end, so that the overall colour stays."""
    return np.asarray(np.exp(np.average(np.log(gains), axis=0, weights=weights)), dtype=np.float64)
