from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import align
from core.average import mean_face, mean_shape, trimmed
from core.contracts import Photo, Shape
from core.faces import Face
from core.pipeline import Located

SIZE = 192
Pair = tuple[np.ndarray, Face]


@pytest.fixture(scope="module")
def people(sample: Callable[[str], Photo], locate: Callable[[Photo], Located]) -> list[Pair]:
    found = [locate(sample(name)) for name in ("a_1", "b_2", "c_1", "d_2", "e_1", "f_2")]
    return [(one.pixels, one.face) for one in found]


def averaged(people: Sequence[Pair], shape: Shape = "warp", size: int = SIZE) -> np.ndarray:
    some = [trimmed(*pair, size) for pair in people]
    return mean_face(some, [face.landmarks for _, face in some], size, shape)


def moved(pair: Pair, scale: float, angle: float, x: float, y: float) -> Pair:
    """The same photo, turned, scaled and shifted; nothing of it is lost."""
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.column_stack([turn, (x, y)])
    pixels, face = pair
    side = int(pixels.shape[0] * scale * 1.5 + max(x, y, 0))
    return cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_CUBIC), Face(
        align.transform(face.landmarks, matrix)
    )


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean absolute difference in the middle, where the face is, 0-255."""
    middle = slice(SIZE // 4, 3 * SIZE // 4)
    return float(np.abs(a[middle, middle].astype(int) - b[middle, middle].astype(int)).mean())


@pytest.mark.parametrize("shape", ["warp", "align"])
def test_the_average_of_one_face_is_that_face(shape: Shape, people: list[Pair]) -> None:
    pixels, face = people[1]
    alone = averaged([(pixels, face)], shape)
    expected = align.crop(pixels, align.to_template(face, align.PORTRAIT, SIZE), SIZE)
    assert difference(alone, expected) < 2
    assert difference(averaged([(pixels, face)] * 3, shape), alone) < 0.5


@pytest.mark.parametrize("shape", ["warp", "align"])
def test_the_order_changes_nothing(shape: Shape, people: list[Pair]) -> None:
    forth, back = averaged(people, shape).astype(int), averaged(people[::-1], shape).astype(int)
    assert np.abs(forth - back).max() <= 2
    assert np.abs(forth - back).mean() < 0.1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.7, 1.4), st.floats(-0.6, 0.6))
def test_where_a_face_lies_in_its_photo_changes_nothing(people: list[Pair], scale: float, angle: float) -> None:
    shift = 512 * scale * abs(np.sin(angle))
    other = moved(people[0], scale, angle, shift if angle > 0 else 0, shift if angle < 0 else 0)
    assert difference(averaged([other, people[1]]), averaged(people[:2])) < 3


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_the_mean_shape_does_not_depend_on_pose_in_the_plane(
    people: list[Pair], scale: float, angle: float, x: float, y: float
) -> None:
    landmarks = [face.landmarks for _, face in people]
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = [align.transform(landmarks[0], np.column_stack([turn, (x, y)])), *landmarks[1:]]
    assert mean_shape(other, SIZE) == pytest.approx(mean_shape(landmarks, SIZE), abs=0.1)


def test_the_mean_shape_has_its_eyes_where_the_frame_wants_them(people: list[Pair]) -> None:
    mean = mean_shape([face.landmarks for _, face in people], SIZE)
    eyes = mean[[align.RIGHT_IRIS, align.LEFT_IRIS]] / SIZE
    assert eyes == pytest.approx(np.array(align.PORTRAIT.points), abs=1e-3)


def test_warping_keeps_the_mouth_sharper_than_turning(people: list[Pair]) -> None:
    mean = mean_shape([face.landmarks for _, face in people], SIZE)
    (left, top), (right, bottom) = (
        mean[[61, 0]].min(axis=0).astype(int) - 4,
        mean[[291, 17]].max(axis=0).astype(int) + 4,
    )

    def sharpness(picture: np.ndarray) -> float:
        return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[top:bottom, left:right], cv2.CV_64F).std())

    assert sharpness(averaged(people, "warp")) > 1.15 * sharpness(averaged(people, "align"))


def test_what_a_photo_does_not_hold_takes_nothing_from_the_others(people: list[Pair]) -> None:
    whole, face = people[1]
    # the same photo twice, once cut off just above the eyes: the forehead must come from the other alone
    cut = whole.copy()
    row = int(face.landmarks[:, 1].min() + 0.3 * face.box[3])
    cut, lower = cut[row:], Face(face.landmarks - np.array((0, row), np.float32))
    both = averaged([(whole, face), (cut, lower)])
    assert np.abs(both.astype(int) - averaged([(whole, face)]).astype(int)).mean() < 1


def test_light_adds_up_and_not_numbers() -> None:
    landmarks = np.random.default_rng(0).uniform(100, 300, (478, 2)).astype(np.float32)
    landmarks[[align.RIGHT_IRIS, align.LEFT_IRIS]] = (160, 200), (240, 200)
    face = Face(landmarks)
    black, white = (np.full((400, 400, 3), value, np.uint8) for value in (0, 255))
    assert averaged([(black, face), (white, face)], "align")[SIZE // 2, SIZE // 2].tolist() == [188] * 3


def test_nothing_to_average_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        mean_face([], [], SIZE)


@pytest.mark.parametrize("scale", [0.25, 1, 4])
def test_trimming_costs_nothing_of_the_picture(scale: float, people: list[Pair]) -> None:
    pixels, face = people[0]
    side = round(512 * scale)
    larger = np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC))
    there = Face((face.landmarks + np.float32(0.5)) * np.float32(scale) - np.float32(0.5))
    small, trimmed_face = trimmed(larger, there, SIZE)
    assert small.nbytes <= larger.nbytes
    assert max(small.shape) < 4 * SIZE
    whole = mean_face([(larger, there)], [there.landmarks], SIZE)
    part = mean_face([(small, trimmed_face)], [trimmed_face.landmarks], SIZE)
    assert difference(whole, part) < 3
