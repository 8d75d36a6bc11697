from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import heatmap
from core.answers import similar
from core.contracts import REGIONS, ModelChoice, Photo, SimilarRequest
from core.engine import Engine, Located
from core.heatmap import Evidence
from core.models import resolve

SIZE = resolve(ModelChoice()).input_size
NO_MAPS = (np.zeros((SIZE, SIZE), np.float32),) * 2

Side = tuple[np.ndarray, np.ndarray]
"""A crop and its landmarks."""


@pytest.fixture(scope="module")
def side(engine: Engine, sample: Callable[[str], Photo], locate: Callable[[Photo], Located]) -> Callable[[str], Side]:
    def make(name: str) -> Side:
        crop = engine.crop(locate(sample(name)))
        return crop.pixels, crop.landmarks

    return make


def evidence(engine: Engine, first: Side, second: Side) -> Evidence:
    return heatmap.evidence(engine.embedder, (first[0], second[0]), (first[1], second[1]))


@pytest.fixture(scope="module")
def compared(engine: Engine, side: Callable[[str], Side]) -> Callable[[str, str], Evidence]:
    """What makes the faces of two photos alike; found once for each pair."""
    return cache(lambda first, second: evidence(engine, side(first), side(second)))


def test_shares_are_signed_and_their_sizes_add_up(compared: Callable[[str, str], Evidence]) -> None:
    for first, second in (("a_1", "a_2"), ("a_1", "b_2")):
        shares = compared(first, second).shares
        assert list(shares) == list(REGIONS)
        assert sum(map(abs, shares.values())) == pytest.approx(1)
    assert sum(shares.values()) < 0, "strangers grow more alike by what is hidden of them"


def test_the_order_of_the_photos_does_not_matter(compared: Callable[[str, str], Evidence]) -> None:
    there, back = compared("c_1", "f_1"), compared("f_1", "c_1")
    assert there.changes == pytest.approx(back.changes, abs=1e-5)
    assert there.shares == pytest.approx(back.shares, abs=1e-4)
    assert there.maps[0] == pytest.approx(back.maps[1], abs=1e-5)
    assert there.maps[1] == pytest.approx(back.maps[0], abs=1e-5)
    assert np.abs(there.maps[0] - there.maps[1]).max() > 0.01


@pytest.mark.parametrize("pair", [("a_1", "a_2"), ("c_1", "f_1"), ("a_1", "b_2")])
def test_the_maps_say_what_the_shares_say(
    pair: tuple[str, str], compared: Callable[[str, str], Evidence], side: Callable[[str], Side]
) -> None:
    sides = [side(name) for name in pair]
    found = compared(*pair)
    of_region = np.zeros(len(REGIONS))
    for values, (_, landmarks) in zip(found.maps, sides, strict=True):
        labels = heatmap.region_labels(landmarks, SIZE).ravel()
        of_region += np.bincount(labels, values.ravel(), len(REGIONS)) / np.bincount(labels, minlength=len(REGIONS))
    changes = np.array([found.changes[region] for region in REGIONS])
    assert np.corrcoef(of_region, changes)[0, 1] > 0.6
    assert np.sign(of_region.sum()) == np.sign(changes.sum())


def test_what_is_hidden_already_adds_nothing_to_a_map(engine: Engine, side: Callable[[str], Side]) -> None:
    grey = np.full((SIZE, SIZE, 3), 128, np.uint8)
    crop, landmarks = side("c_1")
    first, second = evidence(engine, (grey, landmarks), (crop, landmarks)).maps
    assert np.abs(first).max() < 1e-5
    assert np.abs(second).max() > 0.01


@pytest.mark.parametrize("region", REGIONS)
def test_to_hide_what_is_hidden_already_changes_nothing(
    region: str, engine: Engine, side: Callable[[str], Side]
) -> None:
    index = REGIONS.index(region)  # type: ignore[arg-type]
    sides = []
    for crop, landmarks in (side("c_1"), side("f_1")):
        labels = heatmap.region_labels(landmarks, SIZE)
        sides.append((heatmap.hide(crop, labels == index), landmarks))
    changes = evidence(engine, *sides).changes
    assert changes[region] == pytest.approx(0, abs=1e-5)  # type: ignore[index]
    assert any(abs(change) > 0.01 for change in changes.values())


def test_one_photo_twice_gives_no_evidence(compared: Callable[[str, str], Evidence]) -> None:
    found = compared("a_1", "a_1")
    assert set(found.shares.values()) == {0.0}
    assert max(map(abs, found.changes.values())) < 1e-5
    assert max(np.abs(one).max() for one in found.maps) < 1e-5


def test_next_to_no_change_is_not_blown_up() -> None:
    faint = Evidence(dict.fromkeys(REGIONS, 0.001), NO_MAPS)
    assert set(faint.shares.values()) == {0.0}
    clear = Evidence(dict.fromkeys(REGIONS, -0.1), NO_MAPS)
    assert clear.shares == pytest.approx(dict.fromkeys(REGIONS, -1 / len(REGIONS)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 70), st.floats(0, 1))
def test_hiding_leaves_the_rest_and_forgets_what_was_there(seed: int, size: int, part: float) -> None:
    random = np.random.default_rng(seed)
    crop = random.integers(0, 256, (size, size, 3), np.uint8)
    hidden = random.random((size, size)) < part
    shown = heatmap.hide(crop, hidden)
    assert (shown[~hidden] == crop[~hidden]).all()
    assert (heatmap.hide(shown, hidden) == shown).all()
    crop[hidden] = 255 - crop[hidden]
    assert (heatmap.hide(crop, hidden) == shown).all()


def test_what_is_filled_in_is_what_stands_around() -> None:
    crop = np.full((64, 64, 3), (200, 100, 50), np.uint8)
    hidden = np.zeros((64, 64), bool)
    hidden[20:50, 10:40] = True
    crop[hidden] = 0
    assert np.abs(heatmap.hide(crop, hidden).astype(int) - (200, 100, 50)).max() <= 1


def test_similar_is_explained_unless_told_not_to(engine: Engine, sample: Callable[[str], Photo]) -> None:
    photos = sample("c_1"), sample("f_1")
    explained = similar.answer(engine, SimilarRequest(*photos))
    plain = similar.answer(engine, SimilarRequest(*photos, explain=False))
    assert set(explained.regions) == set(REGIONS)
    assert plain.regions == {}
    assert "explain" not in plain.stages
    assert explained.score == plain.score
    assert explained.picture.height > plain.picture.height
    swapped = similar.answer(engine, SimilarRequest(*photos[::-1]))
    assert swapped.regions == pytest.approx(explained.regions, abs=1e-4)
