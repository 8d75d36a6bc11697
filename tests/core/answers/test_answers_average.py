"""core.answers.average: photos a few at a time, through the tasks that the bot and the command line give."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import tasks
from core.contracts import (
    AverageBatch,
    AverageRecipe,
    AverageRequest,
    AverageResult,
    AverageRows,
    AverageRules,
    AverageSoFar,
    AverageStart,
    AverageSum,
    AverageWeigh,
    CoreSettings,
    Fingerprints,
    Photo,
    Skipped,
    TooFewFaces,
)

Sample = Callable[[str], Photo]

SETTINGS = CoreSettings()
LARGEST = AverageRules()
SMALL = AverageRecipe(size=256)


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    yield
    tasks.close()


def added(
    photos: Sequence[Photo],
    rules: AverageRules = LARGEST,
    recipe: AverageRecipe = SMALL,
    weights: tuple[float, ...] = (),
) -> AverageSoFar:
    """Two photos at a time."""
    pairs = (
        AverageBatch(tuple(photos[at : at + 2]), tuple(range(at, min(at + 2, len(photos)))), weights[at : at + 2])
        for at in range(0, len(photos), 2)
    )
    return tasks.average_all(SETTINGS, AverageStart(recipe, rules), pairs)


def finished(so_far: AverageSoFar, **more: object) -> AverageResult:
    request = replace(AverageRequest(so_far, SMALL, picture_format="png"), **more)  # type: ignore[arg-type]
    return tasks.average_finish(SETTINGS, request)


def pixels(result: AverageResult) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(result.face.data))).astype(int)


def png(picture: Image.Image, name: str) -> Photo:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return Photo(name, data.getvalue())


def group(sample: Sample, *names: str, side: int = 320) -> Photo:
    canvas = Image.new("RGB", (side * len(names), side), "white")
    for place, name in enumerate(names):
        canvas.paste(Image.open(io.BytesIO(sample(name).data)).resize((side, side)), (place * side, 0))
    return png(canvas, "group.png")


def test_it_lists_who_is_in_it_and_who_is_not(sample: Sample) -> None:
    empty = png(Image.new("RGB", (200, 200), "white"), "empty.png")
    broken = Photo("cut.jpg", sample("c_1").data[:9000])
    again = Photo("again.jpg", sample("a_1").data)
    photos = (sample("a_1"), empty, sample("b_1"), Photo("text.jpg", b"not a picture"), broken, again)
    result = finished(added(photos))
    assert result.used == ("person_a_1.jpg", "person_b_1.jpg")
    assert result.skipped == (
        Skipped("empty.png", "no_face"),
        Skipped("text.jpg", "not_a_picture"),
        Skipped("cut.jpg", "broken_picture"),
        Skipped("again.jpg", "duplicate"),
    )
    assert result.size == (256, 256) == (result.face.width, result.face.height)
    assert [face.photo for face in result.averaged[0].faces] == list(result.used)
    assert pickle.loads(pickle.dumps(result)) == result


def test_two_sums_make_the_same_average_as_one(sample: Sample) -> None:
    photos = [sample(f"{person}_1") for person in "abcdef"]
    whole = finished(added(photos))
    halves = finished(added(photos[:3]) + added(photos[3:]))
    assert np.abs(pixels(whole) - pixels(halves)).max() <= 1
    assert set(whole.used) == set(halves.used)


def test_a_sum_goes_on_where_it_was_left(sample: Sample) -> None:
    photos = [sample(f"{person}_1") for person in "abcd"]
    before = added(photos[:2])
    start = AverageStart(SMALL, total=before.sums[0].total)
    after = tasks.average_all(SETTINGS, start, [AverageBatch(tuple(photos[2:]), (2, 3))])
    joined = replace(before + after, sums=after.sums)
    assert np.array_equal(pixels(finished(joined)), pixels(finished(added(photos))))


@pytest.mark.parametrize("mixture", [False, True])
def test_it_ends_where_the_last_sum_is_as_it_would_elsewhere(sample: Sample, mixture: bool) -> None:
    others, first = added([sample("a_1"), sample("b_1")]), added([sample("e_1"), sample("f_1")])

    def request(so_far: AverageSoFar) -> AverageRequest:
        halves = (first, so_far) if mixture else (so_far, None)
        return AverageRequest(halves[0], SMALL, mix_with=halves[1], picture_format="png")

    def opened() -> AverageSoFar:
        tasks.average_open(SETTINGS, AverageStart(SMALL))
        found = tasks.average_look(SETTINGS, AverageBatch((sample("c_1"), sample("d_1")), (2, 3)))
        tasks.average_take(SETTINGS, [True] * len(found.faces))
        return others + found

    so_far = opened()
    here = tasks.average_end(SETTINGS, request(so_far))
    with pytest.raises(RuntimeError):  # nothing is kept of it
        tasks.average_close(SETTINGS, None)
    so_far = opened()
    so_far = replace(so_far, sums=(*so_far.sums, tasks.average_close(SETTINGS, None)))
    there = tasks.average_finish(SETTINGS, request(so_far))
    assert replace(here, stages={}) == replace(there, stages={})


def test_every_face_of_a_group_or_the_largest(sample: Sample) -> None:
    photos = (group(sample, "a_1", "b_1", "c_1"), sample("d_1"))
    assert len(finished(added(photos)).averaged[0].faces) == 2
    every = finished(added(photos, AverageRules(faces="every"))).averaged[0]
    assert [face.photo for face in every.faces] == ["group.png"] * 3 + ["person_d_1.jpg"]
    assert every.used == ("group.png", "person_d_1.jpg")


def test_a_face_that_is_not_fit_is_named_by_its_number(sample: Sample) -> None:
    canvas = Image.new("RGB", (760, 320), "white")
    for name, side, left in (("a_1", 320, 0), ("b_1", 320, 320), ("d_1", 100, 650)):
        canvas.paste(Image.open(io.BytesIO(sample(name).data)).resize((side, side)), (left, 100 * (side == 100)))
    result = added([png(canvas, "three.png"), sample("c_1")], AverageRules(faces="every"), AverageRecipe())
    assert result.skipped == (Skipped("three.png", "too_small", 3),)


def test_each_person_once(sample: Sample) -> None:
    """As if nobody had been posted twice, though photos of one person are not the same."""
    rules = AverageRules(one_each=True)
    both = added([sample("a_1"), sample("b_1")])
    often = added([sample("a_1"), sample("a_2"), sample("b_1")], rules)
    result = finished(often, rules=rules)
    assert result.averaged[0].people == 2
    assert len(result.averaged[0].faces) == 3
    plain = finished(added([sample("a_1"), sample("a_2"), sample("b_1")]))
    assert plain.averaged[0].people is None
    wanted = pixels(finished(both))
    assert np.abs(pixels(result) - wanted).mean() < np.abs(pixels(plain) - wanted).mean()


def test_weights_pull(sample: Sample) -> None:
    photos = [sample("a_1"), sample("b_1")]
    alone = pixels(finished(added(photos[:1]), mix_with=added(photos[1:]), ratio=0.0))
    even, uneven = (pixels(finished(added(photos, weights=weights))) for weights in ((), (9.0, 1.0)))
    assert np.abs(uneven - alone).mean() < np.abs(even - alone).mean() / 2


def test_a_mixture_goes_from_one_to_the_other(sample: Sample) -> None:
    first, second = added([sample("a_1"), sample("b_1")]), added([sample("c_1")])
    ends = [pixels(finished(first)), pixels(finished(second, mix_with=second))]
    mixed = [finished(first, mix_with=second, ratio=ratio) for ratio in (0.0, 0.5, 1.0)]
    assert [result.ratio for result in mixed] == [0.0, 0.5, 1.0]
    assert [len(one.faces) for one in mixed[1].averaged] == [2, 1]
    for result, end in ((mixed[0], ends[0]), (mixed[2], ends[1])):
        assert np.abs(pixels(result) - end).mean() < 2
    middle = np.abs(pixels(mixed[1])[..., None] - np.stack(ends, axis=-1)).mean(axis=(0, 1, 2))
    assert middle.min() > 2


@pytest.mark.parametrize("count", [0, 1])
def test_it_needs_two_faces_and_half_a_mixture_needs_one(count: int, sample: Sample) -> None:
    so_far = added([*(sample("a_1") for _ in range(count)), Photo("text.jpg", b"not a picture")])
    with pytest.raises(TooFewFaces) as caught:
        finished(so_far)
    assert (caught.value.found, caught.value.needed) == (count, 2)
    assert caught.value.skipped == (Skipped("text.jpg", "not_a_picture"),)
    if count:
        assert finished(so_far, mix_with=so_far).face
    else:
        with pytest.raises(TooFewFaces) as caught:
            finished(added([sample("a_1")]), mix_with=so_far)
        assert caught.value.needed == 1


def test_the_average_of_many_is_nobody_and_has_a_face(sample: Sample) -> None:
    result = finished(added([sample(f"{person}_1") for person in "abcdef"]))
    again = added([Photo("average.png", result.face.data)])
    assert len(again.faces) == 1


def test_a_sum_is_no_larger_for_more_faces(sample: Sample) -> None:
    """A mean's; those that must keep every face grow."""
    few, many = (added([sample(f"{person}_1") for person in people]) for people in ("ab", "abcdef"))
    assert many.sums[0].size - few.sums[0].size < 4 * 5000
    kept = [
        added([sample(f"{person}_1") for person in people], AverageRules(one_each=True)) for people in ("ab", "abcdef")
    ]
    assert kept[1].sums[0].size > 2 * kept[0].sums[0].size


def test_a_picture_is_new_once_and_again_when_it_is_forgotten(sample: Sample) -> None:
    tasks.average_open(SETTINGS, AverageStart(SMALL))
    faces = tasks.average_look(SETTINGS, AverageBatch((sample("a_1"), sample("b_1"), sample("a_1")))).faces
    tasks.average_take(SETTINGS, (False,) * 3)
    known = Fingerprints()
    assert known.new(faces) == (True, True, False)
    assert known.new(faces) == (False, False, False)
    known.forget(faces[:1])
    assert known.new(faces) == (True, False, False)


@pytest.mark.parametrize("method", ["median", "mode", "trimmed"])
@pytest.mark.parametrize("one_each", [False, True])
def test_other_methods_in_pieces(method: str, one_each: bool, sample: Sample) -> None:
    recipe, rules = AverageRecipe(size=128, method=method), AverageRules(one_each=one_each)  # type: ignore[arg-type]
    photos = [sample(name) for name in ("a_1", "a_2", "b_1", "c_1")]
    whole = finished(added(photos, rules, recipe), recipe=recipe, rules=rules)
    pieces = sum((added(photos[at : at + 2], rules, recipe) for at in (0, 2)), AverageSoFar())
    assert len(pieces.sums) == 2
    assert np.array_equal(pixels(finished(pieces, recipe=recipe, rules=rules)), pixels(whole))
    assert whole.method == method


@pytest.mark.parametrize(("method", "one_each"), [("median", False), ("trimmed", True), ("mean", True)])
def test_kept_faces_combined_piece_by_piece(method: str, one_each: bool, sample: Sample) -> None:
    """Each piece in a process of its own, as far as anybody can tell, and all others elsewhere."""
    recipe = AverageRecipe(size=128, method=method, match_colour=True)  # type: ignore[arg-type]
    rules = AverageRules(one_each=one_each)
    photos = [sample(name) for name in ("a_1", "a_2", "b_1", "c_1")]
    so_far = sum((added(photos[at : at + 2], rules, recipe) for at in (0, 2)), AverageSoFar())
    whole = finished(so_far, recipe=recipe, rules=rules)
    if one_each:
        so_far = replace(so_far, whose=tasks.average_people(SETTINGS, so_far.faces))
        total, at = None, 0
        for kept in so_far.kept:
            weights = so_far.weights[at : at + kept.count]
            total, at = tasks.average_weigh(SETTINGS, AverageWeigh(recipe, kept, weights, total)), at + kept.count
        so_far = replace(so_far, weighed=(total,))
    if method != "mean":
        bands = zip(*(kept.bands for kept in so_far.kept), strict=True)
        rows = (tasks.average_rows(SETTINGS, AverageRows(recipe, band, so_far.weights)) for band in bands)
        so_far = replace(so_far, rows=tuple(rows))
    totals = tuple(AverageSum(one.total) for one in so_far.sums)
    pieced = finished(replace(so_far, sums=totals), recipe=recipe, rules=rules)
    assert np.array_equal(pixels(pieced), pixels(whole))
    assert pieced.averaged == whole.averaged


def test_a_task_without_an_open_average_is_a_fault() -> None:
    tasks.close()
    with pytest.raises(RuntimeError, match="no average was opened"):
        tasks.average_look(SETTINGS, AverageBatch(()))


@pytest.mark.shared
def test_a_profile_is_left_out(shared: Path, sample: Sample) -> None:
    profile = Photo("side.jpg", (shared / "faces/london/001/neutral_left_profile.jpg").read_bytes())
    assert finished(added((sample("a_1"), profile, sample("b_1")))).skipped == (Skipped("side.jpg", "turned_away"),)
