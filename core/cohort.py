"""A fixed set of faces of nobody, against which a face's surroundings are measured.

A network sets the faces of some groups of people closer together than those of others, so that one threshold on the
plain distance takes far more strangers of such a group for one person. How near a face's nearest others are shows it:
a distance is therefore divided by that of both faces to their `neighbours` nearest of the cohort. It is the plain form
of adaptive score normalisation (Matejka et al. 2017, "Analysis of score normalization in multilingual speaker
recognition"), without its deviations: with a cohort this small they made the rare scores worse, see the README.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.models.spec import CohortChoice


@dataclass(frozen=True, eq=False)
class Cohort:
    """`vectors`: float64 (n, d), n > `neighbours`; `scale`: the surroundings for which a distance stays as it is."""

    vectors: NDArray[np.float64]
    neighbours: int
    scale: float

    def surroundings(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean distance of each of the vectors (m, d) to its nearest of the cohort: (m,), above 0."""
        squares = (vectors**2).sum(axis=1)[:, np.newaxis] + (self.vectors**2).sum(axis=1)
        distances = np.sqrt(np.maximum(squares - 2 * vectors @ self.vectors.T, 1e-12))
        return np.asarray(np.partition(distances, self.neighbours, axis=1)[:, : self.neighbours].mean(axis=1))

    def factors(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the distances of pairs are multiplied by, from their faces' surroundings (arrays that broadcast)."""
        return np.asarray(2 * self.scale / (first + second))


def load(choice: CohortChoice) -> Cohort:
    """The cohort that a model's entry in the catalogue names, from the file beside the catalogue."""
    with resources.files("core.models").joinpath(choice.file).open("rb") as file:
        vectors = np.load(file, allow_pickle=False)
    return Cohort(vectors.astype(np.float64), choice.neighbours, choice.scale)
