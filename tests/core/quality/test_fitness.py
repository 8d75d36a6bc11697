"""core.quality.fitness: which faces are fit, on photos that are spoilt on purpose, and which pictures are the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from mean_face import turned
from PIL import Image, ImageFilter

from core import quality
from core.contracts import FINGERPRINT_BITS, Photo, same_picture
from core.engine import Located
from core.face import Face
from core.quality.fitness import MOST_PITCH, MOST_YAW

Locate = Callable[[Photo], Located]
Sample = Callable[[str], Photo]

NAMES = [f"{person}_{number}" for person in "abcdef" for number in (1, 2)]


def image(photo: Photo) -> Image.Image:
    return Image.open(io.BytesIO(photo.data)).convert("RGB")


def saved(picture: Image.Image, encoding: str = "JPEG", quality: int = 90) -> Photo:
    data = io.BytesIO()
    picture.save(data, encoding, quality=quality)
    return Photo("changed", data.getvalue())


def flaw(photo: Located, size: int = 768) -> str | None:
    return quality.flaw(photo.pixels, photo.face, size)


@pytest.mark.parametrize("name", NAMES)
def test_a_good_portrait_is_fit(name: str, sample: Sample, locate: Locate) -> None:
    photo = locate(sample(name))
    assert flaw(photo) is None
    assert np.abs(quality.pose(photo.face)).max() < 15


@pytest.mark.parametrize("name", ["a_1", "c_2", "f_1"])
def test_a_blurred_one_is_not_and_a_poor_encoding_is_no_blur(name: str, sample: Sample, locate: Locate) -> None:
    picture = image(sample(name))
    assert flaw(locate(saved(picture.filter(ImageFilter.GaussianBlur(6))))) == "too_blurred"
    assert flaw(locate(saved(picture.filter(ImageFilter.GaussianBlur(1))))) is None
    assert flaw(locate(saved(picture, quality=35))) is None


def test_it_is_the_blur_of_the_face_that_counts(sample: Sample, locate: Locate) -> None:
    """A sharp background helps nobody, and contrast is no sharpness."""
    picture = image(sample("b_1"))
    blurred = picture.filter(ImageFilter.GaussianBlur(6))
    stripes = Image.fromarray(np.tile(np.array([0, 255] * 256, dtype=np.uint8), (512, 1))).convert("RGB")
    stripes.paste(blurred, (0, 0), Image.radial_gradient("L").resize((512, 512)).point(lambda far: 255 * (far < 190)))
    assert flaw(locate(saved(stripes, "PNG"))) == "too_blurred"
    faint = picture.point(lambda value: 110 + value * 0.15)
    assert flaw(locate(saved(faint, "PNG"))) is None


def test_how_small_is_too_small_depends_on_the_average(sample: Sample, locate: Locate) -> None:
    canvas = Image.new("RGB", (640, 480), "lightgrey")
    canvas.paste(image(sample("d_1")).resize((150, 150)), (200, 100))
    photo = locate(saved(canvas, "PNG"))
    assert flaw(photo, 1024) == "too_small"
    assert flaw(photo, 512) is None


@pytest.mark.parametrize(
    ("yaw", "pitch", "expected"),
    [(0, 0, False), (25, 0, False), (-25, 10, False), (40, 0, True), (-40, 0, True), (0, 35, True), (0, -35, True)],
)
def test_who_looks_away_is_left_out(yaw: float, pitch: float, expected: bool) -> None:
    face = turned(yaw, pitch)
    yaw_found, pitch_found = map(abs, quality.pose(face))
    assert (yaw_found > MOST_YAW or pitch_found > MOST_PITCH) == expected


def test_a_guessed_mesh_is_left_out(sample: Sample, locate: Locate) -> None:
    photo = locate(sample("a_1"))
    assert quality.flaw(photo.pixels, Face(photo.face.landmarks, approximate=True), 768) == "turned_away"


@pytest.mark.shared
def test_three_quarter_views_are_left_out_and_frontal_ones_are_not(shared: Path, locate: Locate) -> None:
    for person in sorted(folder for folder in (shared / "faces" / "london").iterdir() if folder.is_dir())[::10]:
        for view, expected in (
            ("neutral_front", None),
            ("smiling_front", None),
            ("neutral_left_3quarter", "turned_away"),
            ("smiling_right_3quarter", "turned_away"),
            ("neutral_right_profile", "turned_away"),
        ):
            file = person / f"{view}.jpg"
            assert flaw(locate(Photo(str(file), file.read_bytes()))) == expected, file


# ---------------------------------------------------------------- the same picture


def fingerprint(photo: Located) -> int:
    return quality.fingerprint(photo.pixels, photo.face)


@pytest.mark.parametrize("name", ["a_1", "b_2", "e_1"])
def test_a_copy_is_known_however_it_was_saved(name: str, sample: Sample, locate: Locate) -> None:
    picture = image(sample(name))
    original = fingerprint(locate(sample(name)))
    for copy in (
        saved(picture, quality=40),
        saved(picture, "PNG"),
        saved(picture, "WEBP", quality=60),
        saved(picture.resize((300, 300))),
        saved(picture.resize((900, 900))),
        saved(picture.crop((20, 10, 500, 480))),
    ):
        assert same_picture(original, fingerprint(locate(copy)))


def test_two_photos_are_two_even_of_one_person(sample: Sample, locate: Locate) -> None:
    found = [fingerprint(locate(sample(name))) for name in NAMES]
    assert all(0 <= one < 2**FINGERPRINT_BITS for one in found)
    assert not any(same_picture(one, other) for one, other in combinations(found, 2))


@pytest.mark.shared
def test_a_smile_makes_another_photo(shared: Path, locate: Locate) -> None:
    """Taken in a studio, seconds apart, with the same light."""
    for person in sorted(folder for folder in (shared / "faces" / "london").iterdir() if folder.is_dir())[:12]:
        one, other = (
            fingerprint(locate(Photo(view, (person / f"{view}.jpg").read_bytes())))
            for view in ("neutral_front", "smiling_front")
        )
        assert not same_picture(one, other), person
