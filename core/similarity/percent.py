"""Scores -> percentages, for people.

100 for the same picture, 90 at the threshold, and spread out below: two strangers get about 20, where the usual
formulas give them 75 to 96.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.contracts import Metric
from core.models.spec import CurvePercent, ModelSpec, PolynomialPercent
from core.similarity.scores import dissimilarity

AT_THRESHOLD = 90.0
AT_STRANGERS = 20.0
AT_SAME = 97.0

_STRANGERS_APART = 1.44
"""How many thresholds apart strangers are in a model of distances that does not say: dlib's are 0.866 at 0.6."""


class PercentCurve(Protocol):
    def __call__(self, score: float) -> float:
        """0-100 for a score in the model's metric."""
        ...


@dataclass(frozen=True)
class Polynomial:
    """`coefficients` of the score, highest power first, clipped to 0-100 and rounded to 2 digits.

    JAPANESE FACE v1 has (-23.71, 49.98, 73.69): Kesamaru 2023.
    """

    coefficients: tuple[float, ...]

    def __call__(self, score: float) -> float:
        return round(min(max(float(np.polyval(self.coefficients, score)), 0.0), 100.0), 2)


class Spread:
    """The smooth falling curve through 100 (the same picture), 90 (`threshold`) and 20 (`strangers`, their median), and
    through 97 at `usual`, the median of two photos of one person, if it is given.

    A monotone cubic (Fritsch & Carlson 1980) in the dissimilarity, which is the distance or 1 - cosine. It reaches 0
    at twice the strangers' dissimilarity, which for cosine is about the opposite vector.
    Errors: ValueError when the strangers' median is not on the far side of the threshold.
    """

    def __init__(self, metric: Metric, threshold: float, strangers: float, usual: float | None = None) -> None:
        self._metric: Metric = metric
        line, far = dissimilarity(threshold, metric), dissimilarity(strangers, metric)
        if not 0 < line < far:
            raise ValueError(f"strangers' median {strangers} must be on the far side of the threshold {threshold}")
        self._end = 2 * far
        at, percents = [0, line, far, self._end], [100, AT_THRESHOLD, AT_STRANGERS, 0]
        if usual is not None:
            near = dissimilarity(usual, metric)
            if not 0 < near < line:
                raise ValueError(f"one person's median {usual} must be on the near side of the threshold {threshold}")
            at.insert(1, near)
            percents.insert(1, AT_SAME)
        self._curve = _MonotoneCubic(at, percents)

    def __call__(self, score: float) -> float:
        percent = self._curve(min(max(dissimilarity(score, self._metric), 0.0), self._end))
        return min(max(percent, 0.0), 100.0)  # rounding may exceed the bounds slightly


class _MonotoneCubic:
    """Through falling points (at least three) without a bump between them: the slopes are those of Fritsch & Butland
    1984, "A method for constructing local monotone piecewise cubic interpolants".

    scipy's PchipInterpolator does the same, but loading it takes half a second and 20 MB, for a handful of points.
    """

    def __init__(self, at: Sequence[float], values: Sequence[float]) -> None:
        steps = np.diff(at)
        falls = np.diff(values) / steps
        before, after = steps[:-1], steps[1:]
        weights = 2 * after + before, after + 2 * before
        inner = sum(weights) / (weights[0] / falls[:-1] + weights[1] / falls[1:])
        first, last = (
            min(((2 * near + far) * fall - near * next_) / (near + far), 0.0)
            for near, far, fall, next_ in ((*steps[:2], *falls[:2]), (*steps[:-3:-1], *falls[:-3:-1]))
        )
        self._at, self._values, self._steps = list(at), list(values), steps.tolist()
        self._slopes = [first, *inner.tolist(), last]

    def __call__(self, x: float) -> float:
        i = min(bisect_right(self._at, x), len(self._steps)) - 1
        step = self._steps[i]
        t = (x - self._at[i]) / step
        (low, high), (rise, leave) = self._values[i : i + 2], self._slopes[i : i + 2]
        # the cubic of Hermite
        return float(
            low * (1 + 2 * t) * (1 - t) ** 2
            + high * t**2 * (3 - 2 * t)
            + step * (rise * t * (1 - t) ** 2 + leave * t**2 * (t - 1))
        )


def percent_curve(spec: ModelSpec) -> PercentCurve:
    """The curve by which a model's scores become percentages."""
    if isinstance(spec.percent, PolynomialPercent):
        return Polynomial(spec.percent.coefficients)
    return Spread(spec.metric, spec.threshold, spec.percent.strangers_median, spec.percent.same_median)


def strangers_dissimilarity(spec: ModelSpec) -> float:
    """The usual dissimilarity of strangers. Where the model does not say, their vectors are at right angles."""
    if isinstance(spec.percent, CurvePercent):
        return dissimilarity(spec.percent.strangers_median, spec.metric)
    return 1.0 if spec.metric == "cosine" else _STRANGERS_APART * spec.threshold
