"""A fixed set of faces of nobody, used to measure how crowded the surroundings of a face are.

A network places the faces of some groups of people closer together than those of others, so one threshold on the plain
distance would accept far more strangers of such a group. The distance to a face's nearest neighbours shows that, so a
distance is divided by the mean distance of both faces to their `neighbours` nearest faces of the cohort. That is the
plain form of adaptive score normalisation (Matejka et al. 2017, "Analysis of score normalization in multilingual
speaker recognition"), without deviations: with a cohort this small they made rare scores worse, see
"What was tried" in docs/fairness.md.

Profiles of all people lie closer together than faces from the front. So each of the two faces is compared with a cohort
in the other one's view: the cohort has both views.

The distance of a model that compares by cosine is that of vectors of length 1, whose square is 2 - 2 cos.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.models.spec import CohortChoice


@dataclass(frozen=True, eq=False)
class Cohort:
    """`vectors`: float64 (2, n, d), n > `neighbours`: faces from the front, and the same ones in profile; `scales`: the
    mean distances for which a score does not change, for a pair with no, one and two profiles; 0: it never changes.
    """

    vectors: NDArray[np.float64]
    neighbours: int
    scales: tuple[float, float, float]

    def surroundings(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean distance of each vector (m, d) to its nearest neighbours in the cohort, by view: (m, 2), above 0."""
        return np.stack([self._nearest(vectors, view) for view in self.vectors], axis=1)

    def _nearest(self, vectors: NDArray[np.float64], view: NDArray[np.float64]) -> NDArray[np.float64]:
        squares = (vectors**2).sum(axis=1)[:, np.newaxis] + (view**2).sum(axis=1)
        distances = np.sqrt(np.maximum(squares - 2 * vectors @ view.T, 1e-12))
        return np.asarray(np.partition(distances, self.neighbours, axis=1)[:, : self.neighbours].mean(axis=1))

    def factors(self, vectors: NDArray[np.float64], profiles: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Factors for the distances of all pairs of vectors (m, d), symmetric (m, m); `profiles`: (m,).

        For a cosine, the vectors must have length 1.
        """
        view = profiles.astype(int)
        around = self.surroundings(vectors)[:, view]  # of each row's face, as the column's one is seen
        scales = np.array(self.scales)[view[:, np.newaxis] + view]
        return np.where(scales > 0, 2 * scales / (around + around.T), 1.0)


def load(choice: CohortChoice) -> Cohort:
    """Read the cohort that a model's entry in the catalogue names."""
    with resources.files("core.models").joinpath(choice.file).open("rb") as file:
        vectors = np.load(file, allow_pickle=False)
    return Cohort(vectors.astype(np.float64), choice.neighbours, choice.scales)
