from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.contracts import Metric, ModelChoice
from core.models import resolve
from core.similarity.percent import Polynomial, Spread, percent_curve
from core.similarity.scores import same_person, score

vectors = arrays(np.float32, 16, elements=st.floats(-10, 10, width=32)).filter(
    lambda v: float(np.linalg.norm(v)) > 1e-3
)
metrics = st.sampled_from(["euclidean", "cosine"])
CURVES = [Spread("euclidean", 0.6, 0.85), Spread("cosine", 0.363, 0.02), Polynomial((-23.71, 49.98, 73.69))]


@given(vectors, vectors, metrics)
def test_the_order_of_the_photos_changes_nothing(a: np.ndarray, b: np.ndarray, metric: Metric) -> None:
    assert score(a, b, metric) == pytest.approx(score(b, a, metric), abs=1e-12)


@given(vectors)
def test_a_face_is_most_like_itself(a: np.ndarray) -> None:
    assert score(a, a, "euclidean") == 0
    assert score(a, a, "cosine") == pytest.approx(1)


@given(vectors, vectors, st.floats(0.01, 100))
def test_cosine_sees_only_directions(a: np.ndarray, b: np.ndarray, factor: float) -> None:
    assert score(a * np.float32(factor), b, "cosine") == pytest.approx(score(a, b, "cosine"), abs=1e-4)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_vector_that_no_face_gives_is_refused(metric: Metric) -> None:
    good = np.ones(4, np.float32)
    with pytest.raises(ValueError, match="finite"):
        score(good, np.array([1, np.nan, 0, 0], np.float32), metric)
    if metric == "cosine":
        with pytest.raises(ValueError, match="length 0"):
            score(good, np.zeros(4, np.float32), metric)


@pytest.mark.parametrize(("cosine", "percent"), [(0, 73.69), (0.4, 89.89), (1, 99.96), (-1, 0)])
def test_the_article_s_percentages(cosine: float, percent: float) -> None:
    assert percent_curve(resolve(ModelChoice("japanese-face-v1", {"path": "mine.onnx"})))(cosine) == percent


@pytest.mark.parametrize(
    ("curve", "same", "line", "strangers"), [(CURVES[0], 0, 0.6, 0.85), (CURVES[1], 1, 0.363, 0.02)]
)
def test_the_curve_goes_through_its_three_points(curve: Spread, same: float, line: float, strangers: float) -> None:
    assert curve(same) == pytest.approx(100)
    assert curve(line) == pytest.approx(90)
    assert curve(strangers) == pytest.approx(20)


@given(st.floats(0.1, 0.8), st.floats(0.81, 2), st.floats(0.1, 0.9), st.floats(0, 1))
def test_the_curve_is_scipy_s(line: float, strangers: float, usual: float, where: float) -> None:
    from scipy.interpolate import PchipInterpolator

    theirs = PchipInterpolator([0, usual * line, line, strangers, 2 * strangers], [100, 97, 90, 20, 0])
    ours = Spread("euclidean", line, strangers, usual * line)
    assert ours(where * 2 * strangers) == pytest.approx(float(theirs(where * 2 * strangers)), abs=1e-9)


@given(st.floats(-1, 3), st.floats(-1, 3), st.sampled_from(CURVES[:2]))
def test_more_alike_is_never_less_percent(one: float, two: float, curve: Spread) -> None:
    near, far = (min(one, two), max(one, two)) if curve is CURVES[0] else (max(one, two), min(one, two))
    assert 0 <= curve(far) <= curve(near) <= 100


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_the_polynomial_rises_over_all_cosines(one: float, two: float) -> None:
    assert 0 <= CURVES[2](min(one, two)) <= CURVES[2](max(one, two)) <= 100


def test_a_curve_that_cannot_fall_is_refused() -> None:
    with pytest.raises(ValueError, match="far side"):
        Spread("euclidean", 0.6, 0.5)


def test_the_line_itself_belongs_to_the_same_person() -> None:
    assert same_person(0.6, 0.6, "euclidean") and not same_person(0.61, 0.6, "euclidean")
    assert same_person(0.4, 0.4, "cosine") and not same_person(0.39, 0.4, "cosine")
