"""The catalogue: what it says of itself, and what becomes of overrides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.contracts import ModelChoice, ModelMisconfigured
from core.models import ModelSpec, resolve
from core.models.catalog import load_catalog
from core.models.spec import CurvePercent, PolynomialPercent
from core.similarity.percent import percent_curve

OWN: dict[str, Any] = {"path": "own.onnx", "input_size": 112, "threshold": 0.3}


def test_files_are_described_in_full() -> None:
    for name, file in load_catalog().files.items():
        assert file.name == name
        assert file.size > 0
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.address.startswith("https://")
        assert file.licence and file.holds


def test_every_model_resolves_once_its_own_file_is_named() -> None:
    for name in load_catalog().models:
        spec = resolve(ModelChoice(name, OWN))
        assert spec.name == name
        assert spec.path == Path("own.onnx")


def test_sface_is_the_default() -> None:
    spec = resolve(ModelChoice())
    assert (spec.name, spec.kind, spec.metric, spec.threshold, spec.width) == ("sface", "onnx", "cosine", 0.363, 128)
    assert spec.file in load_catalog().files
    assert isinstance(spec.percent, CurvePercent)


def test_japanese_face_has_the_articles_numbers() -> None:
    spec = resolve(ModelChoice("japanese-face-v1", {"path": "~/face.onnx"}))
    assert spec.path == Path("~/face.onnx").expanduser()
    assert (spec.input_size, spec.metric, spec.threshold, spec.width) == (224, "cosine", 0.4, 512)
    assert spec.scale * 255 == pytest.approx(1)
    assert spec.torch is None
    assert isinstance(spec.percent, PolynomialPercent)
    for score, percent in ((0, 73.69), (0.4, 89.89), (1, 99.96)):
        value = 0.0
        for coefficient in spec.percent.coefficients:
            value = value * score + coefficient
        assert round(value, 2) == percent


def test_a_twin_takes_what_the_preset_knows() -> None:
    spec = resolve(ModelChoice("japanese-face-v1", {"path": "a.onnx", "torch": {"path": "a.pth"}}))
    assert spec.torch is not None
    assert (spec.torch.path, spec.torch.architecture) == (Path("a.pth"), "tf_efficientnetv2_b0")
    assert (spec.torch.prefix, spec.torch.layer) == ("trunk.", "trunk.blocks[-1]")


def test_a_state_dict_alone() -> None:
    spec = resolve(ModelChoice("japanese-face-v1", {"path": "a.pth", "kind": "timm"}))
    assert spec.torch is not None
    assert spec.torch.path == spec.path == Path("a.pth")


def test_overrides_win_key_by_key() -> None:
    spec = resolve(ModelChoice("dlib", {"threshold": 0.55, "heatmap": {"method": "gradcam"}}))
    assert spec.threshold == 0.55
    assert spec.heatmap.method == "gradcam"
    assert spec.heatmap.layers == resolve(ModelChoice("dlib")).heatmap.layers


def test_a_percent_curve_replaces_the_presets() -> None:
    spec = resolve(ModelChoice("japanese-face-v1", {"path": "a.onnx", "percent": {"strangers_median": 0.1}}))
    assert spec.percent == CurvePercent(0.1)


@pytest.mark.parametrize(
    ("name", "overrides", "parts"),
    [
        ("facenet", {}, ["dlib, sface", "'facenet'"]),
        ("dlib", {"treshold": 0.5}, ["treshold", "threshold"]),
        ("dlib", {"threshold": "0.6"}, ["threshold", "a number", "'0.6'"]),
        ("dlib", {"threshold": float("nan")}, ["threshold", "nan"]),
        ("dlib", {"threshold": True}, ["threshold", "True"]),
        ("dlib", {"threshold": -0.1}, ["threshold", "from 0", "-0.1"]),
        ("dlib", {"threshold": 0}, ["threshold", "different photos", "0"]),
        ("sface", {"threshold": 1}, ["threshold", "different photos", "1"]),
        ("dlib", {"input_size": 150.0}, ["input_size", "a whole number", "150.0"]),
        ("dlib", {"input_size": 0}, ["input_size", "from 16", "0"]),
        ("dlib", {"channels": "grb"}, ["channels", "rgb, bgr", "'grb'"]),
        ("dlib", {"mean": [1, 2]}, ["mean", "3 numbers", "[1, 2]"]),
        ("dlib", {"deviation": [1, 0, 1]}, ["deviation", "above 0"]),
        ("dlib", {"scale": 0}, ["scale", "not 0"]),
        ("dlib", {"template": "centred"}, ["template", "centered", "'centred'"]),
        ("dlib", {"metric": "dot"}, ["metric", "euclidean, cosine", "'dot'"]),
        ("dlib", {"file": "nothing.onnx"}, ["file", "face_landmarker.task", "'nothing.onnx'"]),
        ("dlib", {"path": ""}, ["path", "a path"]),
        ("dlib", {"percent": {}}, ["percent", "an empty table"]),
        ("dlib", {"percent": 3}, ["percent", "a table", "3"]),
        ("dlib", {"percent": {"polynomial": [1], "strangers_median": 1}}, ["percent", "polynomial and strangers"]),
        ("dlib", {"percent": {"polynomial": []}}, ["percent.polynomial", "1 to 10 numbers"]),
        ("dlib", {"percent": {"strangers_median": 0.5}}, ["percent.strangers_median", "above the threshold of 0.6"]),
        ("sface", {"percent": {"strangers_median": 0.5}}, ["percent.strangers_median", "below the threshold of 0.363"]),
        ("dlib", {"heatmap": {"layer": "x"}}, ["heatmap.layer", "is layers meant?"]),
        ("dlib", {"heatmap": {"method": "cam"}}, ["heatmap.method", "layercam", "'cam'"]),
        ("dlib", {"kind": "timm"}, ["torch", "a table", "nothing"]),
        ("arcface", {"path": "a.onnx", "may_normalise": 1}, ["may_normalise", "true or false", "1"]),
        ("sface", {"cohort": {"file": "sface_cohort.npy", "neighbours": 10, "scales": [0, 0, 0]}}, ["cohort.scales"]),
        ("sface", {"cohort": {"file": "sface_cohort.npy", "neighbours": 10, "scales": [0, -1, 1]}}, ["cohort.scales"]),
        ("japanese-face-v1", {}, ["path", "on this machine", "nothing"]),
        ("japanese-face-v1", {"path": "a", "kind": "timm", "torch": {"path": "b"}}, ["torch.path", "own path"]),
        ("japanese-face-v1", {"path": "a", "kind": "timm", "width": 0}, ["width", "0"]),
        ("custom", {"path": "a", "threshold": 0.5}, ["input_size", "a whole number", "nothing"]),
        ("custom", {"path": "a", "input_size": 112}, ["threshold", "a number from -1 to 1", "nothing"]),
    ],
)
def test_what_is_wrong_is_named(name: str, overrides: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(ModelMisconfigured) as caught:
        resolve(ModelChoice(name, overrides))
    assert caught.value.model == name
    for part in parts:
        assert part in caught.value.detail


KEYS = st.sampled_from([*load_catalog().models["dlib"], "path", "torch"])
WORDS = st.sampled_from(["onnx", "timm", "bgr", "cosine", "polynomial", "strangers_median", "layers", "path", ""])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(load_catalog().models)), st.dictionaries(KEYS, VALUES, max_size=4))
def test_anything_resolves_or_is_misconfigured(name: str, overrides: dict[str, Any]) -> None:
    try:
        spec = resolve(ModelChoice(name, overrides))
    except ModelMisconfigured:
        return
    assert isinstance(spec, ModelSpec)
    assert (spec.file is None) != (spec.path is None)
    assert 0 <= percent_curve(spec)(spec.threshold) <= 100
