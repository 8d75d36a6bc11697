"""core.models.device: CUDA asked for, on whatever machine this is, gives the answers of the processor."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

from core.answers import gradcam, similar
from core.contracts import CoreSettings, GradcamRequest, Photo, SimilarRequest
from core.engine import Engine
from core.models.device import CPU, CUDA, providers


def test_what_onnxruntime_is_told_to_use() -> None:
    assert providers("cpu", [CUDA, CPU]) == [CPU]
    assert providers("cuda", [CPU]) == [CPU]
    (first, options), last = providers("cuda", [CUDA, CPU])
    assert (first, last) == (CUDA, CPU)
    assert options["use_tf32"] == "0"


def test_cuda_gives_the_same_answers_and_says_where_it_runs(engine: Engine, sample_faces: Path) -> None:
    asked = Engine(CoreSettings(device="cuda"))
    photos = [Photo(name, (sample_faces / name).read_bytes()) for name in ("person_a_1.jpg", "person_b_1.jpg")]
    try:
        pair = SimilarRequest(photos[0], photos[1])
        ours, theirs = similar.answer(asked, pair), similar.answer(engine, pair)
        assert ours.score == pytest.approx(theirs.score, abs=1e-4)
        assert ours.regions == pytest.approx(theirs.regions, abs=1e-2)
        heatmap = GradcamRequest(photos[0], method="layercam")
        assert gradcam.answer(asked, heatmap).regions == pytest.approx(
            gradcam.answer(engine, heatmap).regions, abs=1e-3
        )
        devices = asked.devices()
    finally:
        asked.close()
    assert engine.devices().why == ""
    if CUDA not in onnxruntime.get_available_providers():
        assert (devices.embeddings, devices.heatmaps) == ("cpu", "cpu")
        assert "install onnxruntime-gpu in its place" in devices.why
