"""How far a score may be off because of what is wrong with the two faces.

Whatever hides or spoils faces moves scores in two ways: it makes strangers alike, most of all if both faces are spoiled
in the same way, and it makes one person's photos less alike. Both were measured on pairs of the same photos, clean and
damaged (`make bench-truth`); what an `Effect` says holds for 95 of 100 pairs.

Likeness is counted from 0, the usual score of strangers, to 1, the same picture, so that it means the same for every
network. The figures are those of the default network; for others nobody measured them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.contracts import CautionKind, Metric
from core.models.spec import ModelSpec
from core.similarity.percent import strangers_dissimilarity
from core.similarity.scores import dissimilarity

_MOST = 0.6
"""However much is wrong, strangers never became more alike than by this."""


@dataclass(frozen=True)
class Effect:
    """`one`, `both`: by how much strangers become more alike if one face, or both, are spoiled so; `kept`: the part
    that is left of one person's likeness.
    """

    one: float
    both: float
    kept: float

    def towards(self, other: Effect, way: float) -> Effect:
        """In between: this one at `way` 0, the other at 1."""
        mixed = (
            a + min(max(way, 0.0), 1.0) * (b - a)
            for a, b in ((self.one, other.one), (self.both, other.both), (self.kept, other.kept))
        )
        return Effect(*mixed)


Effects = Mapping[CautionKind, Effect]
"""What is wrong with a face, and what each of that does."""


def interval(score: float, spec: ModelSpec, first: Effects, second: Effects) -> tuple[float, float] | None:
    """The scores between which clear photos of the two faces would lie, from the least alike to the most alike; None:
    the faces are clear.
    """
    if not first and not second:
        return None
    usual = strangers_dissimilarity(spec)
    likeness = 1 - dissimilarity(score, spec.metric) / usual
    kept = min((effect.kept for effect in first.values()), default=1.0)
    kept *= min((effect.kept for effect in second.values()), default=1.0)
    low, high = likeness - _more_alike(first, second), max(likeness, min(max(likeness, 0.0) / kept, 1.0))
    return _score(low, usual, spec.metric), _score(high, usual, spec.metric)


def sure(scores: NDArray[np.float64], spec: ModelSpec, effects: Sequence[Effects]) -> NDArray[np.float64]:
    """The scores (n, n), each moved to the least alike end of its interval; `effects`: of each of the n faces.

    Two faces whose sure score passes the threshold are one person, whatever is wrong with them.
    """
    moved = scores.copy()
    usual = strangers_dissimilarity(spec)
    sign = 1.0 if spec.metric == "euclidean" else -1.0
    for i, first in enumerate(effects):
        for j in range(i):
            if first or effects[j]:
                moved[i, j] = moved[j, i] = scores[i, j] + sign * usual * _more_alike(first, effects[j])
    return moved


def _more_alike(first: Effects, second: Effects) -> float:
    total = 0.0
    for kind in {*first, *second}:
        if kind in first and kind in second:
            total += max(first[kind].both, second[kind].both)
        else:
            total += (first[kind] if kind in first else second[kind]).one
    return min(total, _MOST)


def _score(likeness: float, usual: float, metric: Metric) -> float:
    apart = (1 - likeness) * usual
    return apart if metric == "euclidean" else max(1 - apart, -1.0)
