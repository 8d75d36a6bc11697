"""core.quality.cautions: which measures make a caution, and what is found in plain and damaged photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import quality
from core.contracts import CAUTION_KINDS, Caution, CautionKind, NoFace, Photo
from core.quality import Quality
from core.quality.cautions import RULES

Sample = Callable[[str], Photo]
Look = Callable[[Photo], Quality]
Damaged = Callable[[Photo, str, int], Photo]

CLEAR = Quality(
    *(False, 0.0, 0.0, 200.0, None, None, 0.0, 0.0, 0.0, 1.0, False, False),
    **{"length": 1.0, "upper": 1.0, "lower": 1.0},
)


def worse(kind: CautionKind, more: float = 1.0) -> float:
    """A value a little beyond the one from which there is a caution; `more`: 0.5 lies between the two bounds."""
    rule = RULES[kind]
    return rule.little + more * 0.1 * (rule.worst - rule.little)


SPOILED: Mapping[CautionKind, Mapping[str, Any]] = {
    "profile": {"profile": True, "yaw": -80.0},
    "turned": {"yaw": 60.0},
    "small": {"width": worse("small")},
    "blurred": {"detail": worse("blurred")},
    "pixelated": {"blocks": worse("pixelated")},
    "overexposed": {"overexposed": worse("overexposed")},
    "dark": {"dark": worse("dark")},
    "stretched": {"stretch": worse("stretched")},
    "cut_off": {"cut_off": worse("cut_off")},
    "eyes_covered": {"dark_lenses": True},
    "mouth_covered": {"lower": 1 - worse("mouth_covered")},
    "unclear": {"length": worse("unclear")},
}


def spoiled(*kinds: CautionKind) -> Quality:
    return replace(CLEAR, **{key: value for kind in kinds for key, value in SPOILED[kind].items()})


def kinds(face: Quality) -> set[CautionKind]:
    return {caution.kind for caution in quality.told(quality.find(face))}


def test_every_kind_has_a_row_and_an_example() -> None:
    assert set(RULES) == set(CAUTION_KINDS) == set(SPOILED)


def test_nothing_is_wrong_with_a_clear_face() -> None:
    assert quality.find(CLEAR) == ()
    assert quality.effects(()) == {}
    assert quality.too_little(()) is None


@pytest.mark.parametrize("kind", CAUTION_KINDS)
def test_a_measure_beyond_its_bound_is_found_and_no_other(kind: CautionKind) -> None:
    (found,) = quality.find(spoiled(kind))
    assert found.caution.kind == kind
    assert found.caution.value == pytest.approx(RULES[kind].value(spoiled(kind)))
    assert set(quality.effects((found,))) == {kind}


@pytest.mark.parametrize("kind", CAUTION_KINDS)
def test_severity_grows_from_one_bound_to_the_other_and_its_effect_with_it(kind: CautionKind) -> None:
    rule = RULES[kind]
    assert rule.severity(rule.little) == pytest.approx(0)
    ways = [rule.severity(rule.little + part * (rule.worst - rule.little)) for part in (0, 0.3, 0.6, 1, 1.1)]
    assert ways == sorted(ways)
    assert ways[3] == pytest.approx(1)
    assert (ways[4] > 1) == rule.refuses
    for mild, severe in ((rule.mild, rule.severe), (quality.effect(kind, 0.2), quality.effect(kind, 0.7))):
        assert 0 < mild.one <= severe.one
        assert mild.one <= mild.both <= severe.both
        assert 1 > mild.kept >= severe.kept > 0
    assert quality.effect(kind, 0) == rule.mild
    assert quality.effect(kind, 2) == rule.severe


@pytest.mark.parametrize("kind", [kind for kind in CAUTION_KINDS if RULES[kind].refuses])
def test_beyond_the_second_bound_there_is_no_answer(kind: CautionKind) -> None:
    (key, _), *_ = SPOILED[kind].items()
    hardly, hopeless = (replace(CLEAR, **{key: worse(kind, more)}) for more in (9, 11))
    assert quality.too_little(quality.find(hardly)) is None
    refused = quality.too_little(quality.find(hopeless))
    assert refused is not None
    assert refused.kind == kind


@pytest.mark.parametrize("kind", [kind for kind in CAUTION_KINDS if not RULES[kind].refuses])
def test_a_face_that_is_turned_or_covered_is_compared_with_caution(kind: CautionKind) -> None:
    assert quality.too_little(quality.find(spoiled(kind))) is None


def test_a_vector_without_length_is_refused_whatever_else_is_wrong() -> None:
    """What is wrong with it is said, if that can be the reason."""
    short = worse("unclear", 11)
    blurred, covered = (replace(spoiled(kind), length=short) for kind in ("blurred", "mouth_covered"))
    assert quality.too_little(quality.find(blurred)) == Caution("blurred", worse("blurred"))
    assert quality.too_little(quality.find(covered)) == Caution("unclear", short)


@given(st.sets(st.sampled_from(CAUTION_KINDS), min_size=2))
def test_the_worst_comes_first_and_a_short_vector_is_no_reason_beside_another(several: set[CautionKind]) -> None:
    found = quality.find(spoiled(*sorted(several)))
    severities = [one.severity for one in found]
    assert severities == sorted(severities, reverse=True)
    hidden: set[CautionKind] = {"unclear"}
    if "eyes_covered" in several:  # by lenses, which are areas of one colour
        hidden |= {"cut_off"}
    if "profile" in several:  # which is turned, too
        hidden |= {"turned"}
    if "small" in several:  # the blur is that of its enlargement, or worse: either way a face is told to be small
        hidden |= {"blurred"}
    assert {one.caution.kind for one in found} | hidden == several | hidden


def test_a_small_face_is_blurred_only_if_it_has_less_detail_than_its_pixels_could_hold() -> None:
    width = worse("small")
    assert kinds(replace(CLEAR, width=width, detail=width)) == {"small"}
    assert kinds(replace(CLEAR, width=width, detail=width / 2)) == {"small", "blurred"}


@pytest.mark.parametrize("person", "abcdef")
@pytest.mark.parametrize("number", "12")
def test_a_plain_photo_has_no_caution(person: str, number: str, sample: Sample, look: Look) -> None:
    assert quality.find(look(sample(f"{person}_{number}"))) == ()


FOUND: Mapping[str, tuple[tuple[int, ...], set[CautionKind]]] = {
    "mask": ((4,), {"mouth_covered"}),
    "dark glasses": ((1, 3, 5), {"eyes_covered"}),
    "mask and dark glasses": ((4,), {"mouth_covered", "eyes_covered"}),
    "half in black": ((2, 3, 4, 5), {"cut_off"}),
    "cropped": ((3, 4, 5), {"cut_off"}),
    "small": ((1, 3, 5), {"small"}),
    "blurred": ((1, 3, 5), {"blurred"}),
    "overexposed": ((5,), {"overexposed"}),
    "dark": ((3, 5), {"dark"}),
    "stretched": ((3, 4, 5), {"stretched"}),
    "pixelated": ((2, 3, 5), {"pixelated"}),
}
"""The strengths at which each damage is found in every face, and as what. A mask up to between the eyes leaves too
little for the network's word on what it sees, so that some are missed; JPEG squares have no caution."""


@pytest.mark.parametrize("name", ["a_1", "c_1", "e_2", "f_2"])
@pytest.mark.parametrize("kind", FOUND)
def test_a_damage_is_found_and_named(kind: str, name: str, sample: Sample, look: Look, damaged: Damaged) -> None:
    strengths, expected = FOUND[kind]
    for strength in strengths:
        try:
            found = quality.find(look(damaged(sample(name), kind, strength)))
        except NoFace:
            assert strength == 5
            continue
        assert expected <= {caution.kind for caution in quality.told(found)}
        refused = quality.too_little(found)
        assert refused is None or refused.kind in expected


REAL: Mapping[str, set[CautionKind]] = {
    "london/001/smiling_front.jpg": set(),
    "london/016/neutral_right_3quarter.jpg": set(),
    "london/044/neutral_left_profile.jpg": {"profile"},
    "portraits/profile_man.jpg": {"profile"},
    "portraits/halfprofile_man.jpg": set(),
    "portraits/sunglasses_man.jpg": {"eyes_covered"},
    "portraits/camera_before_face.jpg": {"unclear"},
    "portraits/tiny_face_jockey.jpg": {"small"},
    "portraits/obama_3.jpg": set(),
    "portraits/collins_1.jpg": set(),
    "portraits/lisa_1.jpg": set(),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_real_photos_have_the_cautions_that_anybody_would_give(name: str, shared: Path, look: Look) -> None:
    assert kinds(look(Photo(name, (shared / "faces" / name).read_bytes()))) == REAL[name]
