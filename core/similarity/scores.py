"""Vectors -> scores in the model's own metric: Euclidean distance, or cosine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.contracts import Metric


def score(a: NDArray[np.float32], b: NDArray[np.float32], metric: Metric) -> float:
    """The score of two vectors (d,), the same for both orders: Euclidean distance (>= 0), or cosine (-1 to 1).

    Errors: ValueError for a vector of length 0 or one that is not finite, which no face gives.
    """
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    if metric == "euclidean":
        value = float(np.linalg.norm(a64 - b64))
    else:
        length = float(np.linalg.norm(a64) * np.linalg.norm(b64))
        if length == 0:
            raise ValueError("a vector of length 0 has no direction")
        value = float(np.clip(a64 @ b64 / length, -1, 1))
    if not np.isfinite(value):
        raise ValueError("a vector is not finite")
    return value


def all_scores(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float64]:
    """The scores of all pairs of vectors (n, d): float64 (n, n), symmetric. Errors: see `score`."""
    exact = vectors.astype(np.float64)
    if metric == "euclidean":
        values = np.stack([np.linalg.norm(exact - one, axis=1) for one in exact])
    else:
        lengths = np.linalg.norm(exact, axis=1)
        if not lengths.all():
            raise ValueError("a vector of length 0 has no direction")
        values = np.clip(exact @ exact.T / np.outer(lengths, lengths), -1, 1)
    if not np.isfinite(values).all():
        raise ValueError("a vector is not finite")
    return np.asarray((values + values.T) / 2)


def dissimilarity(value: float, metric: Metric) -> float:
    """A score as a number that grows from 0, the same picture: the distance, or 1 - cosine."""
    return value if metric == "euclidean" else 1 - value


def same_person(value: float, threshold: float, metric: Metric) -> bool:
    """Whether a score lies on the near side of the threshold, the threshold itself included."""
    return value <= threshold if metric == "euclidean" else value >= threshold
