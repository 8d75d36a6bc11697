"""Verification metrics: scores of labelled pairs -> how well a model tells people apart, with 95 % intervals.

All functions take likeness: a number that is larger for a more alike pair (minus the distance, or the cosine). A pair
with a lost photo, in which no face was found, has minus infinity: it never counts as one person. The intervals assume
independent pairs; if pairs share photos, they are somewhat too narrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

_Z = 1.959964  # of the normal distribution, two sides of 2.5 %
FAR_LEVELS = (0.01, 0.001)


@dataclass(frozen=True)
class Measured:
    """`value` with the bounds of its 95 % interval, all in 0-1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """The figures of a set of pairs. A figure is None if it needs a kind of pairs that the set does not have.

    `pairs`, `same`, `lost`: how many pairs there are, of one person, and with a lost photo; `auc`: the probability that
    a pair of one person is more alike than a pair of strangers; `eer`: the equal error rate; `accuracy`: that at
    `best_line`, the best threshold for this very set; `at_line`: the accuracy at the model's own threshold;
    `true_matches`, `false_matches`: the shares of the pairs of one person and of strangers that it accepts;
    `tar_at_far`: the share of the pairs of one person that is accepted if this share of the strangers is.
    """

    pairs: int
    same: int
    lost: int
    auc: Measured | None
    eer: Measured | None
    accuracy: Measured
    best_line: float
    at_line: Measured
    true_matches: Measured | None
    false_matches: Measured | None
    tar_at_far: Mapping[float, Measured | None]


@dataclass(frozen=True, eq=False)
class Roc:
    """Shares of pairs accepted, from the strictest threshold to the loosest: float64 (n,), both from 0 to 1."""

    false_matches: NDArray[np.float64]
    true_matches: NDArray[np.float64]


def measure(likeness: NDArray[np.float64], same: NDArray[np.bool_], line: float) -> Figures:
    """All figures of n pairs, n >= 1. `likeness`: (n,), -inf for a lost pair; `line`: the threshold, as a likeness.

    Errors: ValueError when there is no pair.
    """
    if not len(likeness):
        raise ValueError("there is no pair")
    people, strangers = likeness[same], likeness[~same]
    best, right = _best_line(likeness, same)
    both = bool(len(people) and len(strangers))
    return Figures(
        pairs=len(likeness),
        same=len(people),
        lost=int(np.isneginf(likeness).sum()),
        auc=auc(people, strangers) if both else None,
        eer=_eer(people, strangers) if both else None,
        accuracy=wilson(right, len(likeness)),
        best_line=best,
        at_line=wilson(int(((likeness >= line) == same).sum()), len(likeness)),
        true_matches=wilson(int((people >= line).sum()), len(people)) if len(people) else None,
        false_matches=wilson(int((strangers >= line).sum()), len(strangers)) if len(strangers) else None,
        tar_at_far={
            far: wilson(int((people >= line_at(strangers, far)).sum()), len(people)) if both else None
            for far in FAR_LEVELS
        },
    )


def wilson(count: int, of: int) -> Measured:
    """`count` out of `of` (>= 1) as a share, with the score interval of Wilson 1927."""
    share, square = count / of, _Z * _Z / of
    centre = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * sqrt(share * (1 - share) / of + square / (4 * of))
    return Measured(share, max(min(centre - half, share), 0.0), min(max(centre + half, share), 1.0))


def auc(people: NDArray[np.float64], strangers: NDArray[np.float64]) -> Measured:
    """Area under the ROC curve, ties counted half, with the interval of DeLong et al. 1988.

    If no pair is out of order, that interval would have no width. Then it is that of no failure among as many pairs as
    the smaller kind has.
    """
    above, below = _share_below(people, strangers), 1 - _share_below(strangers, people)
    value = float(above.mean())
    variance = sum(float(part.var(ddof=1)) / len(part) for part in (above, below) if len(part) > 1)
    if variance == 0:
        fewest = min(len(people), len(strangers))
        bound = wilson(round(value * fewest), fewest)
        return Measured(value, bound.low, bound.high)
    half = _Z * sqrt(variance)
    return Measured(value, max(value - half, 0.0), min(value + half, 1.0))


def _share_below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of `others` below each of `values`, equal ones counted half."""
    ordered = np.sort(others)
    below, not_above = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return (below + not_above) / (2 * len(others))


def line_at(strangers: NDArray[np.float64], far: float) -> float:
    """The lowest threshold that at most the share `far` of the strangers (m >= 1) reaches."""
    allowed = int(far * len(strangers) + 1e-9)
    order = np.sort(strangers)[::-1]
    return float(np.nextafter(order[allowed], np.inf)) if allowed < len(order) else float(order[-1])


def roc(people: NDArray[np.float64], strangers: NDArray[np.float64]) -> Roc:
    """The curve over all thresholds, one for each likeness that occurs; both kinds must have a pair."""
    lines = np.unique(np.concatenate([people, strangers]))[::-1]
    lines = lines[np.isfinite(lines)]
    taken = [
        np.concatenate([[0.0], 1 - np.searchsorted(np.sort(kind), lines, side="left") / len(kind), [1.0]])
        for kind in (strangers, people)
    ]
    return Roc(*taken)


def _best_line(likeness: NDArray[np.float64], same: NDArray[np.bool_]) -> tuple[float, int]:
    """The threshold with the most pairs right, in the middle of its gap, and how many are right."""
    order = np.argsort(-likeness, kind="stable")
    values, kinds = likeness[order], same[order]
    # right at a threshold just below the first k: the people among these, and the strangers after them
    right = np.concatenate([[0], np.cumsum(np.where(kinds, 1, -1))]) + int((~same).sum())
    ends = np.concatenate([[True], values[1:] != values[:-1], [True]])  # equals cannot be separated
    ends &= np.concatenate([[True], np.isfinite(values)])  # and no threshold accepts lost pairs
    k = int(np.argmax(np.where(ends, right, -1)))
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, int(right[0])
    above = float(finite[k - 1]) if k else float(finite[0]) + 1e-6
    below = float(finite[k]) if k < len(finite) else above
    return (above + below) / 2, int(right[k])


def _eer(people: NDArray[np.float64], strangers: NDArray[np.float64]) -> Measured:
    """The equal error rate, where the curve crosses its diagonal; the interval is that of the kind with fewer pairs."""
    curve = roc(people, strangers)
    misses = 1 - curve.true_matches
    gap = curve.false_matches - misses  # rises from -1 to 1
    i = int(np.searchsorted(gap, 0.0))
    if gap[i] == 0:
        value = float(misses[i])
    else:
        part = -gap[i - 1] / (gap[i] - gap[i - 1])
        value = float(misses[i - 1] + part * (misses[i] - misses[i - 1]))
    fewest = min(len(people), len(strangers))
    bound = wilson(round(value * fewest), fewest)
    return Measured(value, min(bound.low, value), max(bound.high, value))
