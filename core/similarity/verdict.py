"""What a score means to people: how rare it is among strangers, in four words, and whether it is a close call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.contracts import Verdict
from core.models.spec import CurvePercent, ModelSpec
from core.similarity.scores import dissimilarity, same_person

LOOKALIKE, SOME = 0.95, 0.5
"""More alike than this part of the pairs of strangers is a look-alike; than this one, a likeness."""

_LOOKALIKE_WAY = 0.4
"""Where strangers were not measured: this far on the way from the line to their median lie look-alikes, as dlib has
them at `LOOKALIKE`."""

NEAR = 0.05
"""This part of the line's own dissimilarity is near it. Another photo of each of two people moves dlib's distance by
0.032 (root of the mean square, over the neutral against the smiling pairs of 51 people), which is that much."""


@dataclass(frozen=True)
class Rank:
    """`part` of the pairs of strangers that are less alike, 0-1, and half its 95 % interval."""

    part: float
    error: float


def rank(score: float, spec: ModelSpec) -> Rank | None:
    """Among the strangers that were measured for the model; None where none were.

    It never claims more than the rarest score that was measured: 0.999 stands for that and for all beyond it.
    """
    if spec.strangers is None:
        return None
    ends = [dissimilarity(one, spec.metric) for one in spec.strangers.scores]
    value = dissimilarity(score, spec.metric)
    part = float(np.interp(value, ends, spec.strangers.parts))
    return Rank(1 - part, float(np.interp(value, ends, spec.strangers.errors)))


def verdict(score: float, spec: ModelSpec) -> Verdict:
    """`same` past the model's line; else by the rank among strangers."""
    if same_person(score, spec.threshold, spec.metric):
        return "same"
    among = rank(score, spec)
    if among is not None:
        return "lookalike" if among.part >= LOOKALIKE else "some" if among.part >= SOME else "little"
    line, value = (dissimilarity(one, spec.metric) for one in (spec.threshold, score))
    usual = spec.percent.strangers_median if isinstance(spec.percent, CurvePercent) else 0.0
    way = (value - line) / (dissimilarity(usual, spec.metric) - line)
    return "lookalike" if way <= _LOOKALIKE_WAY else "some" if way <= 1 else "little"


def near_line(score: float, spec: ModelSpec) -> bool:
    """Whether another photo of the same two people could well fall on the other side of the line."""
    line, value = (dissimilarity(one, spec.metric) for one in (spec.threshold, score))
    return abs(value - line) <= NEAR * line
