"""core.similarity.verification: figures of labelled pairs, held against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.similarity.verification import auc, line_at, measure, roc, wilson

# few values, so that there are ties; and lost pairs
likenesses = st.lists(st.sampled_from([-np.inf, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5]), min_size=1, max_size=30).map(
    np.array
)
labelled = st.lists(
    st.tuples(st.sampled_from([-np.inf, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0]), st.booleans()), min_size=1, max_size=40
)


def test_wilsons_interval_is_the_textbooks() -> None:
    found = wilson(8, 10)
    assert (found.value, found.low, found.high) == (
        0.8,
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    assert wilson(0, 50).low == 0 < wilson(0, 50).high
    assert wilson(50, 50).high == 1 > wilson(50, 50).low


@given(likenesses, likenesses)
def test_the_area_is_the_chance_to_be_right_about_two_pairs(people: np.ndarray, strangers: np.ndarray) -> None:
    found = auc(people, strangers)
    above = people[:, np.newaxis] > strangers[np.newaxis]
    equal = people[:, np.newaxis] == strangers[np.newaxis]
    assert found.value == pytest.approx((above + equal / 2).mean())
    assert 0 <= found.low <= found.value + 1e-12 and found.value - 1e-12 <= found.high <= 1


def test_the_area_s_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    truth = 0.9213503964748575  # of two normal distributions, two deviations apart: Phi(2 / sqrt(2))
    found = [auc(random.normal(2, 1, 60), random.normal(0, 1, 80)) for _ in range(400)]
    assert 0.9 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98


@given(likenesses, st.floats(0.001, 0.5))
def test_no_more_strangers_pass_than_are_allowed(strangers: np.ndarray, far: float) -> None:
    line = line_at(strangers, far)
    assert (strangers >= line).mean() <= far + 1e-9
    looser = strangers[strangers < line]
    if len(looser):  # the next line down would let too many pass
        assert (strangers >= looser.max()).mean() > far


@given(labelled)
def test_no_line_is_better_than_the_best(pairs: list[tuple[float, bool]]) -> None:
    likeness = np.array([one for one, _ in pairs])
    same = np.array([two for _, two in pairs])
    figures = measure(likeness, same, 0.0)
    lines = [*likeness[np.isfinite(likeness)], 9.0]
    best = max(((likeness >= line) == same).mean() for line in lines)
    assert figures.accuracy.value == pytest.approx(best)
    if np.isfinite(likeness).any():
        assert ((likeness >= figures.best_line) == same).mean() == pytest.approx(best)
    assert figures.at_line.value <= best + 1e-12
    assert figures.lost == np.isneginf(likeness).sum()


@given(likenesses, likenesses)
def test_the_curve_climbs_from_nothing_to_all(people: np.ndarray, strangers: np.ndarray) -> None:
    curve = roc(people, strangers)
    for shares in (curve.false_matches, curve.true_matches):
        assert (shares[0], shares[-1]) == (0, 1)
        assert (np.diff(shares) >= 0).all()


def test_figures_of_a_set_that_can_be_counted_by_hand() -> None:
    likeness = np.array([-0.1, -0.2, -0.5, -np.inf, -0.4, -0.6, -0.7, -0.8])
    same = np.array([True] * 4 + [False] * 4)
    figures = measure(likeness, same, -0.45)
    assert (figures.pairs, figures.same, figures.lost) == (8, 4, 1)
    assert figures.auc is not None and figures.auc.value == (4 + 4 + 3 + 0) / 16
    assert figures.eer is not None and figures.eer.value == 0.25
    assert figures.true_matches is not None and figures.true_matches.value == 0.5
    assert figures.false_matches is not None and figures.false_matches.value == 0.25
    assert figures.accuracy.value == 6 / 8
    assert figures.tar_at_far[0.01] is not None and figures.tar_at_far[0.01].value == 0.5


def test_without_pairs_of_a_kind_its_figures_are_missing() -> None:
    figures = measure(np.array([-0.5, -0.7]), np.array([False, False]), -0.6)
    assert figures.auc is None and figures.eer is None and figures.true_matches is None
    assert figures.false_matches is not None and figures.false_matches.value == 0.5
    with pytest.raises(ValueError, match="no pair"):
        measure(np.array([]), np.array([], dtype=bool), 0.0)
