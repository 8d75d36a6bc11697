"""core.quality.measures: laws of all that is measured of a face, on faces of nobody that are damaged on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.damage import STRENGTHS
from core.contracts import NoFace, Photo
from core.engine import Located
from core.quality import Quality
from core.quality.cautions import RULES
from core.quality.cover import oval

Sample = Callable[[str], Photo]
Locate = Callable[[Photo], Located]
Look = Callable[[Photo], Quality]
Damaged = Callable[[Photo, str, int], Photo]
Png = Callable[[NDArray[np.uint8], str], Photo]

PEOPLE = [f"{person}_1" for person in "abcdef"]


def resized(rgb: NDArray[np.uint8], wide: float, high: float) -> NDArray[np.uint8]:
    how = cv2.INTER_AREA if wide * high < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, None, fx=wide, fy=high, interpolation=how), dtype=np.uint8)


def little(value: float | None) -> float:
    """None: no limit was found, so it is more than any that could be."""
    return np.inf if value is None else value


GROWING: list[tuple[str, Callable[[Quality], float], float]] = [
    ("small", lambda face: -face.width, 0),
    ("blurred", lambda face: -little(face.detail), 0),
    ("pixelated", lambda face: -little(face.blocks), 0),
    ("overexposed", lambda face: face.overexposed, 0),
    ("dark", lambda face: face.dark, 0),
    ("stretched", lambda face: face.stretch, 0),
    ("half in black", lambda face: face.cut_off, 0.05),
    ("cropped", lambda face: face.cut_off, 0),
    ("blurred", lambda face: -little(face.length), 0.03),
    ("mask", lambda face: -little(face.lower), 0),
]
"""The damage, what grows with it, and by how much it may fall: for bars, as the mesh moves into what can be seen."""

STRONGEST = {"mask": 4}
"""A mask up to between the eyes leaves too little for the network's word on what it sees."""


@pytest.mark.parametrize(
    ("kind", "measure", "tolerance"), GROWING, ids=[f"{row[0]}-{at}" for at, row in enumerate(GROWING)]
)
@pytest.mark.parametrize("name", ["a_1", "c_1", "f_2"])
def test_a_measure_grows_with_its_damage(
    *,
    kind: str,
    measure: Callable[[Quality], float],
    tolerance: float,
    name: str,
    sample: Sample,
    look: Look,
    damaged: Damaged,
) -> None:
    plain = measure(look(sample(name)))
    values = [plain]
    for strength in range(1, STRONGEST.get(kind, 5) + 1):
        try:
            values.append(measure(look(damaged(sample(name), kind, strength))))
        except NoFace:
            assert strength >= 4
    for less, more in pairwise(values):
        assert more >= less - tolerance or more == less, values
    assert values[-1] > plain + tolerance, values


NEARLY = {"yaw": 1.5, "pitch": 0.8, "overexposed": 0.01, "dark": 0.01, "cut_off": 0.01, "upper": 0.1, "lower": 0.1}
"""How far a measure may move where nothing changed: degrees, and shares of the face."""
RELATIVE = {"width": 0.01, "stretch": 0.025, "length": 0.02, "detail": 0.07}


def agree(one: Quality, other: Quality) -> None:
    for key, value in asdict(one).items():
        found = getattr(other, key)
        if key in NEARLY:
            assert found == pytest.approx(value, abs=NEARLY[key]), key
        elif key == "detail":  # None, from 80 pixels on
            assert min(80.0, little(found)) == pytest.approx(min(80.0, little(value)), rel=RELATIVE[key]), key
        elif key in RELATIVE:
            assert found == pytest.approx(value, rel=RELATIVE[key]), key
        else:
            assert found == value, key


@pytest.mark.parametrize("name", PEOPLE)
def test_a_mirror_image_is_as_good_and_turned_the_other_way(
    name: str, sample: Sample, locate: Locate, look: Look, png: Png
) -> None:
    mirrored = asdict(look(png(locate(sample(name)).pixels[:, ::-1], name)))
    agree(look(sample(name)), Quality(**{**mirrored, "yaw": -mirrored["yaw"]}))


@pytest.mark.parametrize("name", PEOPLE)
def test_a_good_encoding_changes_nothing(name: str, sample: Sample, locate: Locate, look: Look) -> None:
    bgr = np.ascontiguousarray(locate(sample(name)).pixels[..., ::-1])
    copy = Photo("copy", cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    agree(look(sample(name)), look(copy))


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("factor", [0.1, 0.2, 0.5, 2.0])
def test_the_width_is_that_of_the_file(
    factor: float, name: str, sample: Sample, locate: Locate, look: Look, png: Png
) -> None:
    copy = png(resized(locate(sample(name)).pixels, factor, factor), name)
    assert look(copy).width == pytest.approx(factor * look(sample(name)).width, rel=0.05)


def test_a_large_photo_is_shrunk_and_its_face_is_not(sample: Sample, locate: Locate, look: Look, png: Png) -> None:
    """The width counts the pixels of the file."""
    copy = png(resized(locate(sample("a_1")).pixels, 8, 8), "large")
    assert locate(copy).shrunk > 1
    assert look(copy).width == pytest.approx(8 * look(sample("a_1")).width, rel=0.05)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(
    ("factor", "tolerance"), [(0.75, 0.08), (1.2, 0.05), (1.333, 0.05), (1.5, 0.05), (1.778, 0.05)]
)
def test_the_stretch_is_what_was_done(
    *, factor: float, tolerance: float, name: str, sample: Sample, locate: Locate, look: Look, png: Png
) -> None:
    """Relative to the photo as it was, since faces differ. A mesh follows taller faces less well than wider ones."""
    copy = png(resized(locate(sample(name)).pixels, factor, 1), name)
    assert look(copy).stretch == pytest.approx(factor * look(sample(name)).stretch, rel=tolerance)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("kind", ["half in black", "cropped"])
def test_the_share_that_is_cut_off_is_what_was_done(
    *, kind: str, strength: int, name: str, sample: Sample, locate: Locate, look: Look, damaged: Damaged
) -> None:
    """Within a tenth of the face. Under a bar over half of it, the mesh moves into what is seen, so that it is less."""
    plain, copy = locate(sample(name)), damaged(sample(name), kind, strength)
    face = oval(plain.face.landmarks, max(plain.pixels.shape))
    try:
        seen = locate(copy)
    except NoFace:
        assert (kind, strength) == ("half in black", 5)
        return
    height, width = seen.pixels.shape[:2]
    done = face.copy()
    done[:height, :width] &= (seen.pixels == 0).all(axis=2) if kind == "half in black" else False
    share = done.sum() / face.sum()
    found = look(copy).cut_off
    if kind == "half in black" and strength >= 4:
        assert share / 2 <= found <= share + 0.1
    else:
        assert found == pytest.approx(share, abs=0.1)


def eyes_hidden(face: Quality) -> float:
    found = RULES["eyes_covered"].value(face)
    assert found is not None
    return found


def mouth_hidden(face: Quality) -> float:
    found = RULES["mouth_covered"].value(face)
    assert found is not None
    return found


@pytest.mark.parametrize("person", "abcdef")
@pytest.mark.parametrize("number", "12")
def test_a_plain_face_hides_nothing(person: str, number: str, sample: Sample, look: Look) -> None:
    face = look(sample(f"{person}_{number}"))
    assert (eyes_hidden(face), mouth_hidden(face)) == pytest.approx((0, 0), abs=0.1)
    assert not face.dark_lenses
    assert (face.cut_off, face.overexposed) == (0, 0)
    assert face.dark < 0.03


@pytest.mark.parametrize("name", PEOPLE)
def test_a_mask_hides_the_mouth_and_nothing_else(name: str, sample: Sample, look: Look, damaged: Damaged) -> None:
    """One as people wear it: up to between the eyes it leaves too little for the network's word to be reliable."""
    face = look(damaged(sample(name), "mask", 4))
    assert (eyes_hidden(face), mouth_hidden(face)) == pytest.approx((0, 1), abs=0.1)
    assert not face.dark_lenses


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("strength", [4, 5])
def test_dark_glasses_hide_the_eyes_and_nothing_else(
    strength: int, name: str, sample: Sample, look: Look, damaged: Damaged
) -> None:
    face = look(damaged(sample(name), "dark glasses", strength))
    assert face.dark_lenses
    assert (eyes_hidden(face), mouth_hidden(face)) == pytest.approx((1, 0), abs=0.1)


@pytest.mark.parametrize("name", PEOPLE)
def test_both_hide_both(name: str, sample: Sample, look: Look, damaged: Damaged) -> None:
    face = look(damaged(sample(name), "mask and dark glasses", 4))
    assert (eyes_hidden(face), mouth_hidden(face)) == pytest.approx((1, 1), abs=0.1)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("kind", ["dark", "overexposed"])
def test_darkness_and_glare_are_no_bars(kind: str, name: str, sample: Sample, look: Look, damaged: Damaged) -> None:
    """Both make large areas of one colour."""
    for strength in STRENGTHS:
        try:
            assert look(damaged(sample(name), kind, strength)).cut_off < RULES["cut_off"].little
        except NoFace:
            assert strength == 5


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("colour", [0, 255])
def test_a_bar_is_no_darkness_and_no_glare(
    colour: int, name: str, sample: Sample, locate: Locate, look: Look, png: Png
) -> None:
    plain = locate(sample(name))
    left, _, width, _ = plain.face.box
    barred = plain.pixels.copy()
    barred[:, : left + 2 * width // 5] = colour
    face = look(png(barred, name))
    assert face.cut_off > RULES["cut_off"].little
    assert (face.dark, face.overexposed) == pytest.approx((0, 0), abs=0.05)


@pytest.mark.parametrize("name", ["a_1", "c_2", "f_1"])
def test_the_squares_of_a_jpeg_are_blocks_once_little_is_left_in_them(
    name: str, sample: Sample, look: Look, damaged: Damaged
) -> None:
    mild, strong = (look(damaged(sample(name), "compressed", strength)) for strength in (1, 5))
    assert mild.blocks is None
    assert strong.blocks == pytest.approx(strong.width / 8, rel=0.1)
