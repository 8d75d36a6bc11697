from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.average.form import Form
from core.average.reference import MIRROR, OVAL, REFERENCE
from core.average.sampling import Bent


class Frame(ABC):
    """`size`: pixels a side of the picture; `side`: of the canvas; `oval` (36, 2): roughly where the points of
    `reference.OVAL` lie on the canvas, as fractions of its side.
    """

    size: int
    side: int
    oval = REFERENCE[list(OVAL)]

    @abstractmethod
    def bent(self, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> tuple[Bent, NDArray[np.float32]]:
        """A face of a photo (uint8 RGB h x w x 3) on the canvas, and its landmarks (478, 2) in the picture's pixels."""

    def mean(self, landmarks: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float32]:
        """The landmarks of an average, from those of its faces, all in the picture's pixels."""
        return np.asarray(np.average(np.array(landmarks, np.float64), axis=0, weights=weights), dtype=np.float32)

    def picture(self, numbers: NDArray[np.float32], form: Form) -> NDArray[np.float32]:
        """The picture of a canvas (float32 s x s x 3, sRGB 0-255), bent to a form: size x size x 3."""
        return numbers

    def symmetric(self, form: Form) -> Form:
        """The mean of a form and its mirror image."""
        mirrored = form.landmarks[MIRROR] * (-1, 1) + (self.size - 1, 0)
        drift = (form.drift + form.drift[:, ::-1] * np.array((-1, 1), dtype=np.float32)) / 2
        both = (form.landmarks + mirrored) / 2
        return Form(np.asarray(both, dtype=np.float32), np.asarray(drift, dtype=np.float32))
