"""The form of a face: where its parts lie in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.average.drift import Drift


@dataclass(frozen=True, eq=False)
class Form:
    """`landmarks`: float32 (478, 2), in the picture's pixels; `drift`: how far its parts lie from where the landmarks
    alone would put them.
    """

    landmarks: NDArray[np.float32]
    drift: Drift


def between(first: Form, second: Form, ratio: float) -> Form:
    """A form between two: the first at 0, the second at 1."""
    return Form(
        np.asarray((1 - ratio) * first.landmarks + ratio * second.landmarks, dtype=np.float32),
        np.asarray((1 - ratio) * first.drift + ratio * second.drift, dtype=np.float32),
    )
