"""What a score means: its rank among strangers, the verdict in one word, and whether it is a close call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.contracts import Verdict
from core.models.spec import ModelSpec
from core.similarity.percent import strangers_dissimilarity
from core.similarity.scores import dissimilarity, same_person

LOOKALIKE, SOME = 0.95, 0.5
"""A pair that is more alike than this share of strangers is a look-alike; than this share, has some likeness."""

_LOOKALIKE_WAY = 0.4
"""If strangers were not measured: how far from the threshold towards their median a look-alike may lie. For dlib, that
is where `LOOKALIKE` lies."""

NEAR = 0.05
"""How near to the threshold is a close call, relative to the threshold's dissimilarity. Other photos of the same two
people move dlib's distance by as much: 0.032 (root mean square, neutral against smiling pairs of 51 people)."""


@dataclass(frozen=True)
class Rank:
    """`part`: the share of the pairs of strangers that are less alike, 0-1; `error`: half its 95 % interval."""

    part: float
    error: float


def rank(score: float, spec: ModelSpec) -> Rank | None:
    """The rank among the strangers that were measured for the model; None if none were.

    It never claims more than the rarest score that was measured: 0.999 stands for that score and all beyond it.
    """
    if spec.strangers is None:
        return None
    ends = [dissimilarity(one, spec.metric) for one in spec.strangers.scores]
    value = dissimilarity(score, spec.metric)
    part = float(np.interp(value, ends, spec.strangers.parts))
    return Rank(1 - part, float(np.interp(value, ends, spec.strangers.errors)))


def verdict(score: float, spec: ModelSpec, bounds: tuple[float, float] | None = None) -> Verdict:
    """`same` past the model's threshold; else according to the rank among strangers.

    `bounds`: between which scores it may lie, where that is in doubt; `unsure` if the threshold lies there too.
    """
    if bounds is not None:
        least, most = (same_person(bound, spec.threshold, spec.metric) for bound in bounds)
        if least != most:
            return "unsure"
    if same_person(score, spec.threshold, spec.metric):
        return "same"
    among = rank(score, spec)
    if among is not None:
        return "lookalike" if among.part >= LOOKALIKE else "some" if among.part >= SOME else "little"
    line, value = (dissimilarity(one, spec.metric) for one in (spec.threshold, score))
    way = (value - line) / (strangers_dissimilarity(spec) - line)
    return "lookalike" if way <= _LOOKALIKE_WAY else "some" if way <= 1 else "little"


def near_line(score: float, spec: ModelSpec) -> bool:
    """Whether other photos of the same two people could well fall on the other side of the threshold."""
    line, value = (dissimilarity(one, spec.metric) for one in (spec.threshold, score))
    return abs(value - line) <= NEAR * line
