"""Crops -> vectors that are compared, and vectors -> scores: all that a model's score consists of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core import cohort, similarity
from core.models.embedder import Embedder
from core.models.spec import ModelSpec


def describe(embedder: Embedder, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 RGB crops (n, s, s, 3) to float32 vectors (n, d): the mean of a crop's and its mirror image's.

    Nobody is known by the side that the light came from. For cosine the two are brought to length 1 first.
    """
    both = embedder(np.concatenate([crops, crops[:, :, ::-1]]))
    if embedder.spec.metric == "cosine":
        both = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray((both[: len(crops)] + both[len(crops) :]) / 2, dtype=np.float32)


class Comparer:
    """Scores in the model's metric; of a model with a cohort, divided by what is usual around the faces."""

    def __init__(self, spec: ModelSpec) -> None:
        self._metric = spec.metric
        self._cohort = cohort.load(spec.cohort) if spec.cohort is not None else None

    def score(
        self, a: NDArray[np.float32], b: NDArray[np.float32], profiles: tuple[bool, bool] = (False, False)
    ) -> float:
        """Of two vectors (d,), the same for both orders; `profiles`: which of the faces is seen in profile.

        Errors: as `similarity.score`.
        """
        plain = similarity.score(a, b, self._metric)
        if self._cohort is None:
            return plain
        return plain * float(self._cohort.factors(np.stack([a, b]).astype(np.float64), np.array(profiles))[0, 1])

    def all_scores(
        self, vectors: NDArray[np.float32], profiles: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """Of each pair of vectors (n, d), as a symmetric float64 matrix (n, n); `profiles`: (n,), None where none is.

        Errors: as `similarity.score`.
        """
        plain = similarity.all_scores(vectors, self._metric)
        if self._cohort is None:
            return plain
        if profiles is None:
            profiles = np.zeros(len(vectors), dtype=np.bool_)
        return plain * self._cohort.factors(vectors.astype(np.float64), profiles)
