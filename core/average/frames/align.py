from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.average import drift
from core.average.frames.base import Frame
from core.average.mesh import Knots
from core.average.reference import REFERENCE
from core.average.sampling import Bent, sample
from core.face import LEFT_IRIS, RIGHT_IRIS
from core.geometry import invert, similarity_transform, transform

_MET = (RIGHT_IRIS, LEFT_IRIS, 61, 291)
"""The irises and the corners of the mouth."""
_STEP = 4


class Align(Frame):
    """Each photo is turned, scaled and shifted so that eyes and mouth meet; everything else blurs."""

    def __init__(self, size: int) -> None:
        self.size = self.side = size
        self._knots = Knots(size, _STEP)

    def bent(self, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> tuple[Bent, NDArray[np.float32]]:
        target = REFERENCE[list(_MET)] * self.size - np.float32(0.5)
        fit = similarity_transform(landmarks[list(_MET)], target)
        count = self._knots.count
        along = np.arange(count, dtype=np.float32) * _STEP + np.float32(self._knots.first)
        at = transform(np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2), invert(fit))
        places = at.reshape(count, count, 2), float(1 / np.hypot(*fit[:, 0])), self._knots
        return Bent(sample(rgb, *places), drift.NONE), transform(landmarks, fit)
