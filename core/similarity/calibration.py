"""Labelled pairs -> a model's threshold, percentages and ranks, as a file that the settings accept.

With `[model] calibration = "file.toml"` the file's threshold, percent and strangers override the model's own. The file
has only numbers about the whole set: nothing of a photo.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.contracts import Metric
from core.models.spec import Strangers
from core.similarity.verification import line_at

PARTS = (
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.03,
    0.05,
    0.075,
    0.1,
    0.15,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.99,
)
"""Quantiles of the strangers' scores to keep, denser near the threshold."""

_RESAMPLES = 400
_SEED = 1
_LEAST_GAP = 1e-4


class TooFewPairs(ValueError):
    """There are not enough pairs to calibrate with."""


@dataclass(frozen=True)
class Calibration:
    """What a set of pairs says about a model. Scores are in `metric`; `far`: the share of strangers allowed past the
    `threshold`; `same_median`: the median of the pairs of one person, if there are any."""

    model: str
    metric: Metric
    far: float
    threshold: float
    same_median: float | None
    same: int
    lost: int
    strangers: Strangers

    @property
    def strangers_median(self) -> float:
        return self.strangers.scores[self.strangers.parts.index(0.5)]

    @property
    def percent(self) -> dict[str, float]:
        """The model's key of that name."""
        medians = {"strangers_median": self.strangers_median, "same_median": self.same_median}
        return {name: median for name, median in medians.items() if median is not None}

    def toml(self) -> str:
        """The file's text."""
        table = ", ".join(f"{key} = {value!r}" for key, value in self.percent.items())
        return "\n".join(
            [
                "# What `sokkuri evaluate` measured. To use it, in the settings:",
                "#   [model]",
                f"#   name = {_text(self.model)}",
                '#   calibration = "this file"',
                f"# At most {self.far:.2%} of the strangers below pass the threshold.",
                f"# Pairs of one person: {self.same}; pairs left out because no face was found: {self.lost}.",
                f"model = {_text(self.model)}",
                f"metric = {_text(self.metric)}",
                f"threshold = {self.threshold!r}",
                f"percent = {{ {table} }}",
                "",
                "[strangers]",
                f"data = {_text(self.strangers.data)}",
                f"pairs = {self.strangers.pairs}",
                f"parts = {list(self.strangers.parts)}",
                f"scores = {list(self.strangers.scores)}",
                f"errors = {list(self.strangers.errors)}",
                "",
            ]
        )


def _text(value: str) -> str:
    """A basic string of TOML. JSON strings are, as long as they escape nothing but ASCII control characters."""
    return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False)


def calibrate(
    model: str,
    metric: Metric,
    data: str,
    likeness: NDArray[np.float64],
    same: NDArray[np.bool_],
    photos: Sequence[tuple[str, str]],
    far: float = 0.01,
    halfway: bool = True,
) -> Calibration:
    """A calibration from n labelled pairs. `likeness`: (n,), see `core.similarity.verification`; `photos`: two a pair.

    The threshold is the loosest one that at most the share `far` of the strangers passes, or, if all pairs of one
    person pass it and `halfway` is true, the middle between it and the least alike of these. Lost pairs are left out.
    Errors: TooFewPairs for less than 20 pairs of strangers, or when they are so alike that no curve can fall.
    """
    here = np.isfinite(likeness)
    people, others = likeness[here & same], likeness[here & ~same]
    if len(others) < 20:
        raise TooFewPairs(
            f"expected 20 pairs of different people with a face in both photos at least, found {len(others)}"
        )
    line = line_at(others, far)
    if halfway and len(people) and people.min() > line:
        line = (line + float(people.min())) / 2  # nobody is in between: keep the same distance from both
    names = [pair for pair, kept in zip(photos, here & ~same, strict=True) if kept]
    sign = -1.0 if metric == "euclidean" else 1.0
    strangers = measure_strangers(data, sign * others, names, metric)
    threshold = sign * line
    middle = strangers.scores[strangers.parts.index(0.5)]
    if not sign * middle + _LEAST_GAP < line < (0.0 if metric == "euclidean" else 1.0):
        raise TooFewPairs(
            f"expected pairs of different people that are less alike than the threshold {threshold:.4g} and unequal, "
            f"found a median of {middle:.4g}"
        )
    usual = sign * float(np.median(people)) if len(people) else None
    if usual is not None and sign * usual <= line:
        usual = None  # most pairs of one person do not even pass: no curve can give them 97
    return Calibration(model, metric, far, threshold, usual, len(people), int((~here).sum()), strangers)


def measure_strangers(
    data: str, scores: NDArray[np.float64], photos: Sequence[tuple[str, str]], metric: Metric
) -> Strangers:
    """The quantiles of strangers' `scores` (n,); `photos`: the names of the two photos (or people) of each pair.

    Pairs that share a photo are not independent evidence, so the errors come from resampling photos instead of pairs
    (the bootstrap, Efron 1979, of both sides of a pair as in Snijders & Borgatti 1999). They are errors of the
    difference to another set of the same size: wider by the square root of two than the set's own.
    """
    order = np.sort(scores if metric == "euclidean" else -scores)
    finest = 1 / len(scores)
    parts = tuple(part for part in PARTS if finest <= part <= 1 - finest)
    ends = np.quantile(order, parts)
    names, indices = np.unique(np.array(photos), return_inverse=True)
    first, second = indices.reshape(-1, 2).T
    dissimilar = scores if metric == "euclidean" else -scores
    inside = dissimilar[:, np.newaxis] <= ends[np.newaxis]
    random = np.random.default_rng(_SEED)
    shares = []
    for _ in range(_RESAMPLES):
        times = random.multinomial(len(names), np.full(len(names), 1 / len(names)))
        weight = (times[first] * times[second]).astype(np.float64)
        if weight.sum():
            shares.append(weight @ inside / weight.sum())
    spread = 1.96 * np.sqrt(2) * np.std(shares, axis=0)
    sign = 1.0 if metric == "euclidean" else -1.0
    return Strangers(
        data=data,
        pairs=len(scores),
        parts=parts,
        scores=tuple(round(float(sign * end), 5) for end in ends),
        errors=tuple(round(float(max(error, finest)), 5) for error in spread),
    )
