"""What faces that are not seen clearly change in each answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.answers import average, evaluate, lookalikes, similar
from core.cards import numbered as card
from core.contracts import (
    AverageBatch,
    AveragedFace,
    AverageRecipe,
    AverageRules,
    AverageStart,
    LookalikesRequest,
    Photo,
    SimilarRequest,
    SimilarResult,
    Skipped,
    TooFewFaces,
    Unrecognisable,
)
from core.engine import Engine, Located
from core.models.embedder import Embedder
from core.photo import encode

Sample = Callable[[str], Photo]
Damaged = Callable[[Photo, str, int], Photo]
Locate = Callable[[Photo], Located]
Png = Callable[[NDArray[np.uint8], str], Photo]

MASKED = ("mask and dark glasses", 4)
ALIKE_IN_MASKS = ("c_1", "f_1")
"""Two of nobody who are two people, but in masks past the line."""


def compare(engine: Engine, first: Photo, second: Photo) -> SimilarResult:
    return similar.answer(engine, SimilarRequest(first, second, explain=False))


def kinds(result: SimilarResult) -> list[list[str]]:
    return [[caution.kind for caution in cautions] for cautions in result.cautions]


# ---------------------------------------------------------------- similar


@pytest.mark.parametrize(
    ("damage", "names", "found"),
    [
        (("mask", 4), ("b_1", "e_1"), "mouth_covered"),
        (MASKED, ALIKE_IN_MASKS, "mouth_covered"),
        (("dark glasses", 5), ALIKE_IN_MASKS, "eyes_covered"),
        (("blurred", 3), ALIKE_IN_MASKS, "blurred"),
        (("pixelated", 3), ("b_1", "f_1"), "pixelated"),
    ],
)
def test_what_is_in_doubt_is_an_interval_about_the_line_and_no_word_is_said(
    *, damage: tuple[str, int], names: tuple[str, str], found: str, engine: Engine, sample: Sample, damaged: Damaged
) -> None:
    result = compare(engine, *(damaged(sample(name), *damage) for name in names))
    assert result.score > result.threshold, "else this test shows nothing"
    assert all(found in face for face in kinds(result))
    assert result.interval is not None
    low, high = result.interval
    assert low < result.line <= result.percent <= high
    assert result.verdict == "unsure"
    assert not result.same_person
    assert not result.near_line
    assert (result.stranger_rank, result.rank_error) == (None, None)


def test_one_spoiled_photo_is_enough(engine: Engine, sample: Sample, damaged: Damaged) -> None:
    result = compare(engine, sample("a_1"), damaged(sample("d_2"), "small", 2))
    assert kinds(result) == [[], ["small"]]
    assert result.interval is not None
    assert result.interval[0] <= result.percent <= result.interval[1]
    assert not result.near_line


def test_a_verdict_can_hold_whatever_is_wrong(engine: Engine, sample: Sample, damaged: Damaged) -> None:
    """Two photos of one person, one of them blurred a little, are far beyond the line."""
    result = compare(engine, sample("f_1"), damaged(sample("f_2"), "blurred", 1))
    assert kinds(result) == [[], ["blurred"]]
    assert result.interval is not None
    assert result.interval[0] >= result.line
    assert result.verdict == "same"
    assert result.same_person


def test_photos_in_the_other_order_have_their_cautions_in_the_other_order_and_the_rest_alike(
    engine: Engine, sample: Sample, damaged: Damaged
) -> None:
    first, second = damaged(sample("c_1"), "dark glasses", 5), damaged(sample("f_1"), "mask", 4)
    forth, back = compare(engine, first, second), compare(engine, second, first)
    assert kinds(forth)[0] != kinds(forth)[1]
    assert kinds(back) == kinds(forth)[::-1]
    for one, other in zip(back.cautions, forth.cautions[::-1], strict=True):
        assert [caution.value for caution in one] == pytest.approx([caution.value for caution in other])
    assert back.interval == pytest.approx(forth.interval)
    assert (back.score, back.percent) == pytest.approx((forth.score, forth.percent))
    same = "verdict", "same_person", "near_line", "stranger_rank"
    assert [getattr(back, name) for name in same] == [getattr(forth, name) for name in same]


@pytest.mark.parametrize("second", [False, True])
def test_a_face_of_which_too_little_is_seen_is_named_with_its_kind(
    second: bool, engine: Engine, sample: Sample, damaged: Damaged
) -> None:
    good, tiny = sample("a_1"), damaged(sample("b_1"), "small", 5)
    with pytest.raises(Unrecognisable) as caught:
        compare(engine, *((good, tiny) if second else (tiny, good)))
    assert (caught.value.photo, caught.value.kind) == (tiny.name, "small")
    assert caught.value.value == pytest.approx(11, abs=1.5)  # pixels of 24


class Counting:
    """The network, and how many crops it has seen."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.crops = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.crops += len(crops)
        return self._embedder(crops)


@pytest.mark.parametrize(("names", "crops"), [(("d_1", "e_1"), 4), (("a_1", "a_2"), 8)])
def test_only_faces_that_are_alike_are_looked_at_more_closely(
    names: tuple[str, str], crops: int, engine: Engine, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each face and its mirror image; and then each without its upper and without its lower half."""
    counting = Counting(engine.embedder)
    monkeypatch.setitem(vars(engine), "embedder", counting)
    result = compare(engine, *map(sample, names))
    assert (result.verdict in similar.CLAIMS) == (crops == 8)
    assert counting.crops == crops


# ---------------------------------------------------------------- lookalikes


def beside(photos: list[NDArray[np.uint8]], png: Png) -> Photo:
    """One photo of several, from left to right, each centred in a grey square of 320."""
    canvas = np.full((320, 320 * len(photos), 3), 128, np.uint8)
    for place, photo in enumerate(photos):
        side = len(photo)
        top, left = (320 - side) // 2, 320 * place + (320 - side) // 2
        canvas[top : top + side, left : left + side] = photo
    return png(canvas, "group.png")


def square(photo: Located, side: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(photo.pixels, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def test_who_is_too_small_is_left_out_and_the_others_are_numbered_anew(
    engine: Engine, sample: Sample, locate: Locate, png: Png
) -> None:
    sides = {"a_1": 320, "b_1": 30, "c_1": 320, "a_2": 320, "d_1": 30}
    photo = beside([square(locate(sample(name)), side) for name, side in sides.items()], png)
    found = locate(photo)
    assert [int(face.box[0] // 320) for face in found.faces] == [0, 1, 2, 3, 4]
    result = lookalikes.answer(engine, LookalikesRequest((photo,), numbered=True, picture_format="png"))
    assert result.skipped == (Skipped("group.png", "small", 2), Skipped("group.png", "small", 5))
    assert [face.box[0] // 320 for face in result.faces] == [0, 2, 3]
    assert result.groups == ((0, 2),)
    assert result.cautions == ((), (), ())
    (shown,) = result.numbered
    kept = tuple(found.faces[at] for at in (0, 2, 3))
    assert shown.count == 3
    assert shown.picture.data == encode(card.numbered(found.pixels, kept), "png").data


def test_strangers_in_masks_are_in_no_group(engine: Engine, sample: Sample, damaged: Damaged) -> None:
    photos = tuple(damaged(sample(name), *MASKED) for name in ALIKE_IN_MASKS)
    result = lookalikes.answer(engine, LookalikesRequest((*photos, sample("a_1"), sample("a_2"))))
    assert result.scores[0][1] > result.threshold, "else this test shows nothing"
    assert result.groups == ((2, 3),)
    assert [bool(face) for face in result.cautions] == [True, True, False, False]
    assert all({"eyes_covered", "mouth_covered"} <= {one.kind for one in face} for face in result.cautions[:2])
    assert (result.best.first, result.best.second) == (2, 3)


def test_too_few_faces_name_those_that_cannot_be_recognised(engine: Engine, sample: Sample, damaged: Damaged) -> None:
    blurred, dark = damaged(sample("a_1"), "blurred", 5), damaged(sample("b_1"), "dark", 4)
    with pytest.raises(TooFewFaces) as caught:
        lookalikes.answer(engine, LookalikesRequest((blurred, sample("c_1"), dark)))
    assert (caught.value.found, caught.value.needed) == (1, 2)
    assert caught.value.skipped == (Skipped(blurred.name, "blurred"), Skipped(dark.name, "dark"))


# ---------------------------------------------------------------- average


def test_people_in_masks_count_apart(engine: Engine, sample: Sample, damaged: Damaged) -> None:
    start = AverageStart(AverageRecipe(size=128), AverageRules(one_each=True))
    hidden = [damaged(sample(name), *MASKED) for name in ALIKE_IN_MASKS]
    faces = average.add_all(engine, start, [AverageBatch((*hidden, sample("a_1"), sample("a_2")))]).faces
    assert all({"eyes_covered", "mouth_covered"} <= {kind for kind, _ in face.doubts} for face in faces[:2])
    assert [face.doubts for face in faces[2:]] == [()] * 2
    masked, other, plain, smiling = average.people(engine, faces)
    assert plain == smiling
    assert len({masked, other, plain}) == 3

    def clear(face: AveragedFace) -> AveragedFace:
        return replace(face, doubts=())

    assert len(set(average.people(engine, [clear(face) for face in faces]))) == 2, "else this test shows nothing"


# ---------------------------------------------------------------- evaluate


def test_a_pair_is_clear_if_both_of_its_faces_are(engine: Engine, sample: Sample, damaged: Damaged) -> None:
    photos = [
        sample("a_1"),
        sample("a_2"),
        damaged(sample("b_1"), *MASKED),
        damaged(sample("c_1"), "small", 5),
        Photo("none.jpg", b"not a photo"),
        sample("d_1"),
    ]
    pairs = [(0, 1), (0, 5), (0, 2), (2, 5), (3, 0), (0, 4), (2, 3)]
    result = evaluate.answer(engine, photos, pairs, [True, *[False] * 6])
    assert result.clear.tolist() == [True, True, False, False, False, False, False]
    assert np.isfinite(result.likeness).tolist() == [True] * 5 + [False, True]
