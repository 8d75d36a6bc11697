"""A model of one's own, named in the settings, answers all three questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from efficientnet import Efficientnet

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

KINDS: dict[str, Callable[[Efficientnet], dict[str, Any]]] = {
    "onnx": lambda files: {"path": str(files.onnx)},
    "onnx with a state dict for heatmaps": lambda files: {"path": str(files.onnx), "torch": {"path": str(files.state)}},
    "timm state dict": lambda files: {"kind": "timm", "path": str(files.state)},
}


@pytest.fixture(scope="module", params=list(KINDS))
def own(request: pytest.FixtureRequest, efficientnet: Efficientnet) -> Iterator[Engine]:
    choice = ModelChoice("japanese-face-v1", KINDS[request.param](efficientnet))
    engine = Engine(CoreSettings(model=choice))
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


def test_gradcam_without_torch(efficientnet: Efficientnet, sample: Callable[[str], Photo]) -> None:
    engine = Engine(CoreSettings(model=ModelChoice("japanese-face-v1", KINDS["onnx"](efficientnet))))
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
    efficientnet: Efficientnet, sample: Callable[[str], Photo]
) -> None:
    scores = []
    for kind in KINDS.values():
        engine = Engine(CoreSettings(model=ModelChoice("japanese-face-v1", kind(efficientnet))))
        scores.append(similar.answer(engine, SimilarRequest(sample("c_1"), sample("d_1"), explain=False)).score)
        engine.close()
    assert scores == pytest.approx([scores[0]] * len(scores), abs=1e-5)
