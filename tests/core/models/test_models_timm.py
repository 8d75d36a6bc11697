"""A timm checkpoint as the embedder itself, and state dicts that are none."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from efficientnet import Efficientnet

from core.contracts import ModelBroken, ModelChoice, ModelMisconfigured, ModelMissing
from core.models.embedder import Embedder
from core.models.loading import load

if TYPE_CHECKING:
    from torch import Tensor

State = dict[str, Any]


def japanese(path: Path, **overrides: Any) -> Embedder:
    choice = ModelChoice("japanese-face-v1", {"kind": "timm", "path": str(path), **overrides})
    return load(choice, path.parent, threads=1)


@pytest.fixture
def changed(efficientnet: Efficientnet, tmp_path: Path) -> Callable[[Callable[[State], object]], Path]:
    """Saves what a change makes of the good state dict."""

    def save(change: Callable[[State], object]) -> Path:
        import torch

        path = tmp_path / "changed.pth"
        torch.save(change(dict(torch.load(efficientnet.state, weights_only=True))), path)
        return path

    return save


def test_gives_the_vectors_of_its_onnx_export(efficientnet: Efficientnet) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (18, 224, 224, 3), np.uint8)
    embedder = japanese(efficientnet.state)
    exported = load(ModelChoice("japanese-face-v1", {"path": str(efficientnet.onnx)}), efficientnet.onnx.parent, 1)
    vectors = embedder(crops)
    assert vectors.shape == (18, 512)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - exported(crops)).max() <= 1e-6
    assert embedder(crops[:0]).shape == (0, 512)


def test_is_explainable(efficientnet: Efficientnet) -> None:
    embedder = japanese(efficientnet.state)
    crops = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    explainable = embedder.explainable()
    vectors = explainable.module(explainable.preprocess(crops))
    assert explainable.layer_names == ("trunk.blocks[-1]",)
    assert np.abs(vectors.detach().numpy() - embedder(crops)).max() <= 1e-6
    vectors.max().backward()
    assert explainable.module.trunk.conv_stem.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("wrapping", ["state_dict", "model_state_dict"])
def test_a_wrapped_state_dict(changed: Callable[..., Path], wrapping: str) -> None:
    assert japanese(changed(lambda state: {wrapping: state, "epoch": 3})).spec.width == 512


def test_another_prefix(changed: Callable[..., Path]) -> None:
    path = changed(lambda state: {key.replace("trunk.", "module.net."): value for key, value in state.items()})
    assert japanese(path, torch={"prefix": "module.net."}).spec.width == 512
    path = changed(lambda state: {key.removeprefix("trunk."): value for key, value in state.items()})
    assert japanese(path, torch={"prefix": ""}).spec.width == 512


def zeros(count: int) -> Tensor:
    import torch

    return torch.zeros(count)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (
            lambda state: {key: state[key] for key in state if "conv_stem" not in key},
            ["missing trunk.conv_stem.weight"],
        ),
        (lambda state: {**state, "trunk.extra": zeros(1)}, ["unexpected trunk.extra"]),
        (lambda state: {**state, "head.weight": zeros(1)}, ["unexpected head.weight"]),
        (lambda state: {**state, "trunk.classifier.bias": zeros(9)}, ["trunk.classifier.bias (9,)", "(512,)"]),
        (lambda state: {key[6:]: state[key] for key in state}, ["missing trunk.", "unexpected conv_stem", "more"]),
        (lambda state: {}, ["missing trunk."]),
        (lambda state: [1, 2], ["expected a state dict", "list"]),
        (lambda state: {"trunk.x": 3}, ["expected a state dict"]),
    ],
)
def test_keys_are_named(changed: Callable[..., Path], change: Callable[[State], object], parts: list[str]) -> None:
    with pytest.raises(ModelBroken) as caught:
        japanese(changed(change))
    for part in parts:
        assert part in caught.value.detail


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("code out of a file was run",)


@pytest.mark.parametrize("content", [b"", b"no state dict", bytes(999), pickle.dumps(Evil(), protocol=2)])
def test_what_is_no_state_dict(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.pth"
    path.write_bytes(content)
    with pytest.raises(ModelBroken, match=r"torch\.save\(model\.state_dict"):
        japanese(path)
    assert capsys.readouterr().out == ""


def test_code_in_a_torch_file_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    torch.save({"trunk.x": Evil()}, tmp_path / "x.pth")
    with pytest.raises(ModelBroken):
        japanese(tmp_path / "x.pth")
    assert capsys.readouterr().out == ""


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"none\.pth"):
        japanese(tmp_path / "none.pth")


def test_an_architecture_that_timm_does_not_know(efficientnet: Efficientnet) -> None:
    with pytest.raises(ModelMisconfigured, match=r"knows \(tf_efficientnetv2_b.*found 'tf_efficientnetv2_b9'"):
        japanese(efficientnet.state, torch={"architecture": "tf_efficientnetv2_b9"})


def test_another_width(efficientnet: Efficientnet) -> None:
    with pytest.raises(ModelBroken, match="classifier"):
        japanese(efficientnet.state, width=256)


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_libraries_on_torchvision_can_be_imported() -> None:
    code = (
        "from core.models.torchvision_compat import make_importable\n"
        "make_importable(); make_importable()\n"
        "import torchvision, timm, onnx2torch, pytorch_grad_cam; print('imported')"
    )
    assert in_a_fresh_process(code) == "imported"


def test_torch_is_not_loaded_for_vectors_alone(model_folder: Path, dlib_dat: Path, efficientnet: Efficientnet) -> None:
    for name, overrides in (("dlib", {}), ("japanese-face-v1", {"path": str(efficientnet.onnx)})):
        code = (
            "import sys, numpy, pathlib; from core.models.loading import load; from core.contracts import ModelChoice\n"
            f"e = load(ModelChoice({name!r}, {overrides!r}), pathlib.Path({str(model_folder)!r}), 1)\n"
            "e(numpy.zeros((1, e.spec.input_size, e.spec.input_size, 3), numpy.uint8))\n"
            "print(sorted({'torch', 'timm', 'onnx', 'onnx2torch'} & set(sys.modules)))"
        )
        load(ModelChoice(name, overrides), model_folder, threads=1)
        assert in_a_fresh_process(code) == "[]"
