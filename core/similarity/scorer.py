"""Scores of a model: in its metric, and normalised by its cohort if it has one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.models.spec import ModelSpec
from core.similarity import cohort, scores
from core.similarity.cohort import Cohort


class Scorer:
    """Scores in the model's metric, normalised by its cohort if it has one (see `core.similarity.cohort`)."""

    def __init__(self, spec: ModelSpec) -> None:
        self._metric = spec.metric
        self._cohort = cohort.load(spec.cohort) if spec.cohort is not None else None

    def score(
        self, a: NDArray[np.float32], b: NDArray[np.float32], profiles: tuple[bool, bool] = (False, False)
    ) -> float:
        """The score of two vectors (d,), the same for both orders; `profiles`: which of the faces are in profile.

        Errors: see `scores.score`.
        """
        plain = scores.score(a, b, self._metric)
        if self._cohort is None:
            return plain
        return float(self._normalised(np.full((2, 2), plain), np.stack([a, b]), self._cohort, np.array(profiles))[0, 1])

    def all_scores(
        self, vectors: NDArray[np.float32], profiles: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """The scores of all pairs of vectors (n, d): float64 (n, n), symmetric; `profiles`: (n,), None if none is.

        Errors: see `scores.score`.
        """
        plain = scores.all_scores(vectors, self._metric)
        if self._cohort is None:
            return plain
        if profiles is None:
            profiles = np.zeros(len(vectors), dtype=np.bool_)
        return self._normalised(plain, vectors, self._cohort, profiles)

    def _normalised(
        self, plain: NDArray[np.float64], vectors: NDArray[np.float32], nobody: Cohort, profiles: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        exact = vectors.astype(np.float64)
        if self._metric == "euclidean":
            return plain * nobody.factors(exact, profiles)
        exact /= np.linalg.norm(exact, axis=1, keepdims=True)
        # a distance d of vectors of length 1 is a cosine of 1 - d * d / 2
        return np.maximum(1 - (1 - plain) * nobody.factors(exact, profiles) ** 2, -1)
