"""core.similarity.doubt: laws of the interval of a score between faces that are spoiled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import CAUTION_KINDS, CautionKind, ModelChoice
from core.models import resolve
from core.models.spec import ModelSpec, PolynomialPercent
from core.quality import effect
from core.similarity.doubt import Effect, Effects, interval, sure
from core.similarity.scores import all_scores, dissimilarity
from core.similarity.verdict import verdict

DLIB = resolve(ModelChoice("dlib"))
SFACE = resolve(ModelChoice("sface"))
ARTICLE = resolve(ModelChoice("japanese-face-v1", {"path": "mine.onnx"}))
OWN = replace(DLIB, percent=PolynomialPercent((-100.0, 150.0)), strangers=None)
"""A model of one's own, of distances, with percentages by a formula."""

shares = st.floats(0, 1)
some_effects = st.dictionaries(
    st.sampled_from(CAUTION_KINDS),
    st.builds(Effect, st.floats(0, 0.3), st.floats(0, 0.5), st.floats(0.2, 1)),
    min_size=1,
    max_size=4,
)
specs = st.sampled_from([DLIB, SFACE, ARTICLE, OWN])


def score_of(spec: ModelSpec, way: float) -> float:
    """Any score of the model: 0, the same picture; 1, as unlike as can be."""
    return 1.5 * way if spec.metric == "euclidean" else 1 - 2 * way


def ends(spec: ModelSpec, score: float, first: Effects, second: Effects) -> tuple[float, float]:
    """The dissimilarities between which it may lie, from the most alike on."""
    found = interval(score, spec, first, second)
    assert found is not None
    low, high = (dissimilarity(end, spec.metric) for end in found)
    return high, low


@given(specs, shares)
def test_clear_faces_leave_no_doubt(spec: ModelSpec, way: float) -> None:
    score = score_of(spec, way)
    assert interval(score, spec, {}, {}) is None
    assert verdict(score, spec, None) == verdict(score, spec)


@given(specs, shares, some_effects, st.one_of(st.just({}), some_effects))
def test_the_score_itself_lies_between_and_the_order_of_the_faces_changes_nothing(
    spec: ModelSpec, way: float, first: Effects, second: Effects
) -> None:
    score = score_of(spec, way)
    near, far = ends(spec, score, first, second)
    assert near - 1e-9 <= dissimilarity(score, spec.metric) <= far + 1e-9
    assert near >= -1e-9
    assert interval(score, spec, first, second) == pytest.approx(interval(score, spec, second, first))
    if spec.metric == "cosine":
        assert far <= 2


@given(specs, shares, shares, some_effects, some_effects)
def test_more_alike_faces_have_a_more_alike_interval(
    spec: ModelSpec, one: float, two: float, first: Effects, second: Effects
) -> None:
    less, more = sorted((one, two))
    near, far = (ends(spec, score_of(spec, way), first, second) for way in (less, more))
    assert near[0] <= far[0] + 1e-9
    assert near[1] <= far[1] + 1e-9


@given(specs, shares, some_effects, some_effects, st.sampled_from(CAUTION_KINDS))
def test_whatever_else_is_wrong_makes_it_wider(
    spec: ModelSpec, way: float, first: Effects, second: Effects, kind: CautionKind
) -> None:
    score = score_of(spec, way)
    near, far = ends(spec, score, first, second)
    worse = {**first, kind: Effect(0.5, 0.9, 0.1)}
    nearer, farther = ends(spec, score, worse, second)
    assert nearer <= near + 1e-9
    assert farther >= far - 1e-9


@given(specs, st.integers(0, 2**32 - 1), st.lists(st.one_of(st.just({}), some_effects), min_size=4, max_size=4))
def test_a_score_that_is_sure_is_the_least_alike_end(spec: ModelSpec, seed: int, effects: list[Effects]) -> None:
    vectors = np.random.default_rng(seed).normal(0, 0.1, (4, 8)).astype(np.float32)
    scores = all_scores(vectors, spec.metric)
    found = sure(scores, spec, effects)
    assert np.array_equal(found, found.T)
    assert found.diagonal() == pytest.approx(scores.diagonal())
    for i in range(4):
        for j in range(i):
            bounds = interval(float(scores[i, j]), spec, effects[i], effects[j])
            least = scores[i, j] if bounds is None else bounds[0]
            assert max(found[i, j], -1.0) == pytest.approx(least)


@pytest.mark.parametrize(
    "spec", [DLIB, SFACE, ARTICLE, OWN], ids=lambda spec: f"{spec.name} {type(spec.percent).__name__}"
)
@pytest.mark.parametrize("kind", CAUTION_KINDS)
def test_no_word_is_said_where_the_line_lies_between(kind: CautionKind, spec: ModelSpec) -> None:
    """Beyond the line by less than what is in doubt: unsure; the same picture is the same, and its opposite is not."""
    wrong = {kind: effect(kind, 0.0)}
    for score, expected in ((score_of(spec, 0), "same"), (spec.threshold, "unsure"), (score_of(spec, 1), "little")):
        assert verdict(score, spec, interval(score, spec, wrong, wrong)) == expected


def test_what_both_faces_have_counts_more_than_what_one_has_and_less_than_twice() -> None:
    dark = {"dark": Effect(0.06, 0.1, 0.9)}
    far = [
        ends(SFACE, 0.5, *faces)[1] for faces in ((dark, {}), (dark, dark), (dark, {"small": Effect(0.06, 0.1, 0.9)}))
    ]
    assert far[0] < far[1] < far[2]


def test_strangers_are_no_lookalikes_in_a_model_that_does_not_say_how_unlike_they_are() -> None:
    assert verdict(0.61, OWN) == "lookalike"
    assert verdict(0.8, OWN) == "some"
    assert verdict(1.0, OWN) == "little"
