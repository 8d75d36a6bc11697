"""Two people are never called one without a word of caution, whatever was done to both of their photos.

The faces of nobody are averages, which are more alike than people are: two of them pass the line by a little even where
nothing is wrong (see `ALIKE` in test_answers.py). So each damage is tested where it is strong enough to matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from core.answers import similar
from core.contracts import CautionKind, NoFace, Photo, SimilarRequest, SimilarResult, Unrecognisable
from core.engine import Engine

Sample = Callable[[str], Photo]
Damaged = Callable[[Photo, str, int], Photo]

STRONG: Mapping[str, tuple[Sequence[int], set[CautionKind]]] = {
    "mask": ((3, 5), {"mouth_covered"}),
    "dark glasses": ((1, 5), {"eyes_covered", "cut_off"}),
    "mask and dark glasses": ((1, 4), {"eyes_covered", "mouth_covered", "cut_off"}),
    "half in black": ((2, 4), {"cut_off"}),
    "cropped": ((2, 5), {"cut_off", "mouth_covered"}),
    "small": ((1, 3, 5), {"small"}),
    "blurred": ((1, 3, 5), {"blurred"}),
    "overexposed": ((3, 5), {"overexposed"}),
    "dark": ((2, 4), {"dark"}),
    "stretched": ((2, 5), {"stretched"}),
    "pixelated": ((2, 4), {"pixelated"}),
    "compressed": ((2, 4, 5), {"pixelated"}),
}
"""The strengths, and what may be said about the faces: the error of a photo that is refused names one of these."""

CASES = [(kind, strength) for kind, (strengths, _) in STRONG.items() for strength in strengths]
STRANGERS = [("b_1", "e_1"), ("c_1", "f_1"), ("b_1", "f_1"), ("a_1", "d_1")]
"""The most alike ones, and two with dark skin."""


def compare(engine: Engine, first: Photo, second: Photo) -> SimilarResult:
    return similar.answer(engine, SimilarRequest(first, second, explain=False))


def never_the_same(engine: Engine, first: Photo, second: Photo, named: set[CautionKind]) -> None:
    try:
        result = compare(engine, first, second)
    except NoFace:
        return
    except Unrecognisable as error:
        assert error.kind in named
        assert error.photo in (first.name, second.name)
        return
    assert result.verdict != "same" or any(result.cautions), result.score
    assert not result.same_person or any(result.cautions)


@pytest.mark.parametrize(("kind", "strength"), CASES)
def test_two_of_nobody_damaged_in_the_same_way(
    kind: str, strength: int, engine: Engine, sample: Sample, damaged: Damaged
) -> None:
    for pair in STRANGERS:
        never_the_same(engine, *(damaged(sample(name), kind, strength) for name in pair), STRONG[kind][1])


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "strength"), CASES)
def test_two_people_damaged_in_the_same_way(
    kind: str, strength: int, engine: Engine, shared: Path, damaged: Damaged
) -> None:
    people = [
        Photo(person, (shared / "faces" / "london" / person / "neutral_front.jpg").read_bytes())
        for person in ("001", "016", "044")
    ]
    for pair in combinations(people, 2):
        never_the_same(engine, *(damaged(photo, kind, strength) for photo in pair), STRONG[kind][1])


@pytest.mark.shared
@pytest.mark.parametrize(("names", "kind"), [("stretched_{}.jpg", "stretched"), ("small32_{}.png", "small")])
def test_two_people_who_were_once_called_one(names: str, kind: CautionKind, engine: Engine, shared: Path) -> None:
    first, second = (
        Photo(name, (shared / "inputs" / name).read_bytes()) for name in (names.format(person) for person in "cf")
    )
    try:
        result = compare(engine, first, second)
    except Unrecognisable as error:
        assert error.kind == kind
    else:
        assert {caution.kind for cautions in result.cautions for caution in cautions} == {kind}
        assert result.verdict != "same"
        assert not result.same_person


@pytest.mark.parametrize("person", "abcdef")
def test_one_person_in_two_plain_photos_is_the_same_and_nothing_is_in_doubt(
    person: str, engine: Engine, sample: Sample
) -> None:
    result = compare(engine, sample(f"{person}_1"), sample(f"{person}_2"))
    assert result.verdict == "same"
    assert result.cautions == ((), ())
    assert result.interval is None
