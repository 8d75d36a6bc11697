"""What holds of every average, whoever is in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import geometry
from core.average import Average, Composite, mix, morph
from core.average.reference import MIRROR
from core.contracts import AverageRecipe
from core.face import Face

SIZE = 256
METHODS = ["mean", "median", "mode", "trimmed"]
Pair = tuple[np.ndarray, Face]
Averaged = Callable[..., Average]


def steps(one: Average | np.ndarray, other: Average | np.ndarray) -> int:
    """The largest difference in any pixel, in steps of 8 bits."""
    a, b = (each.pixels if isinstance(each, Average) else each for each in (one, other))
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def hull(landmarks: np.ndarray, size: int = SIZE) -> np.ndarray:
    inside = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(landmarks).astype(np.int32)), 1)
    return inside > 0


def noise_ratio(picture: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    """PSNR in dB."""
    error = picture[where].astype(float) - truth[where]
    return float(10 * np.log10(255**2 / np.square(error).mean()))


def in_frame(pair: Pair, average: Average) -> np.ndarray:
    """The photo itself, laid so that its landmarks come to lie on the average's."""
    rgb, face = pair
    size = average.pixels.shape[0]
    fit = geometry.similarity_transform(face.landmarks, average.landmarks)
    assert geometry.transform(face.landmarks, fit) == pytest.approx(average.landmarks, abs=0.1)
    if (scale := float(np.hypot(*fit[:, 0]))) < 1:
        rgb = cv2.GaussianBlur(rgb, (0, 0), 0.5 * (scale**-2 - 1) ** 0.5)
    return cv2.warpAffine(rgb, fit, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("texture", [0.0, 1.0])
@pytest.mark.parametrize("shape", ["warp", "align"])
def test_the_average_of_one_face_is_that_face(
    shape: str, texture: float, people: list[Pair], averaged: Averaged
) -> None:
    for pair in people:
        alone = averaged([pair], shape=shape, texture=texture)
        assert noise_ratio(alone.pixels, in_frame(pair, alone), hull(alone.landmarks)) >= 38


@pytest.mark.parametrize("method", METHODS)
def test_copies_of_a_face_are_one(method: str, people: list[Pair], averaged: Averaged) -> None:
    one, three = (averaged(people[:1] * count, method=method, texture=1.0) for count in (1, 3))
    assert steps(one, three) <= 1


@pytest.fixture(scope="module")
def whole(people: list[Pair], averaged: Averaged) -> Callable[[str, float], Average]:
    """The average of all of them by a method and with this much texture; made once."""
    return cache(lambda method, texture: averaged(people, method=method, texture=texture))


@settings(max_examples=8, deadline=None)
@given(order=st.permutations(range(6)), method=st.sampled_from(METHODS), texture=st.sampled_from([0.0, 1.0]))
def test_order_does_not_matter(
    order: list[int],
    method: str,
    texture: float,
    people: list[Pair],
    averaged: Averaged,
    whole: Callable[[str, float], Average],
) -> None:
    there = whole(method, texture)
    assert steps(there, averaged([people[i] for i in order], method=method, texture=texture)) <= 1


@settings(max_examples=6, deadline=None)
@given(cut=st.integers(0, 6), method=st.sampled_from(["mean", "median"]), travels=st.booleans())
def test_two_halves_make_the_whole(
    cut: int, method: str, travels: bool, people: list[Pair], whole: Callable[[str, float], Average]
) -> None:
    recipe = AverageRecipe(size=SIZE, method=method)  # type: ignore[arg-type]
    first, second = Composite(recipe), Composite(recipe)
    for pair in people[:cut]:
        first.add(*pair)
    for pair in people[cut:]:
        second.add(*pair)
    if travels:
        first, second = Composite.loads(first.dumps()), Composite.loads(second.dumps())
    first.merge(second)
    assert len(first) == len(people)
    assert steps(first.finish(), whole(method, recipe.texture)) <= 1


@pytest.mark.parametrize("texture", [0.0, 1.0])
def test_the_mean_of_two_is_the_blend_in_the_middle(texture: float, people: list[Pair], averaged: Averaged) -> None:
    for first, second in itertools.pairwise(people[:3]):
        blend = mix(averaged([first], texture=texture), averaged([second], texture=texture), 0.5)
        mean = averaged([first, second], texture=texture)
        assert blend.landmarks == pytest.approx(mean.landmarks, abs=0.5)
        assert noise_ratio(blend.pixels, mean.pixels, hull(mean.landmarks)) >= 38


@pytest.mark.parametrize("shape", ["warp", "align"])
@pytest.mark.parametrize("method", ["mean", "median"])
def test_a_symmetric_average_is_its_own_mirror_image(
    shape: str, method: str, people: list[Pair], averaged: Averaged
) -> None:
    average = averaged(people[:3], shape=shape, method=method, symmetric=True, texture=1.0)
    assert (average.pixels == average.pixels[:, ::-1]).all()
    mirrored = average.landmarks[MIRROR] * (-1, 1) + (SIZE - 1, 0)
    assert mirrored == pytest.approx(average.landmarks, abs=0.01)
    # and it is that without a seam: the middle columns are as alike as their neighbours
    middle = average.pixels[:, SIZE // 2 - 2 : SIZE // 2].astype(int)
    assert np.abs(np.diff(middle, axis=1)).mean() < 4


@pytest.mark.parametrize("method", ["median", "trimmed"])
def test_one_outlier_in_five_or_ten_changes_nothing(method: str, people: list[Pair], averaged: Averaged) -> None:
    rgb, face = people[0]
    others = 4 if method == "median" else 10
    inner = slice(SIZE // 10, -SIZE // 10)  # at its edges a photo counts less and less
    alone = averaged([people[0]], method=method)
    for outlier in (np.zeros_like(rgb), np.full_like(rgb, 255), rgb[..., ::-1].copy()):
        spoiled = averaged([people[0]] * others + [(outlier, face)], method=method)
        assert steps(spoiled.pixels[inner, inner], alone.pixels[inner, inner]) <= 1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.8, 1.4), st.floats(-0.5, 0.5))
def test_where_a_face_lies_in_its_photo_changes_nothing(
    people: list[Pair], averaged: Averaged, scale: float, angle: float
) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rgb, face = people[0]
    room = rgb.shape[0]
    matrix = np.column_stack([turn, (room * 0.6, room * 0.6)])
    canvas = cv2.warpAffine(rgb, matrix, (3 * room, 3 * room), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    other = canvas, Face(geometry.transform(face.landmarks, matrix))
    here, there = averaged(people[:2]), averaged([other, people[1]])
    assert noise_ratio(there.pixels, here.pixels, hull(here.landmarks)) >= 34


def test_weights_count_as_copies_do(people: list[Pair], averaged: Averaged) -> None:
    twice = averaged([people[0], people[0], people[1]], texture=1.0)
    assert steps(twice, averaged(people[:2], [2.0, 1.0], texture=1.0)) <= 1
    assert steps(twice, averaged(people[:2], [0.5, 0.25], texture=1.0)) <= 1


@pytest.mark.parametrize("method", ["mean", "median"])
def test_faces_kept_apart_can_be_weighed_in_the_end(method: str, people: list[Pair], averaged: Averaged) -> None:
    apart = Composite(AverageRecipe(size=SIZE, texture=0.0, method=method), apart=True)  # type: ignore[arg-type]
    for pair in people[:3]:
        apart.add(*pair)
    assert steps(apart.finish(), averaged(people[:3], method=method)) <= 1
    assert steps(apart.finish([1, 2, 3]), averaged(people[:3], [1, 2, 3], method=method)) <= 1
    with pytest.raises(ValueError, match="weighed"):
        apart.finish([1, 2])


def test_a_mean_takes_no_more_room_for_more_faces(people: list[Pair]) -> None:
    composite = Composite(AverageRecipe(size=SIZE))
    composite.add(*people[0])
    before = composite.dumps().size
    for _ in range(20):
        composite.add(*people[1])
    assert composite.dumps().size - before < 20 * 5000


def test_what_does_not_belong_together_is_refused(people: list[Pair], averaged: Averaged) -> None:
    mean, median = (Composite(AverageRecipe(size=SIZE, method=method)) for method in ("mean", "median"))
    with pytest.raises(ValueError, match="nothing"):
        mean.finish()
    with pytest.raises(ValueError, match="add up"):
        mean.merge(median)
    with pytest.raises(ValueError, match="mixed"):
        mix(averaged(people[:1]), averaged(people[:1], light="srgb"), 0.5)
    mean.add(*people[0])
    with pytest.raises(ValueError, match="weighed"):
        mean.finish([1.0])


def test_a_mixture_goes_from_the_one_to_the_other(people: list[Pair], averaged: Averaged) -> None:
    first, second = averaged(people[:1]), averaged(people[1:2])
    ends = list(morph(first, second, 3))
    assert steps(ends[0], first) <= 1
    assert steps(ends[2], second) <= 1
    assert steps(ends[1], mix(first, second, 0.5)) == 0
    # shape and colour apart: the second's face shape, filled with the first's colours
    bent = mix(first, second, 0.0, shape_ratio=1.0)
    assert bent.landmarks == pytest.approx(second.landmarks, abs=0.01)
    where = hull(first.landmarks) & hull(second.landmarks)
    colour = [picture.pixels[where].mean(axis=0) for picture in (bent, first)]
    assert colour[0] == pytest.approx(colour[1], abs=2)
