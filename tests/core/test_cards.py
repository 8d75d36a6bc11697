from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from core.cards import average, canvas, gradcam, similar
from core.contracts import REGIONS, Colormap, Photo
from core.engine import Located
from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import transform
from core.heatmap import region_labels
from core.templates import TEMPLATES, to_template

FULL = similar.FULL_EVIDENCE


def share_of(card: np.ndarray, colour: tuple[int, int, int], rows: slice) -> float:
    """How much of a row has the colour, at most."""
    return float((np.abs(card[rows].astype(int) - colour).max(axis=2) < 6).mean(axis=1).max())


@pytest.fixture(scope="module")
def photo(sample: Callable[[str], Photo], locate: Callable[[Photo], Located]) -> Located:
    return locate(sample("b_2"))


@pytest.mark.parametrize("percent", [0.0, 12.5, 50.0, 90.0, 100.0])
def test_the_gauge_is_as_full_as_the_percentage_says(percent: float, photo: Located) -> None:
    card = similar.similar((photo.pixels,) * 2, (photo.face,) * 2, percent, 90, same_person=percent >= 90)
    assert card.shape == (852, 1200, 3)
    width = (1200 - 2 * canvas.MARGIN) / 1200
    ink = canvas.SAME if percent >= 90 else canvas.DIFFERENT
    assert share_of(card, ink, slice(740, 768)) == pytest.approx(percent / 100 * width, abs=0.03)
    assert share_of(card, canvas.DIFFERENT if percent >= 90 else canvas.SAME, slice(740, 768)) == 0


def test_both_faces_are_shown_at_one_size_in_the_order_of_the_photos(photo: Located) -> None:
    red = np.zeros_like(photo.pixels)
    red[..., 0] = 255
    card = similar.similar((photo.pixels, red), (photo.face, photo.face), 10, 90, same_person=False)
    assert (card[200, 1000] == (255, 0, 0)).all()
    assert (card[200, 300] != (255, 0, 0)).any()


def tinted(card: np.ndarray, left: bool) -> np.ndarray:
    """The small face that shows why, of the first or the second photo."""
    top, side = canvas.MARGIN + 552 + 24, similar.EVIDENCE_SIDE
    x = canvas.MARGIN if left else 1200 - canvas.MARGIN - side
    return card[top : top + side, x : x + side].astype(int)


def why(photo: Located, **changes: float) -> np.ndarray:
    """A card on which both maps have `changes` in these regions."""
    matrix = to_template(photo.face, TEMPLATES["dlib"], 150)
    labels = region_labels(transform(photo.face.landmarks, matrix), 150)
    values = np.array([changes.get(region, 0.0) for region in REGIONS], np.float32)[labels]
    one = similar.Why(values, matrix)
    return similar.similar((photo.pixels,) * 2, (photo.face,) * 2, 50, 90, same_person=False, why=(one, one))


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
    maps = [similar.Why(np.full((150, 150), value, np.float32), matrix) for value in (FULL, -FULL)]
    card = similar.similar((photo.pixels,) * 2, (photo.face,) * 2, 50, 90, same_person=False, why=(maps[0], maps[1]))
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


INNER = 1200 - 2 * canvas.MARGIN
"""Pixels from 0 to 100 on the gauge."""


@pytest.mark.parametrize(
    ("percent", "interval", "same", "ink"),
    [
        (93.9, (41.3, 96.2), None, canvas.UNSURE),
        (97.2, (91.5, 98.8), True, canvas.SAME),
        (28.0, (5.0, 62.0), False, canvas.DIFFERENT),
        (93.0, (20.0, 80.0), False, canvas.DIFFERENT),  # outside: what spoils a photo makes strangers look alike
    ],
)
def test_with_an_interval_the_gauge_is_a_band_and_points_at_the_percentage(
    percent: float, interval: tuple[float, float], same: bool | None, ink: tuple[int, int, int], photo: Located
) -> None:
    card = similar.similar((photo.pixels,) * 2, (photo.face,) * 2, percent, 90, same, interval=interval)
    assert card.shape == (852, 1200, 3)
    bar = card[750, canvas.MARGIN : -canvas.MARGIN].astype(int)
    filled = np.nonzero(np.abs(bar - ink).max(axis=1) < 6)[0]
    assert filled.min() / INNER == pytest.approx(interval[0] / 100, abs=0.003)
    assert filled.max() / INNER == pytest.approx(interval[1] / 100, abs=0.003)
    others = [one for one in (canvas.SAME, canvas.DIFFERENT, canvas.UNSURE) if one != ink]
    assert all(share_of(card, one, slice(730, 778)) == 0 for one in others)
    above = card[718:722, canvas.MARGIN : -canvas.MARGIN]
    pointer = np.nonzero((above == canvas.INK).all(axis=(0, 2)))[0]
    assert pointer.mean() / INNER == pytest.approx(percent / 100, abs=0.003)


def test_the_ends_of_the_band_are_numbered_where_there_is_room(photo: Located) -> None:
    def numbers(interval: tuple[float, float]) -> list[int]:
        """Where there are numbers under the gauge, in percent of it."""
        card = similar.similar((photo.pixels,) * 2, (photo.face,) * 2, 50, 90, None, interval=interval)
        columns = np.nonzero((card[788:812] != canvas.BACKGROUND).any(axis=(0, 2)))[0]
        parts = np.split(columns, np.nonzero(np.diff(columns) > 12)[0] + 1)
        return [round(100 * (float(part.mean()) - canvas.MARGIN) / INNER) for part in parts]

    plain = numbers((2, 93))
    assert len(plain) == 3
    assert numbers((41, 62)) == [plain[0], 41, 62, *plain[1:]]
    assert numbers((41, 43)) == plain


def test_only_an_unsure_percentage_is_drawn_with_a_question_mark(photo: Located) -> None:
    unsure, sure = (
        similar.similar((photo.pixels,) * 2, (photo.face,) * 2, 50, 90, same, interval=(20, 80))
        for same in (None, False)
    )
    widths = [np.ptp(np.nonzero((card[630:700] == canvas.INK).all(axis=2))[1]) for card in (unsure, sure)]
    assert widths[0] > 1.1 * widths[1]


IN_PLACE = np.eye(2, 3)
"""A crop that is the left upper corner of its photo."""


@pytest.mark.parametrize("colormap", ["cividis", "viridis", "inferno", "jet"])
@pytest.mark.parametrize("shape", [(300, 300), (200, 900), (900, 200), (40, 40)])
def test_a_heatmap_card_fits_any_photo(shape: tuple[int, int], colormap: Colormap) -> None:
    grey = np.full((*shape, 3), 128, np.uint8)
    landmarks = np.random.default_rng(0).uniform(0, 30, (478, 2)).astype(np.float32)
    card = gradcam.gradcam(grey, Face(landmarks), np.zeros((150, 150), np.float32), IN_PLACE, colormap, mark=True)
    assert max(card.shape) < 2200 and min(card.shape[:2]) > 100


def test_the_hottest_place_is_the_brightest_with_the_default_colours() -> None:
    black = np.zeros((300, 300, 3), np.uint8)
    landmarks = np.random.default_rng(0).uniform(50, 250, (478, 2)).astype(np.float32)
    values = np.zeros((300, 300), np.float32)
    values[100:140, 150:190] = 1
    card = gradcam.gradcam(black, Face(landmarks), values, IN_PLACE, "cividis", mark=False)
    grey = np.asarray(Image.fromarray(card).convert("L")).astype(int)
    height = card.shape[0] - 2 * canvas.MARGIN
    covered = grey[canvas.MARGIN : -canvas.MARGIN, canvas.MARGIN + height + 24 : canvas.MARGIN + 2 * height + 24]
    y, x = np.unravel_index(covered.argmax(), covered.shape)
    assert 100 / 300 < y / height < 140 / 300
    assert 150 / 300 < x / height < 190 / 300


def numbered_squares(count: int) -> list[np.ndarray]:
    """Squares of one colour each, no two alike: red tells the place."""
    return [np.full((128, 128, 3), (250, place, 0), np.uint8) for place in range(count)]


def places_shown(card: np.ndarray, size: int) -> list[tuple[float, float, int]]:
    """Top, left and place of each square in the strip under a face of `size`, row by row."""
    strip = card[size + canvas.MARGIN * size // 768 + 5 :]
    rows, columns = np.nonzero((strip[..., 0] == 250) & (strip[..., 2] == 0))
    places, found = strip[rows, columns, 1], []
    for place in range(average.STRIP_PLACES):
        here = places == place
        if here.any():
            found.append((round(float(rows[here].mean())), round(float(columns[here].mean())), place))
    return found


@pytest.mark.parametrize("size", [512, 768, 1024])
@pytest.mark.parametrize("count", [1, 2, 7, 10, 11, 20, 35, 48])
def test_everybody_stands_in_the_strip_in_order_and_in_the_middle(count: int, size: int) -> None:
    card = average.average(np.full((size, size, 3), 200, np.uint8), numbered_squares(count), count)
    found = places_shown(card, size)
    assert [place for _, _, place in found] == list(range(count))
    assert sorted(found) == found, "row by row, and each from the left"
    for row in {top for top, _, _ in found}:
        lefts = [left for top, left, _ in found if top == row]
        assert (lefts[0] + lefts[-1]) / 2 == pytest.approx(card.shape[1] / 2, abs=2)
    assert card.shape[0] < 1.5 * card.shape[1]


def test_more_faces_than_places_are_counted_in_the_last_place() -> None:
    face = np.full((768, 768, 3), 200, np.uint8)
    squares = numbered_squares(average.STRIP_PLACES)
    full = average.average(face, squares, average.STRIP_PLACES)
    more = average.average(face, squares, 200)
    assert full.shape == more.shape
    assert [place for _, _, place in places_shown(more, 768)] == list(range(average.STRIP_PLACES - 1))
    assert (average.average(face, squares, 300) != more).any(), "the number is another"


def test_the_face_of_an_average_is_shown_pixel_by_pixel() -> None:
    face = np.random.default_rng(0).integers(0, 256, (768, 768, 3), np.uint8)
    card = average.average(face, numbered_squares(3), 3)
    inner = slice(canvas.MARGIN + canvas.RADIUS, canvas.MARGIN + 768 - canvas.RADIUS)
    assert (card[inner, inner] == face[canvas.RADIUS : -canvas.RADIUS, canvas.RADIUS : -canvas.RADIUS]).all()


def middle(card: np.ndarray, colour: tuple[int, int, int]) -> float:
    """The middle column of all pixels of this colour."""
    red, green, blue = (card[..., channel] == colour[channel] for channel in range(3))
    return float(np.nonzero(red & green & blue)[1].mean())


def knob(card: np.ndarray) -> float:
    """Where the knob on the slider of a mixture is, in parts of the card's width."""
    return middle(card[-80:], canvas.INK) / card.shape[1]


@pytest.mark.parametrize("size", [512, 768, 1024])
def test_a_mixture_shows_both_ends_and_where_it_stands_between(size: int) -> None:
    colours = [(250, 30 * i, 0) for i in range(average.MIXTURE_STEPS)]
    steps = [np.full((size, size, 3), colour, np.uint8) for colour in colours]
    cards = [average.mixture(np.full((size, size, 3), 200, np.uint8), steps, ratio) for ratio in (0.2, 0.5, 0.7)]
    assert knob(cards[0]) < knob(cards[1]) - 0.15 < knob(cards[2])
    assert knob(cards[1]) == pytest.approx(0.5, abs=0.01)
    for card in cards:
        lefts = [middle(card, colour) for colour in colours]
        assert lefts == sorted(lefts)
        first, second = (middle(card, ink) for ink in (canvas.SAME, canvas.DIFFERENT))
        assert first == pytest.approx(lefts[0], abs=2)
        assert second == pytest.approx(lefts[-1], abs=2)


def test_a_morph_goes_there_and_back_and_waits_at_both_ends() -> None:
    frames = [np.full((8, 8, 3), i, np.uint8) for i in range(5)]
    shown, milliseconds = average.morph(iter(frames))
    assert [frame[0, 0, 0] for frame in shown] == [0, 1, 2, 3, 4, 3, 2, 1]
    assert [time > 500 for time in milliseconds] == [True, False, False, False, True, False, False, False]


def test_a_thumbnail_is_nearer_than_a_portrait(photo: Located) -> None:
    marked = photo.pixels.copy()
    for x, y in np.round(photo.face.landmarks[[RIGHT_IRIS, LEFT_IRIS]]).astype(int):
        marked[y - 6 : y + 7, x - 6 : x + 7] = (255, 0, 255)

    def eyes_apart(thumb: np.ndarray) -> float:
        columns = np.nonzero(np.abs(thumb.astype(int) - (255, 0, 255)).max(axis=2) < 60)[1]
        left, right = (columns[side].mean() for side in (columns < 64, columns >= 64))
        return float(right - left) / 128

    close = average.thumbnail(marked, photo.face)
    assert close.shape == (average.STRIP_SIDE, average.STRIP_SIDE, 3)
    assert eyes_apart(close) == pytest.approx(0.32, abs=0.02)
    assert eyes_apart(average.portrait(marked, photo.face, 128)) == pytest.approx(0.20, abs=0.02)
