"""core.similarity.calibration: from labelled pairs to a file, and from the file to scores that mean something."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.contracts import Metric, ModelChoice, ModelMisconfigured
from core.models import resolve
from core.similarity.calibration import TooFewPairs, calibrate, measure_strangers
from core.similarity.percent import percent_curve
from core.similarity.verdict import rank

Set = tuple[np.ndarray, np.ndarray, list[tuple[str, str]]]


def crowd(people: int, seed: int) -> Set:
    """Likeness, truth and photos of all pairs of two photos each of made-up people, in the manner of a distance."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, 0.08, (people, 64))
    photos = np.repeat(centres, 2, axis=0) + random.normal(0, 0.025, (2 * people, 64))
    pairs = list(combinations(range(2 * people), 2))
    likeness = np.array([-np.linalg.norm(photos[a] - photos[b]) for a, b in pairs])
    return (
        likeness,
        np.array([a // 2 == b // 2 for a, b in pairs]),
        [(f"{a // 2}/{a}", f"{b // 2}/{b}") for a, b in pairs],
    )


@pytest.mark.parametrize(
    ("model", "metric", "far"), [("dlib", "euclidean", 0.01), ("dlib", "euclidean", 0.2), ("sface", "cosine", 0.01)]
)
def test_loaded_back_the_threshold_is_at_90_percent_exactly(
    model: str, metric: Metric, far: float, tmp_path: Path
) -> None:
    likeness, same, photos = crowd(20, seed=1)
    if metric == "cosine":
        likeness = 1 + likeness / 2
    likeness[:3] = -np.inf
    made = calibrate(model, metric, 'our "pairs" ü.csv', likeness, same, photos, far)
    file = tmp_path / "calibration.toml"
    file.write_text(made.toml(), encoding="utf-8")
    spec = resolve(ModelChoice(model, {"calibration": str(file), "threshold": 0.123}))
    curve = percent_curve(spec)
    assert spec.threshold == made.threshold
    assert curve(spec.threshold) == 90
    assert spec.strangers == made.strangers
    assert spec.strangers is not None and spec.strangers.data == 'our "pairs" ü.csv'
    assert made.same_median is not None
    assert curve(made.same_median) == pytest.approx(97)
    assert curve(made.strangers_median) == pytest.approx(20)
    sign = 1 if metric == "cosine" else -1
    strangers = likeness[~same & np.isfinite(likeness)]
    assert (strangers >= sign * spec.threshold).mean() <= far


def test_where_nobody_is_in_between_the_line_is_in_the_middle() -> None:
    likeness = np.concatenate([-np.full(5, 0.3), -np.linspace(0.7, 1.2, 30)])
    same = np.arange(35) < 5
    made = calibrate("dlib", "euclidean", "x", likeness, same, [(f"{i}", f"{i + 1}") for i in range(35)])
    assert made.threshold == pytest.approx(0.5)


def test_a_rank_is_right_for_people_who_were_not_asked() -> None:
    inside, total = 0, 0
    for seed in range(6):
        likeness, same, _ = crowd(40, seed=100 + seed)
        pairs = list(combinations(range(80), 2))
        half = [
            np.array([(a < 40) == first and (b < 40) == first for a, b in pairs]) & ~same for first in (True, False)
        ]
        names = [(str(a // 2), str(b // 2)) for (a, b), mine in zip(pairs, half[0], strict=True) if mine]
        measured = measure_strangers("half of them", -likeness[half[0]], names, "euclidean")
        others = -likeness[half[1]]
        found = np.array([(others <= score).mean() for score in measured.scores])
        inside += int((np.abs(found - measured.parts) <= measured.errors).sum())
        total += len(found)
    assert inside / total >= 0.9


def test_errors_shrink_with_the_people_and_not_with_photos_of_them() -> None:
    likeness, same, photos = crowd(30, seed=7)
    names = [(a.split("/")[0], b.split("/")[0]) for a, b in photos]
    strangers = [pair for pair, one in zip(names, same, strict=True) if not one]
    few = measure_strangers("", -likeness[~same], strangers, "euclidean")
    twice = measure_strangers("", np.tile(-likeness[~same], 2), strangers * 2, "euclidean")
    middle = few.parts.index(0.5)
    assert twice.errors[middle] == pytest.approx(few.errors[middle], rel=0.35)
    assert few.errors[middle] > 3 * 1.96 * 0.5 / np.sqrt(len(strangers))


def test_a_rank_past_what_was_measured_is_a_bound() -> None:
    spec = resolve(ModelChoice("dlib"))
    assert spec.strangers is not None
    best, worst = rank(0.0, spec), rank(9.0, spec)
    assert best is not None and worst is not None
    assert best.part == 1 - spec.strangers.parts[0] == 0.999
    assert worst.part == pytest.approx(0.01)
    assert rank(0.5, resolve(ModelChoice("japanese-face-v1", {"path": "mine.onnx"}))) is None


@pytest.mark.parametrize("strangers", [np.array([]), -np.full(40, 0.5)])
def test_what_cannot_be_calibrated_is_said(strangers: np.ndarray) -> None:
    likeness = np.concatenate([[-0.9], strangers])
    same = np.arange(len(likeness)) == 0
    with pytest.raises(TooFewPairs, match="different people"):
        calibrate("dlib", "euclidean", "x", likeness, same, [("a", str(i)) for i in range(len(likeness))])


def good() -> str:
    likeness, same, photos = crowd(12, seed=2)
    return calibrate("dlib", "euclidean", "x.csv", likeness, same, photos).toml()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("threshold", "treshold", "unknown key.*is threshold meant"),
        ('model = "dlib"', 'model = "sface"', "model: expected 'dlib'.*found 'sface'"),
        ('metric = "euclidean"', 'metric = "cosine"', "metric: expected 'euclidean'"),
        ("parts = [0.0", "parts = [1.0", "parts: expected rising"),
        ("scores = [0", "scores = [9", "scores: expected the model's scores"),
        ("errors = [0", "errors = [7", "errors: expected numbers"),
        ("[strangers]", "[strangers", "TOML"),
    ],
)
def test_a_file_that_was_spoilt_is_named_with_what_is_wrong(old: str, new: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    head, tail = good().rsplit(old, 1)  # not what stands in the comment above
    file.write_text(head + new + tail)
    with pytest.raises(ModelMisconfigured, match=says):
        resolve(ModelChoice("dlib", {"calibration": str(file)}))


def test_a_file_that_is_not_there_comes_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelMisconfigured, match="sokkuri evaluate") as caught:
        resolve(ModelChoice("dlib", {"calibration": str(tmp_path / "none.toml")}))
    assert str(tmp_path / "none.toml") in caught.value.detail
    with pytest.raises(ModelMisconfigured, match="calibration: expected a path"):
        resolve(ModelChoice("dlib", {"calibration": 3}))


def test_another_network_has_neither_the_strangers_nor_the_cohort_of_the_catalogue() -> None:
    own = resolve(ModelChoice("dlib", {"path": "mine.dat"}))
    assert own.strangers is None and own.cohort is None
    assert resolve(ModelChoice("dlib", {"threshold": 0.5})).cohort is not None
