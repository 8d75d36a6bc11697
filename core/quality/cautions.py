"""What the measures of a face mean for an answer: one row a kind of caution.

A face is clear, or little of it is seen (the answer has its caution), or too little (there is no answer). The bounds
were set on the London faces and on portraits, damaged on purpose in all these ways (`make bench-truth`,
docs/fairness.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log

from core.contracts import Caution, CautionKind
from core.face import Face
from core.quality.measures import Quality, is_front
from core.quality.pose import stretch
from core.similarity.doubt import Effect, Effects


@dataclass(frozen=True)
class Rule:
    """`value`: what to tell of a face, see `Caution` (None: nothing is wrong); `amount`: how bad a value is, growing;
    `little`: the value from which there is a caution; `worst`: that from which there is no answer, or, if `refuses` is
    false, nothing gets worse; `mild`, `severe`: what a face with each of these values does to a score.
    """

    value: Callable[[Quality], float | None]
    little: float
    worst: float
    mild: Effect
    severe: Effect
    amount: Callable[[float], float] = float
    refuses: bool = True

    def severity(self, value: float) -> float:
        """0 at `little`, 1 at `worst`; below 0 nothing is wrong."""
        low, high = self.amount(self.little), self.amount(self.worst)
        found = (self.amount(value) - low) / (high - low)
        return found if self.refuses else min(found, 1.0)


def _less_is_worse(value: float) -> float:
    return -value


def _either_way(value: float) -> float:
    return abs(log(value))


STRETCHED = 1.25
"""How many times too wide, or too tall, a face must be for the stretch to be undone: plain faces vary up to there."""

_MOST_YAW, _MOST_PITCH = 55.0, 37.0
"""Degrees. Three-quarter views (42 to 50) of one person are distinguished from strangers' without an error."""


_ENLARGED = 0.7
"""The detail of a small face, in pixels across it, from which its pixels are what limits it."""


def _turned(face: Quality) -> float | None:
    if face.profile:
        return None
    if abs(face.yaw) >= _MOST_YAW:
        return abs(face.yaw)
    return abs(face.pitch) if abs(face.pitch) >= _MOST_PITCH else None


RULES: Mapping[CautionKind, Rule] = {
    "profile": Rule(
        lambda face: min(abs(face.yaw), 90.0) if face.profile else None,
        *(0.0, 90.0, Effect(0.05, 0.12, 0.4), Effect(0.05, 0.12, 0.4)),
        refuses=False,
    ),
    "turned": Rule(_turned, _MOST_PITCH, 90.0, Effect(0.07, 0.13, 0.6), Effect(0.1, 0.2, 0.4), refuses=False),
    "small": Rule(
        lambda face: face.width,
        *(30.0, 15.0, Effect(0.1, 0.12, 0.8), Effect(0.15, 0.26, 0.45)),
        amount=_less_is_worse,
    ),
    "blurred": Rule(
        lambda face: face.detail,
        *(34.0, 16.0, Effect(0.07, 0.1, 0.88), Effect(0.15, 0.35, 0.45)),
        amount=_less_is_worse,
    ),
    "pixelated": Rule(
        lambda face: face.blocks,
        *(40.0, 20.0, Effect(0.07, 0.11, 0.87), Effect(0.14, 0.33, 0.5)),
        amount=_less_is_worse,
    ),
    "overexposed": Rule(lambda face: face.overexposed, 0.45, 0.75, Effect(0.07, 0.14, 0.75), Effect(0.12, 0.34, 0.5)),
    "dark": Rule(lambda face: face.dark, 0.45, 0.99, Effect(0.06, 0.12, 0.85), Effect(0.08, 0.25, 0.6)),
    "stretched": Rule(
        lambda face: face.stretch,
        *(STRETCHED, 2.3, Effect(0.06, 0.1, 0.9), Effect(0.1, 0.2, 0.7)),
        amount=_either_way,
    ),
    "cut_off": Rule(lambda face: face.cut_off, 0.15, 0.6, Effect(0.05, 0.09, 0.9), Effect(0.14, 0.28, 0.45)),
    "eyes_covered": Rule(
        lambda face: 1.0 if face.dark_lenses else _hidden(face.upper),
        *(0.5, 1.0, Effect(0.1, 0.18, 0.75), Effect(0.13, 0.28, 0.55)),
        refuses=False,
    ),
    "mouth_covered": Rule(
        lambda face: 1.0 if face.cloth else _hidden(face.lower),
        *(0.5, 1.0, Effect(0.1, 0.15, 0.8), Effect(0.12, 0.16, 0.7)),
        refuses=False,
    ),
    "unclear": Rule(
        lambda face: None if face.profile else face.length,
        *(0.64, 0.45, Effect(0.1, 0.18, 0.7), Effect(0.16, 0.4, 0.4)),
        amount=_less_is_worse,
    ),
}


def _hidden(seen: float | None) -> float | None:
    return None if seen is None else 1 - seen


def undone(face: Face) -> float:
    """How many times narrower to make the photo for a crop of this face: 1 unless it was stretched."""
    factor = stretch(face) if is_front(face) else 1.0
    return factor if RULES["stretched"].severity(factor) >= 0 else 1.0


@dataclass(frozen=True)
class Found:
    """`caution`, and how bad it is: see `Rule.severity`."""

    caution: Caution
    severity: float


def find(face: Quality) -> tuple[Found, ...]:
    """What is wrong with a face, the worst first.

    A small face is blurred when it is enlarged, dark lenses are areas of one colour, and whatever is wrong makes a
    vector short: such kinds are not told beside their reason.
    """
    found = {}
    for kind, rule in RULES.items():
        value = rule.value(face)
        if value is not None and (severity := rule.severity(value)) >= 0:
            found[kind] = Found(Caution(kind, value), severity)
    if "small" in found and face.detail is not None and face.detail > _ENLARGED * face.width:
        found.pop("blurred", None)
    if face.dark_lenses and "cut_off" in found and not _refused(found["cut_off"]):
        del found["cut_off"]
    unclear = found.get("unclear")
    reasons = [one for kind, one in found.items() if kind != "unclear"]
    if unclear is not None and reasons and not _refused(unclear):
        del found["unclear"]
    elif unclear is not None and (refusing := [one for one in reasons if RULES[one.caution.kind].refuses]):
        del found["unclear"]  # too short, and this is why
        worst = max(refusing, key=lambda one: one.severity)
        found[worst.caution.kind] = Found(worst.caution, max(worst.severity, unclear.severity))
    return tuple(sorted(found.values(), key=lambda one: -one.severity))


def _refused(one: Found) -> bool:
    return RULES[one.caution.kind].refuses and one.severity >= 1


def too_little(found: tuple[Found, ...]) -> Caution | None:
    """Why nothing can be said about a face; None: something can."""
    return next((one.caution for one in found if _refused(one)), None)


def effects(found: tuple[Found, ...]) -> Effects:
    """What is wrong with a face, and what each of that does to its scores."""
    return {one.caution.kind: effect(one.caution.kind, one.severity) for one in found}


def effect(kind: CautionKind, severity: float) -> Effect:
    return RULES[kind].mild.towards(RULES[kind].severe, severity)


def told(found: tuple[Found, ...]) -> tuple[Caution, ...]:
    return tuple(one.caution for one in found)
