"""The rooms of the average, one by one."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core import geometry
from core.average import Average, drift, light, mesh, methods, template, texture
from core.average.fill import filled
from core.average.frames import frame
from core.average.reference import MIRROR, OVAL, REFERENCE, on_canvas
from core.average.shape import framed, mean_shape
from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.templates import PORTRAIT

SIZE = 256
Pair = tuple[np.ndarray, Face]
Averaged = Callable[..., Average]


# ---------------------------------------------------------------- shape


def test_the_reference_is_its_own_mirror_image_and_looks_out_of_the_frame() -> None:
    assert (MIRROR[MIRROR] == np.arange(478)).all()
    assert MIRROR[[33, 61, 468, 152, 13]].tolist() == [263, 291, 473, 152, 13]
    assert REFERENCE[MIRROR] * (-1, 1) + (1, 0) == pytest.approx(REFERENCE, abs=1e-5)
    # the frame is that of the eyes, before the mouth was opened
    assert REFERENCE[[RIGHT_IRIS, LEFT_IRIS]] == pytest.approx(np.array(PORTRAIT.points), abs=0.01)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_the_mean_shape_does_not_depend_on_pose_in_the_plane(
    people: list[Pair], scale: float, angle: float, x: float, y: float
) -> None:
    landmarks = [face.landmarks for _, face in people]
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = [geometry.transform(landmarks[0], np.column_stack([turn, (x, y)])), *landmarks[1:]]
    assert mean_shape(other, SIZE) == pytest.approx(mean_shape(landmarks, SIZE), abs=0.1)


def test_no_face_is_nearer_to_the_others_than_their_mean_shape(people: list[Pair]) -> None:
    landmarks = [face.landmarks for _, face in people]
    mean = mean_shape(landmarks, SIZE)
    assert mean[list(PORTRAIT.landmarks)] + 0.5 == pytest.approx(np.array(PORTRAIT.points) * SIZE, abs=0.1)

    def off(shape: np.ndarray) -> float:
        fitted = [geometry.transform(one, geometry.similarity_transform(one, shape)) for one in landmarks]
        return float(np.square(np.array(fitted) - shape).sum())

    assert off(mean) < min(off(framed(one, SIZE)) for one in landmarks)


# ---------------------------------------------------------------- mesh


def test_the_triangles_cover_the_canvas_without_a_tear(people: list[Pair]) -> None:
    corners = mesh.reference_vertices()[mesh.triangles()].astype(np.float64)
    (ax, ay), (bx, by) = (corners[:, 0] - corners[:, 2]).T, (corners[:, 1] - corners[:, 2]).T
    assert (ax * by - ay * bx).sum() / 2 == pytest.approx(4)  # the square from -0.5 to 1.5, once over
    # neighbouring pixels of the picture lie near each other in the photo, up to the very frame
    for _, face in people:
        places = mesh.Knots(SIZE, 1)
        layout = mesh.Layout.of(on_canvas(mesh.reference_vertices()) * SIZE, places)
        at = layout.between(mesh.vertices(face.landmarks))
        side = 1 / np.hypot(*geometry.similarity_transform(face.landmarks, on_canvas(REFERENCE) * SIZE)[:, 0])
        assert max(np.abs(np.diff(at, axis=axis)).max() for axis in (0, 1)) < 4 * side


@pytest.mark.parametrize(("size", "step"), [(64, 1), (300, 3)])
def test_each_knot_is_found_in_its_triangle(size: int, step: int, people: list[Pair]) -> None:
    knots = mesh.Knots(size, step)
    x, y = np.meshgrid(*[knots.first + knots.step * np.arange(knots.count)] * 2)
    for _, face in people:
        corners = mesh.vertices(
            geometry.transform(face.landmarks, geometry.similarity_transform(face.landmarks, REFERENCE))
        )
        layout = mesh.Layout.of(on_canvas(corners) * size, knots)
        assert layout.parts.min() > -1e-6
        assert layout.between(on_canvas(corners) * size) == pytest.approx(np.stack([x, y], axis=-1), abs=1e-3)


def test_a_face_knows_which_of_its_parts_it_hides(people: list[Pair]) -> None:
    frontal = mesh.seen(people[0][1].landmarks)[:, 0]
    turned = people[0][1].landmarks.copy()
    middle = turned[:, 0].mean()
    left = turned[:, 0] > middle
    turned[left, 0] = middle + 0.2 * (turned[left, 0] - middle)
    hidden = mesh.seen(turned)[:, 0]
    cheek = 330  # before _MESH leaves four points out
    assert frontal[cheek] > 0.9
    assert hidden[cheek] < 0.3


# ---------------------------------------------------------------- what the mesh does not know


def test_drift_is_found_and_taken_back() -> None:
    known = template.read()
    whole = np.ones((8, 8), np.float32)
    assert np.abs(drift.of(template.Sketch.of(known), whole)).max() < 1e-3
    # ears and hair two parts in a hundred higher than the template's
    higher = np.roll(known, -8, axis=0)
    found = drift.of(template.Sketch.of(higher), whole)
    corner = on_canvas(REFERENCE[list(OVAL)]) * drift.SIDE
    beside = corner[:, 0].max() + 0.035 * drift.SIDE
    ear = found[int(corner[:, 1].mean()), int(beside)]
    assert ear == pytest.approx((0, -8 / template.SIDE), abs=3 / template.SIDE)
    # there and back again
    places = np.stack(np.meshgrid(*[np.linspace(0.2, 0.8, 40, dtype=np.float32)] * 2), axis=-1)
    there = places + drift.back(found, places)
    x, y = np.moveaxis(there * drift.SIDE - 0.5, -1, 0)
    again = there + cv2.remap(found, x, y, cv2.INTER_LINEAR)
    assert again == pytest.approx(places, abs=2e-3)


# ---------------------------------------------------------------- light


@settings(max_examples=20, deadline=None)
@given(arrays(np.uint8, (4, 5, 3)), st.sampled_from(["linear", "srgb"]))
def test_light_comes_back_as_the_number_it_was(numbers: np.ndarray, unit: str) -> None:
    values = light.table(unit)[:, 0].astype(np.float32)[numbers]  # type: ignore[arg-type]
    assert (light.to_pixels(light.to_numbers(values, unit)) == numbers).all()  # type: ignore[arg-type]


@pytest.mark.parametrize(("unit", "grey"), [("linear", 188), ("srgb", 128)])
def test_light_adds_up_and_not_numbers_unless_asked(unit: str, grey: int, averaged: Averaged) -> None:
    face = Face(REFERENCE * 400)
    black, white = (np.full((400, 400, 3), value, np.uint8) for value in (0, 255))
    average = averaged([(black, face), (white, face)], light=unit)
    assert np.abs(average.pixels.astype(int)[64:192, 64:192] - grey).max() <= 1


def test_matched_faces_have_one_colour_and_the_mean_of_all(people: list[Pair], averaged: Averaged) -> None:
    rgb, face = people[0]
    linear = light.table("linear")[:, 0][rgb]
    darker = light.to_pixels(light.to_numbers((linear * (0.6, 0.5, 0.5)).astype(np.float32), "linear"))
    cheek = tuple(slice(int(at) - 4, int(at) + 4) for at in averaged([people[0]]).landmarks[50][::-1])

    def skin(*pairs: Pair) -> np.ndarray:
        pixels = averaged(pairs, match_colour=True).pixels[cheek]
        return np.asarray(light.table("linear")[:, 0][pixels].mean(axis=(0, 1)))

    as_it_is = light.table("linear")[:, 0][averaged([people[0]]).pixels[cheek]].mean(axis=(0, 1))
    assert skin((rgb, face)) == pytest.approx(as_it_is, rel=0.03)
    assert skin((rgb, face), (darker, face)) == pytest.approx(
        np.sqrt(skin((rgb, face)) * skin((darker, face))), rel=0.06
    )


# ---------------------------------------------------------------- statistics


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 9))
def test_median_and_trimmed_mean_are_numpys_and_scipys(data: st.DataObject, count: int) -> None:
    from scipy import stats

    pixels = data.draw(arrays(np.uint8, (count, 3, 3)))
    shares = np.full((count, 3), 255, np.uint8)
    table = (np.arange(256) / 255).astype(np.float32)
    median = methods.combined(pixels, shares, "median", table)
    assert median == pytest.approx(np.median(pixels, axis=0) / 255, abs=1e-3)
    ten = np.repeat(pixels, 10, axis=0)
    trimmed = methods.combined(ten, np.full((10 * count, 3), 255, np.uint8), "trimmed", table)
    assert trimmed == pytest.approx(stats.trim_mean(ten, 0.1, axis=0) / 255, abs=1e-4)


def test_the_mode_is_what_most_faces_have() -> None:
    skin, beard = (180, 140, 120), (60, 50, 45)
    pixels = np.array([skin] * 5 + [beard] * 3, np.uint8)[:, np.newaxis]
    table = (np.arange(256) / 255).astype(np.float32)
    mode = methods.combined(pixels, np.full((8, 1), 255, np.uint8), "mode", table)
    assert mode[0] * 255 == pytest.approx(skin, abs=1)
    weighed = methods.combined(pixels, np.array([[20]] * 5 + [[255]] * 3, np.uint8), "mode", table)
    assert weighed[0] * 255 == pytest.approx(beard, abs=1)


# ---------------------------------------------------------------- missing parts


def test_what_a_photo_does_not_hold_takes_nothing_from_the_others(people: list[Pair], averaged: Averaged) -> None:
    rgb, face = people[1]
    # the same photo twice, once cut off just above the eyes: the forehead must come from the other alone
    row = int(face.landmarks[:, 1].min() + 0.3 * face.box[3])
    cut, lower = rgb[row:], Face(face.landmarks - np.array((0, row), np.float32))
    both = averaged([(rgb, face), (cut, lower)]).pixels[16:-16, 16:-16].astype(int)
    alone = averaged([(rgb, face)]).pixels[16:-16, 16:-16]
    assert np.abs(both - alone).mean() < 1.5


def test_where_no_photo_is_there_is_a_calm_ground(people: list[Pair], averaged: Averaged) -> None:
    rgb, face = people[0]
    left, top, width, height = face.box
    close = rgb[top : top + height, left : left + width]
    average = averaged([(close, Face(face.landmarks - np.array((left, top), np.float32)))])
    corner = average.pixels[: SIZE // 8, : SIZE // 8].astype(int)
    assert corner.min() > 40  # nothing black
    assert corner.max(axis=(0, 1)) == pytest.approx(corner.min(axis=(0, 1)), abs=12)  # and no smear


def test_the_ground_takes_its_colour_from_beside() -> None:
    values = np.zeros((64, 64, 3), np.float32)
    values[:, 32:] = (0.2, 0.4, 0.6)
    held = np.zeros((64, 64), np.float32)
    held[:, 32:] = 1
    ground = filled(values, held)
    assert (ground[:, 32:] == values[:, 32:]).all()
    assert np.abs(ground[:, :32] - (0.2, 0.4, 0.6)).max() < 0.05


# ---------------------------------------------------------------- texture


def sharpness(average: Average) -> float:
    grey = cv2.cvtColor(average.pixels, cv2.COLOR_RGB2GRAY)
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(average.landmarks).astype(np.int32)), 1)
    inside = cv2.erode(inside, np.ones((21, 21), np.uint8))
    return float(cv2.Laplacian(grey, cv2.CV_64F)[inside > 0].var())


def test_texture_brings_back_the_detail_that_faces_have(people: list[Pair], averaged: Averaged) -> None:
    alone = np.mean([sharpness(averaged([pair], size=512)) for pair in people])
    without, half, whole = (sharpness(averaged(people, size=512, texture=amount)) for amount in (0.0, 0.5, 1.0))
    assert without < 0.75 * alone
    assert without < half < whole
    assert 0.75 * alone < whole < 1.5 * alone


def test_a_hair_on_one_face_is_not_made_a_rim() -> None:
    """Nine smooth faces and one with a hard edge: the edge's remains are not amplified, as their mean energy has it."""
    side = 128
    smooth, edged = np.full((side, side), 120, np.float32), np.full((side, side), 120, np.float32)
    edged[:, side // 2 :] = 220
    mean = (9 * smooth + edged) / 10
    wanted = (9 * texture.log_energies(smooth) + texture.log_energies(edged)) / 10
    rgb = np.repeat(mean[..., np.newaxis], 3, axis=2)
    oval = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    restored = texture.restored(rgb, wanted, np.ones((side, side), np.float32), oval, 1.0)
    assert np.abs(restored - rgb).max() < 1


# ---------------------------------------------------------------- frames


def test_bending_keeps_the_mouth_sharper_than_turning(people: list[Pair], averaged: Averaged) -> None:
    def mouth(average: Average) -> float:
        points = average.landmarks
        (left, top), (right, bottom) = points[[61, 0]].min(axis=0) - 4, points[[291, 17]].max(axis=0) + 4
        grey = cv2.cvtColor(average.pixels, cv2.COLOR_RGB2GRAY)[int(top) : int(bottom), int(left) : int(right)]
        return float(cv2.Laplacian(grey, cv2.CV_64F).std())

    assert mouth(averaged(people)) > 1.2 * mouth(averaged(people, shape="article", size=224))
    assert mouth(averaged(people)) > 1.05 * mouth(averaged(people, shape="align"))


def test_the_article_is_followed_to_the_pixel(people: list[Pair], averaged: Averaged) -> None:
    images = []
    for rgb, face in people:
        height, width = rgb.shape[:2]
        right, left = face.landmarks[[33, 263]].astype(np.float64)
        dx, dy = (right[0] - left[0]) / width, (right[1] - left[1]) / height
        angle = np.degrees(np.arctan2(dy, dx)) - 180
        matrix = cv2.getRotationMatrix2D((width // 2, height // 2), angle, 1.0)
        turned = cv2.warpAffine(rgb, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        images.append(cv2.resize(turned, (224, 224)))
    average = averaged(people, shape="article", texture=1.0, symmetric=True, match_colour=True)
    assert (average.pixels == np.mean(images, axis=0).astype("uint8")).all()


@pytest.mark.parametrize("size", [512, 768, 1024])
def test_each_size_shows_the_same_picture(size: int, people: list[Pair], averaged: Averaged) -> None:
    average = averaged(people[:3], size=size)
    assert average.pixels.shape == (size, size, 3)
    small = cv2.resize(average.pixels, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(small - averaged(people[:3]).pixels).mean() < 2
    assert frame("warp", size).side % texture.CELL == 0
