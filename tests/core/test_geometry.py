from __future__ import annotations

from collections.abc import Callable

import dlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.contracts import Photo
from core.engine import Located
from core.face import Face
from core.geometry import crop, invert, similarity_transform, transform
from core.models.spec import WITH_PROFILES
from core.templates import TEMPLATES, Template, to_template

coordinates = st.floats(-1000, 1000, width=32)
clouds = arrays(np.float32, (5, 2), elements=coordinates).filter(lambda points: np.ptp(points) > 1)


@given(clouds, st.floats(0.1, 10), st.floats(-np.pi, np.pi), coordinates, coordinates)
def test_finds_the_similarity_that_made_the_points(
    points: np.ndarray, scale: float, angle: float, x: float, y: float
) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    made = np.column_stack([turn, (x, y)])
    found = similarity_transform(points, transform(points, made))
    assert transform(points, found) == pytest.approx(transform(points, made), abs=0.05)
    assert transform(transform(points, found), invert(found)) == pytest.approx(points, abs=0.05)


@given(clouds, clouds)
def test_never_makes_a_mirror_image(source: np.ndarray, target: np.ndarray) -> None:
    assert np.linalg.det(similarity_transform(source, target)[:, :2]) >= 0


@given(clouds, clouds, arrays(np.float64, (4,), elements=st.floats(-0.1, 0.1)))
def test_no_other_similarity_is_closer(source: np.ndarray, target: np.ndarray, nudge: np.ndarray) -> None:
    best = similarity_transform(source, target)
    a, b, x, y = np.array([best[0, 0], best[1, 0], best[0, 2], best[1, 2]]) + nudge
    other = np.array([[a, -b, x], [b, a, y]])

    def error(matrix: np.ndarray) -> float:
        return float(((source.astype(float) @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum())

    assert error(best) <= error(other) * (1 + 1e-9) + 1e-6


def test_points_that_coincide_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        similarity_transform(np.ones((5, 2), np.float32), np.eye(5, 2, dtype=np.float32))


def test_the_dlib_template_crops_as_dlib_itself(
    sample: Callable[[str], Photo], locate: Callable[[Photo], Located]
) -> None:
    photo = locate(sample("d_1"))
    ours = crop(photo.pixels, to_template(photo.face, TEMPLATES["dlib"], 150), 150)
    # dlib's five points: left eye outer and inner corner, right eye outer and inner corner, base of the nose
    points = [dlib.point(*(round(float(v)) for v in photo.face.landmarks[i])) for i in (263, 362, 33, 133, 2)]
    left, top, width, height = photo.face.box
    detection = dlib.full_object_detection(dlib.rectangle(left, top, left + width, top + height), points)
    theirs = dlib.get_face_chip(photo.pixels, detection, size=150, padding=0.25)
    assert np.abs(ours.astype(int) - theirs.astype(int)).mean() < 4  # their points are whole pixels


def test_a_large_face_is_averaged_down_and_not_sampled() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1200, 1200, 3), dtype=np.uint8)
    small = crop(noise, np.array([[0.1, 0, 0], [0, 0.1, 0]]), 120)
    assert small[4:-4, 4:-4].std() < 20  # each of its pixels stands for a hundred


def test_shrinking_keeps_everything_in_its_place() -> None:
    y, x = np.mgrid[:800, :800]
    ramp = np.dstack([x / 800 * 255, y / 800 * 255, np.zeros_like(x)]).astype(np.uint8)
    for scale in (0.5, 0.3, 0.11):
        matrix = np.array([[scale, 0, -20.0], [0, scale, -10.0]])
        small = crop(ramp, matrix, 60).astype(float)
        at = transform(np.array([[10, 10], [40, 10], [40, 40]], np.float32), invert(matrix))
        for (column, row), (px, py) in zip(((10, 10), (40, 10), (40, 40)), at, strict=True):
            assert small[row, column, 0] == pytest.approx(px / 800 * 255, abs=1.5)
            assert small[row, column, 1] == pytest.approx(py / 800 * 255, abs=1.5)


@pytest.mark.parametrize("scale", [0.11, 0.4, 1.5])
def test_a_grey_crop_is_the_brightness_of_the_crop(scale: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    matrix = np.array([[scale, 0.02, 3.0], [-0.02, scale, 2.0]])
    grey, colour = crop(noise, matrix, 60, grey=True), crop(noise, matrix, 60)
    assert np.abs(grey.astype(float) - colour @ (0.299, 0.587, 0.114)).max() < 3  # both round


def test_what_the_photo_lacks_is_filled() -> None:
    white = np.full((10, 10, 3), 255, np.uint8)
    shifted = crop(white, np.array([[1.0, 0, 10], [0, 1.0, 0]]), 20, outside=(1, 2, 3))
    assert (shifted[5, 2] == (1, 2, 3)).all()
    assert (shifted[5, 15] == 255).all()


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_each_template_holds_the_middle_of_the_face(
    name: str, sample: Callable[[str], Photo], locate: Callable[[Photo], Located]
) -> None:
    face = locate(sample("b_1")).face
    points = transform(face.landmarks, to_template(face, TEMPLATES[name], 100))
    eyes, nose, mouth = points[[468, 473]].mean(axis=0), points[1], points[[61, 291]].mean(axis=0)
    assert ((points[[33, 263, 1, 61, 291]] > 0) & (points[[33, 263, 1, 61, 291]] < 100)).all()
    assert eyes[1] < nose[1] < mouth[1]
    assert abs(points[468][1] - points[473][1]) < 6


SIDEWAYS = np.array([(40, 40), (48, 41), (25, 55), (38, 72), (44, 70)], np.float32)
"""Five points of a face in profile that looks to the left."""


def turned(face: Face, matrix: np.ndarray) -> Face:
    assert face.detected is not None
    return Face(transform(face.landmarks, matrix), detected=transform(face.detected, matrix))


OF_PROFILES = [template for template in TEMPLATES.values() if template.profile is not None]


@pytest.mark.parametrize("template", OF_PROFILES)
@given(st.floats(0.1, 10), st.floats(-np.pi, np.pi), coordinates, coordinates)
def test_a_profile_is_cropped_the_same_wherever_it_lies(
    template: Template, scale: float, angle: float, x: float, y: float
) -> None:
    face = Face(np.zeros((478, 2), np.float32), detected=SIDEWAYS)
    made = np.column_stack(
        [scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), (x, y)]
    )
    other = turned(face, made)
    assert other.profile == face.profile == "left"
    there, here = (transform(one.five, to_template(one, template, 150)) for one in (other, face))
    assert there == pytest.approx(here, abs=0.05)


@pytest.mark.parametrize("template", OF_PROFILES)
@given(arrays(np.float32, (5, 2), elements=st.floats(-4, 4, width=32)))
def test_the_mirror_image_of_a_profile_gives_the_mirrored_crop(template: Template, noise: np.ndarray) -> None:
    face = Face(np.zeros((478, 2), np.float32), detected=SIDEWAYS + noise)
    order = [1, 0, 2, 4, 3]  # left becomes right
    mirrored = Face(face.landmarks, detected=(face.five * (-1, 1))[order].astype(np.float32))
    sides = {None: None, "left": "right", "right": "left"}
    assert mirrored.profile == sides[face.profile]
    if face.profile is not None:
        places, there = (transform(one.five, to_template(one, template, 150)) for one in (face, mirrored))
        assert there[order] == pytest.approx(places * (-1, 1) + (149, 0), abs=0.01)


@pytest.mark.parametrize("template", OF_PROFILES)
def test_only_the_visible_side_of_a_profile_is_in_its_crop(template: Template) -> None:
    face = Face(np.zeros((478, 2), np.float32), detected=SIDEWAYS)
    eyes, mouth = template.profile or ()
    points = transform(face.five, to_template(face, template, 150)) / 150
    assert points[:2].mean(axis=0) == pytest.approx(eyes, abs=1e-4)
    assert points[3:].mean(axis=0) == pytest.approx(mouth, abs=1e-4)
    assert points[2, 0] < points[:2, 0].min()


def test_a_face_from_the_front_is_no_profile(
    sample: Callable[[str], Photo], locate: Callable[[Photo], Located]
) -> None:
    assert locate(sample("b_1")).face.profile is None


def test_a_face_knows_its_box() -> None:
    landmarks = np.full((478, 2), (50.5, 60.5), np.float32)
    landmarks[0], landmarks[1] = (10.2, 20.2), (90.7, 99.9)
    assert Face(landmarks).box == (10, 20, 81, 80)


def test_templates_with_profiles_are_known_to_settings() -> None:
    assert {name for name, template in TEMPLATES.items() if template.profile is not None} == set(WITH_PROFILES)
