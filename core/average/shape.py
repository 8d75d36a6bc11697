"""Shapes: landmarks without their position, size and rotation in a photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.geometry import similarity_transform, transform
from core.templates import PORTRAIT

_STILL = 1e-5
"""Movement of the mean between two rounds, in sides of the portrait, below which it has converged."""


def framed(points: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Landmarks (478, 2) moved into a portrait of `size` pixels a side: eyes level, where the template has them."""
    eyes = np.array(PORTRAIT.points, dtype=np.float32) * size - np.float32(0.5)
    return transform(points, similarity_transform(points[list(PORTRAIT.landmarks)], eyes))


def mean_shape(
    landmarks: Sequence[NDArray[np.float32]], size: int, weights: Sequence[float] | None = None
) -> NDArray[np.float32]:
    """Mean of the faces' landmarks in the portrait's frame, float32 (478, 2): generalised Procrustes (Gower 1975).

    Each face is fitted to the mean of all by a similarity, and the mean is computed again, until it converges.
    """
    shapes = [framed(points, 1) for points in landmarks]
    mean = framed(_mean(shapes, weights), 1)
    for _ in range(20):
        new = framed(_mean([transform(one, similarity_transform(one, mean)) for one in shapes], weights), 1)
        moved = float(np.abs(new - mean).max())
        mean = new
        if moved < _STILL:
            break
    return framed(mean, size)


def _mean(shapes: Sequence[NDArray[np.float32]], weights: Sequence[float] | None) -> NDArray[np.float32]:
    return np.asarray(np.average(np.array(shapes, dtype=np.float64), axis=0, weights=weights), dtype=np.float32)
