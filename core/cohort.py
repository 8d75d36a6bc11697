"""A fixed set of faces of nobody, against which a face's surroundings are measured.

A network sets the faces of some groups of people closer together than those of others, so that one threshold on the
plain distance takes far more strangers of such a group for one person. How near a face's nearest others are shows it:
a distance is therefore divided by that of both faces to their `neighbours` nearest of the cohort. It is the plain form
of adaptive score normalisation (Matejka et al. 2017, "Analysis of score normalization in multilingual speaker
recognition"), without its deviations: with a cohort this small they made the rare scores worse, see "What was tried" in
docs/scores.md.

Profiles lie closer together than faces from the front do, whosever they are. So each of the two is measured against
faces that are seen as the other one is: the cohort comes in both views.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.models.spec import CohortChoice


@dataclass(frozen=True, eq=False)
class Cohort:
    """`vectors`: float64 (2, n, d), n > `neighbours`, of the faces from the front and of the same in profile; `scales`:
    the surroundings for which a distance stays as it is, of a pair with no, one and two profiles.
    """

    vectors: NDArray[np.float64]
    neighbours: int
    scales: tuple[float, float, float]

    def surroundings(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean distance of each of the vectors (m, d) to its nearest of the cohort in either view: (m, 2), above 0."""
        return np.stack([self._nearest(vectors, view) for view in self.vectors], axis=1)

    def _nearest(self, vectors: NDArray[np.float64], view: NDArray[np.float64]) -> NDArray[np.float64]:
        squares = (vectors**2).sum(axis=1)[:, np.newaxis] + (view**2).sum(axis=1)
        distances = np.sqrt(np.maximum(squares - 2 * vectors @ view.T, 1e-12))
        return np.asarray(np.partition(distances, self.neighbours, axis=1)[:, : self.neighbours].mean(axis=1))

    def factors(self, vectors: NDArray[np.float64], profiles: NDArray[np.bool_]) -> NDArray[np.float64]:
        """What the distance of each pair of the vectors (m, d) is multiplied by, symmetric (m, m); `profiles`: (m,)."""
        view = profiles.astype(int)
        around = self.surroundings(vectors)[:, view]  # of each row's face, as the column's one is seen
        scales = np.array(self.scales)[view[:, np.newaxis] + view]
        return np.asarray(2 * scales / (around + around.T))


def load(choice: CohortChoice) -> Cohort:
    """The cohort that a model's entry in the catalogue names, from the file beside the catalogue."""
    with resources.files("core.models").joinpath(choice.file).open("rb") as file:
        vectors = np.load(file, allow_pickle=False)
    return Cohort(vectors.astype(np.float64), choice.neighbours, choice.scales)
