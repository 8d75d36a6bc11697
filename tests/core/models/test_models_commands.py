"""A model of one's own, named in the settings, answers all three questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from efficientnet import Efficientnet, save_efficientnet

from core.answers import gradcam, similar
from core.answers.average import OpenAverage
from core.contracts import (
    AverageBatch,
    AverageRules,
    AverageStart,
    CoreSettings,
    GradcamRequest,
    ModelChoice,
    Photo,
    SimilarRequest,
)
from core.engine import Engine

SIDE = 96
"""Pixels a side of what the network takes: fewer than the article's 224, for what is asked is not how well it sees."""

KINDS: dict[str, Callable[[Efficientnet], dict[str, Any]]] = {
    "onnx": lambda files: {"path": str(files.onnx)},
    "onnx with a state dict for heatmaps": lambda files: {"path": str(files.onnx), "torch": {"path": str(files.state)}},
    "timm state dict": lambda files: {"kind": "timm", "path": str(files.state)},
}


@pytest.fixture(scope="module")
def small_efficientnet(tmp_path_factory: pytest.TempPathFactory) -> Efficientnet:
    return save_efficientnet(tmp_path_factory.mktemp("small_efficientnet"), side=SIDE)


def opened(kind: str, files: Efficientnet) -> Engine:
    choice = ModelChoice("japanese-face-v1", {"input_size": SIDE, **KINDS[kind](files)})
    return Engine(CoreSettings(model=choice))


@pytest.fixture(scope="module", params=list(KINDS))
def own(request: pytest.FixtureRequest, small_efficientnet: Efficientnet) -> Iterator[Engine]:
    engine = opened(request.param, small_efficientnet)
    yield engine
    engine.close()


def test_similar(own: Engine, sample: Callable[[str], Photo]) -> None:
    result = similar.answer(own, SimilarRequest(sample("a_1"), sample("b_1")))
    assert (result.model, result.metric, result.threshold) == ("japanese-face-v1", "cosine", 0.4)
    c = result.score
    assert result.percent == pytest.approx(-23.71 * c * c + 49.98 * c + 73.69, abs=0.006)
    assert result.same_person == (c >= 0.4)
    assert similar.answer(own, SimilarRequest(sample("a_1"), sample("a_1"), explain=False)).percent == 99.96


def test_gradcam_as_in_the_article(own: Engine, sample: Callable[[str], Photo]) -> None:
    result = gradcam.answer(own, GradcamRequest(sample("a_1"), method="gradcam", target="largest"))
    assert (result.method, result.target) == ("gradcam", "largest")
    assert sum(result.regions.values()) == pytest.approx(1)


def test_gradcam_without_torch(small_efficientnet: Efficientnet, sample: Callable[[str], Photo]) -> None:
    engine = opened("onnx", small_efficientnet)
    result = gradcam.answer(engine, GradcamRequest(sample("a_1")))
    engine.close()
    assert (result.method, result.target) == ("occlusion", "identity")
    assert "load" not in result.stages
    assert sum(result.regions.values()) == pytest.approx(1)


def test_average_of_each_person_once(own: Engine, sample: Callable[[str], Photo]) -> None:
    average = OpenAverage(own, AverageStart(rules=AverageRules(one_each=True)))
    looked_at = average.look(AverageBatch(tuple(map(sample, ("a_1", "b_1", "a_1")))))
    assert all(face.vector for face in looked_at.faces)


def test_all_ways_to_the_same_weights_give_the_same_score(
    small_efficientnet: Efficientnet, sample: Callable[[str], Photo]
) -> None:
    scores = []
    for kind in KINDS:
        engine = opened(kind, small_efficientnet)
        scores.append(similar.answer(engine, SimilarRequest(sample("c_1"), sample("d_1"), explain=False)).score)
        engine.close()
    assert scores == pytest.approx([scores[0]] * len(scores), abs=1e-5)
