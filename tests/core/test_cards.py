from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from core.align import TEMPLATES, to_template, transform
from core.cards import canvas, comparison, overlay, portraits
from core.contracts import REGIONS, Colormap, Photo
from core.faces import Face
from core.heatmap import region_labels
from core.pipeline import Located

FULL = comparison.FULL_EVIDENCE


def share_of(card: np.ndarray, colour: tuple[int, int, int], rows: slice) -> float:
    """How much of a row has the colour, at most."""
    return float((np.abs(card[rows].astype(int) - colour).max(axis=2) < 6).mean(axis=1).max())


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], Photo], locate: Callable[[Photo], Located]) -> Located:
    return locate(sample("b_2"))


@pytest.mark.parametrize("percent", [0.0, 12.5, 50.0, 90.0, 100.0])
def test_the_gauge_is_as_full_as_the_percentage_says(percent: float, photo: Located) -> None:
    card = comparison.similar((photo.pixels,) * 2, (photo.face,) * 2, percent, 90, same_person=percent >= 90)
    assert card.shape == (852, 1200, 3)
    width = (1200 - 2 * canvas.MARGIN) / 1200
    ink = canvas.SAME if percent >= 90 else canvas.DIFFERENT
    assert share_of(card, ink, slice(740, 768)) == pytest.approx(percent / 100 * width, abs=0.03)
    assert share_of(card, canvas.DIFFERENT if percent >= 90 else canvas.SAME, slice(740, 768)) == 0


def test_both_faces_are_shown_at_one_size_in_the_order_of_the_photos(photo: Located) -> None:
    red = np.zeros_like(photo.pixels)
    red[..., 0] = 255
    card = comparison.similar((photo.pixels, red), (photo.face, photo.face), 10, 90, same_person=False)
    assert (card[200, 1000] == (255, 0, 0)).all()
    assert (card[200, 300] != (255, 0, 0)).any()


def tinted(card: np.ndarray, left: bool) -> np.ndarray:
    """The small face that shows why, of the first or the second photo."""
    top, side = canvas.MARGIN + 552 + 24, comparison.EVIDENCE_SIDE
    x = canvas.MARGIN if left else 1200 - canvas.MARGIN - side
    return card[top : top + side, x : x + side].astype(int)


def why(photo: Located, **changes: float) -> np.ndarray:
    """A card on which both maps have `changes` in these regions."""
    matrix = to_template(photo.face, TEMPLATES["dlib"], 150)
    labels = region_labels(transform(photo.face.landmarks, matrix), 150)
    values = np.array([changes.get(region, 0.0) for region in REGIONS], np.float32)[labels]
    one = comparison.Why(values, matrix)
    return comparison.similar((photo.pixels,) * 2, (photo.face,) * 2, 50, 90, same_person=False, why=(one, one))


def test_a_card_without_evidence_has_no_colour_on_either_face(photo: Located) -> None:
    card = why(photo)
    assert card.shape == (1032, 1200, 3)
    for left in (True, False):
        face = tinted(card, left)[20:-20, 20:-20]
        assert np.ptp(face, axis=2).max() == 0


def test_what_makes_alike_is_blue_and_what_sets_apart_is_orange_on_both_faces(photo: Located) -> None:
    face = tinted(why(photo, nose=FULL, mouth=-FULL), left=True)
    assert (face == tinted(why(photo, nose=FULL, mouth=-FULL), left=False)).all()
    warmth = face[..., 0] - face[..., 2]
    rows = np.arange(len(warmth))
    blue, orange = (np.average(rows, weights=(sign * warmth > 60).sum(axis=1)) for sign in (-1, 1))
    assert blue + 30 < orange, "the nose is above the mouth"
    assert (np.abs(warmth) < 6).mean() > 0.7, "nothing else has a colour"


def test_each_face_has_its_own_map(photo: Located) -> None:
    matrix = to_template(photo.face, TEMPLATES["dlib"], 150)
    maps = [comparison.Why(np.full((150, 150), value, np.float32), matrix) for value in (FULL, -FULL)]
    card = comparison.similar((photo.pixels,) * 2, (photo.face,) * 2, 50, 90, same_person=False, why=(maps[0], maps[1]))
    warmth = [(face[..., 0] - face[..., 2])[100:180, 100:180] for face in (tinted(card, True), tinted(card, False))]
    assert warmth[0].max() < -20 < 20 < warmth[1].min()


def test_the_scale_of_the_evidence_is_the_same_on_every_card(photo: Located) -> None:
    def strength(change: float) -> float:
        return float(np.ptp(tinted(why(photo, nose=change), left=True), axis=2).mean())

    assert 0 < strength(0.1 * FULL) < 0.5 * strength(0.5 * FULL) < strength(FULL)
    assert strength(FULL) == pytest.approx(strength(25 * FULL), rel=0.1)


def test_the_gauge_stays_as_full_with_evidence(photo: Located) -> None:
    card = why(photo, eyes=0.1)
    width = (1200 - 2 * canvas.MARGIN) / 1200
    assert share_of(card, canvas.DIFFERENT, slice(920, 948)) == pytest.approx(0.5 * width, abs=0.03)


@pytest.mark.parametrize("colormap", ["cividis", "viridis", "inferno", "jet"])
@pytest.mark.parametrize("shape", [(300, 300), (200, 900), (900, 200), (40, 40)])
def test_a_heatmap_card_fits_any_photo(shape: tuple[int, int], colormap: Colormap) -> None:
    grey = np.full((*shape, 3), 128, np.uint8)
    landmarks = np.random.default_rng(0).uniform(0, 30, (478, 2)).astype(np.float32)
    values = np.zeros(shape, np.float32)
    card = overlay.gradcam(grey, Face(landmarks), values, np.ones(shape, np.float32), colormap, mark=True)
    assert max(card.shape) < 2200 and min(card.shape[:2]) > 100


def test_the_hottest_place_is_the_brightest_with_the_default_colours() -> None:
    black = np.zeros((300, 300, 3), np.uint8)
    landmarks = np.random.default_rng(0).uniform(50, 250, (478, 2)).astype(np.float32)
    values = np.zeros((300, 300), np.float32)
    values[100:140, 150:190] = 1
    card = overlay.gradcam(black, Face(landmarks), values, np.ones_like(values), "cividis", mark=False)
    grey = np.asarray(Image.fromarray(card).convert("L")).astype(int)
    height = card.shape[0] - 2 * canvas.MARGIN
    covered = grey[canvas.MARGIN : -canvas.MARGIN, canvas.MARGIN + height + 24 : canvas.MARGIN + 2 * height + 24]
    y, x = np.unravel_index(covered.argmax(), covered.shape)
    assert 100 / 300 < y / height < 140 / 300
    assert 150 / 300 < x / height < 190 / 300


@pytest.mark.parametrize(("count", "rows"), [(2, 1), (10, 1), (11, 2), (20, 2), (50, 2)])
def test_the_strip_grows_by_rows_and_stops_at_two(count: int, rows: int) -> None:
    face = np.full((512, 512, 3), 200, np.uint8)
    thumbs = [np.full((40, 40, 3), (255, 0, 0), np.uint8)] * min(count, portraits.STRIP_PLACES)
    card = portraits.average(face, thumbs, count)
    strip = card[canvas.MARGIN + 512 + 20 :]
    red = (strip == (255, 0, 0)).all(axis=2)
    height = (card.shape[0] - 512 - 2 * canvas.MARGIN - 16) / rows
    assert 40 < height < 60
    assert red[:, : canvas.MARGIN + 100].any()
    # the last place of a full strip says how many more there are
    assert red[-60:, -canvas.MARGIN - 30 :].any() == (count in (10, 20))
