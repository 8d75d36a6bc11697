"""Who looks like whom: groups, order and pairs, their pictures, and faces chosen by number."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from core.answers import gradcam, lookalikes, similar
from core.cards import lookalikes as card
from core.cards import numbered
from core.cards.canvas import INK
from core.contracts import (
    GradcamRequest,
    LookalikesRequest,
    Metric,
    NoFace,
    NoSuchFace,
    OnlyOneFace,
    Photo,
    SimilarRequest,
    TooFewFaces,
)
from core.engine import Engine
from core.face import Face
from core.similarity import clustering
from core.similarity.scores import all_scores, score

Sample = Callable[[str], Photo]
METRICS: tuple[Metric, ...] = ("euclidean", "cosine")


def vectors(seed: int, count: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)


@given(st.integers(0, 10_000), st.integers(2, 12), st.sampled_from(METRICS))
def test_all_scores_are_the_scores_of_the_pairs(seed: int, count: int, metric: Metric) -> None:
    faces = vectors(seed, count)
    every = all_scores(faces, metric)
    for row in range(count):
        for column in range(count):
            assert every[row, column] == pytest.approx(score(faces[row], faces[column], metric), abs=1e-6)


@given(st.integers(0, 10_000), st.integers(2, 14), st.sampled_from(METRICS), st.floats(0.1, 0.9))
def test_groups_are_apart_whole_in_the_order_and_near_in_the_mean(
    seed: int, count: int, metric: Metric, threshold: float
) -> None:
    scores = all_scores(vectors(seed, count), metric)
    found = clustering.clusters(scores, metric, threshold)
    assert sorted(found.order) == list(range(count))
    members = [face for group in found.groups for face in group]
    assert len(members) == len(set(members))
    assert [len(group) for group in found.groups] == sorted((len(group) for group in found.groups), reverse=True)
    for group in found.groups:
        places = sorted(found.order.index(face) for face in group)
        assert places == list(range(places[0], places[0] + len(group)))


def test_three_photos_of_one_two_of_another_and_a_stranger() -> None:
    people = vectors(1, 3)
    who = [0, 1, 0, 2, 1, 0]
    faces = np.stack([people[one] for one in who]) + vectors(2, 6) * 0.01
    for metric, threshold in (("euclidean", 0.5), ("cosine", 0.9)):
        scores = all_scores(faces, metric)  # type: ignore[arg-type]
        assert clustering.clusters(scores, metric, threshold).groups == ((0, 2, 5), (1, 4))  # type: ignore[arg-type]


def test_pairs_run_from_the_most_alike_down_and_strangers_share_no_group() -> None:
    scores = np.array([[0, 0.2, 0.7], [0.2, 0, 0.5], [0.7, 0.5, 0]])
    assert clustering.most_alike(scores, "euclidean") == [(0, 1), (1, 2), (0, 2)]
    assert clustering.most_alike(1 - scores, "cosine") == [(0, 1), (1, 2), (0, 2)]
    assert clustering.most_alike(scores, "euclidean", ((0, 1),)) == [(1, 2), (0, 2)]
    assert clustering.most_alike(scores, "euclidean", ((0, 1, 2),)) == []


@pytest.mark.parametrize("count", [2, 3, 12, 40, card.MOST_FACES])
def test_the_picture_holds_every_cell_in_its_colour(count: int) -> None:
    side = card.PORTRAIT_SIDE
    portraits = [np.full((side, side, 3), 7 * n % 255, np.uint8) for n in range(count)]
    percents = np.full((count, count), 10.0)
    percents[0, 1] = percents[1, 0] = 99.0
    order = list(range(count))
    drawn = card.lookalikes(portraits, percents, order, [(0, 1)], (0, 1), 90.0)
    assert drawn.dtype == np.uint8
    assert max(drawn.shape) < 6000
    bright, dull = (card._colours(np.array([[value]]))[0, 0] for value in (99.0, 10.0))
    assert int(bright.astype(int).sum()) > int(dull.astype(int).sum()) + 150
    cell = min(max(1100 // count, 28), 150)
    expected = 2 * (cell - 1) ** 2
    alike = int((drawn == bright).all(axis=-1).sum())
    assert expected * 0.7 <= alike <= expected * 1.1 + 4 * 26 * cell * count  # the scale has the colour too


def test_faces_that_are_not_seen_clearly_have_a_question_mark_after_their_numbers() -> None:
    black = [np.zeros((card.PORTRAIT_SIDE, card.PORTRAIT_SIDE, 3), np.uint8)] * 3
    percents = np.zeros((3, 3))

    def written(unclear: set[int]) -> NDArray[np.bool_]:
        """What is written on the two large faces, of which the first is number 1 and the second number 2."""
        drawn = card.lookalikes(black, percents, [0, 1, 2], [], (0, 1), 90.0, unclear)
        assert drawn.shape[1] < 1200
        middle = drawn.shape[1] // 2
        left, right = (drawn[46:84, x + 10 : x + 90] for x in (middle - 150 - card.PORTRAIT_SIDE, middle + 150))
        return np.array([(one == INK).all(axis=-1).any(axis=0) for one in (left, right)])

    first, second = written({0}), written({1})
    for at, (with_mark, without) in enumerate(((first, second), (second, first))):
        assert with_mark[at].nonzero()[0].max() > without[at].nonzero()[0].max() + 5


def face_at(left: int, top: int, side: int) -> Face:
    return Face(np.array([(left, top), (left + side, top + side)], dtype=np.float32))


@pytest.mark.parametrize("size", [(3000, 4000), (90, 120), (40, 2000)])
def test_numbers_can_be_read_at_any_size_and_frames_stay_inside(size: tuple[int, int]) -> None:
    height, width = size
    photo = np.full((height, width, 3), 128, np.uint8)
    unit = min(size) // 4
    faces = [face_at(0, 0, unit), face_at(width - unit, height - unit, unit), face_at(width // 2, -unit // 2, unit)]
    shown = numbered.numbered(photo, faces)
    assert numbered.SHORTEST <= max(shown.shape) <= numbered.LONGEST
    assert (shown == (255, 255, 255)).all(axis=-1).sum() > 3 * 60  # the digits


def test_numbers_do_not_cover_other_faces() -> None:
    photo = np.full((600, 1000, 3), 128, np.uint8)
    faces = [face_at(300, 200, 100), face_at(300, 90, 100), face_at(300, 310, 100)]
    shown = numbered.numbered(photo, faces)
    for face in faces:
        left, top, width, height = face.box
        inner = shown[top + 12 : top + height - 12, left + 12 : left + width - 12]
        assert (inner == 128).all(axis=-1).mean() > 0.95


def group(sample: Sample, names: tuple[str, ...], side: int = 320) -> Photo:
    canvas = Image.new("RGB", (side * len(names), side), "white")
    for place, name in enumerate(names):
        with Image.open(io.BytesIO(sample(name).data)) as one:
            canvas.paste(one.resize((side, side)), (place * side, 0))
    data = io.BytesIO()
    canvas.save(data, "PNG")
    return Photo("group.png", data.getvalue())


def test_everyone_in_a_photo_from_left_to_right(engine: Engine, sample: Sample) -> None:
    photo = group(sample, ("a_1", "b_1", "a_2", "c_1", "d_1", "e_1"))
    result = lookalikes.answer(engine, LookalikesRequest((photo,), numbered=True))
    middles = [face.box[0] + face.box[2] / 2 for face in result.faces]
    assert [int(middle // 320) for middle in middles] == [0, 1, 2, 3, 4, 5]
    assert (result.best.first, result.best.second) == (0, 2)
    assert result.groups == ((0, 2),)
    assert result.strangers is not None
    assert {result.strangers.first, result.strangers.second} != {0, 2}
    (numbered,) = result.numbered
    assert (numbered.photo, numbered.count) == ("group.png", 6)
    pair = similar.answer(engine, SimilarRequest(photo, photo, first_face=0, second_face=2, explain=False))
    assert pair.score == pytest.approx(result.best.score, abs=1e-4)
    assert [len(found) for found in pair.found] == [6, 6]
    assert pair.faces == (result.faces[0], result.faces[2])


def test_a_face_is_chosen_by_its_place(engine: Engine, sample: Sample) -> None:
    photo = group(sample, ("b_1", "a_1"))
    chosen = [
        similar.answer(engine, SimilarRequest(photo, sample("a_2"), first_face=place, explain=False))
        for place in (0, 1)
    ]
    assert [result.same_person for result in chosen] == [False, True]
    with pytest.raises(NoSuchFace) as problem:
        similar.answer(engine, SimilarRequest(sample("a_2"), photo, second_face=2))
    assert (problem.value.photo, problem.value.number, problem.value.count) == ("group.png", 3, 2)
    with pytest.raises(NoSuchFace):
        gradcam.answer(engine, GradcamRequest(photo, face=-1))


def test_too_few_faces(engine: Engine, sample: Sample) -> None:
    wall = io.BytesIO()
    Image.new("RGB", (300, 300), "grey").save(wall, "PNG")
    empty = Photo("wall.png", wall.getvalue())
    with pytest.raises(OnlyOneFace) as one:
        lookalikes.answer(engine, LookalikesRequest((sample("a_1"),), numbered=True))
    assert one.value.photo == "person_a_1.jpg"
    with pytest.raises(NoFace) as none:
        lookalikes.answer(engine, LookalikesRequest((empty,), numbered=True))
    assert none.value.photo == "wall.png"
    with pytest.raises(TooFewFaces) as problem:
        lookalikes.answer(engine, LookalikesRequest((sample("a_1"), empty)))
    assert (problem.value.found, [one.reason for one in problem.value.skipped]) == (1, ["no_face"])


def test_progress_is_told_and_every_photo_is_in_or_named(engine: Engine, sample: Sample) -> None:
    told: list[tuple[int, int]] = []
    photos = (sample("a_1"), Photo("text.txt", b"no picture"), sample("b_1"))
    result = lookalikes.answer(engine, LookalikesRequest(photos), lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert [face.photo for face in result.faces] == ["person_a_1.jpg", "person_b_1.jpg"]
    assert [(one.photo, one.reason) for one in result.skipped] == [("text.txt", "not_a_picture")]
    assert result.groups == ()


@pytest.mark.shared
def test_people_with_two_expressions_each_make_their_own_group(engine: Engine, shared: Path) -> None:
    people = sorted(folder for folder in (shared / "faces" / "london").iterdir() if folder.is_dir())[:20]
    paths = [folder / f"{view}.jpg" for folder in people for view in ("neutral_front", "smiling_front")]
    photos = tuple(Photo(str(path), path.read_bytes()) for path in paths)
    result = lookalikes.answer(engine, LookalikesRequest(photos))
    assert sorted(result.groups) == [(2 * n, 2 * n + 1) for n in range(len(people))]
    assert (result.best.first, result.best.second) in result.groups
