"""ONNX embedders: a JAPANESE-FACE-like one, its torch twins, and networks that are not what they should be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from efficientnet import Efficientnet, save_efficientnet
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.contracts import ModelBroken, ModelChoice, ModelMisconfigured, ModelMissing
from core.models.embedder import Embedder
from core.models.loading import load
from core.models.normalise import normalise

FLOAT = TensorProto.FLOAT
SIZE = 32


def crops(count: int, size: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), np.uint8)


def japanese(folder: Path, **overrides: Any) -> Embedder:
    return load(ModelChoice("japanese-face-v1", overrides), folder, threads=1)


def own(path: Path, **overrides: Any) -> Embedder:
    choice = ModelChoice("custom", {"path": str(path), "input_size": SIZE, "threshold": 0.4, **overrides})
    return load(choice, path.parent, threads=1)


def twin_of(embedder: Embedder, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    explainable = embedder.explainable()
    return explainable.module(explainable.preprocess(images)).detach().numpy()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small network: the mean of what a 3x3 convolution sees, as a vector of 8, or what a test makes of it."""

    def save(
        *,
        batch: int | str = "n",
        shape: tuple[int, ...] = (3, SIZE, SIZE),
        kind: int = FLOAT,
        tail: list[onnx.NodeProto] | None = None,
        opset: int = 17,
        weight: float = 1.0,
        constants: list[onnx.TensorProto] | None = None,
        more_inputs: tuple[str, ...] = (),
    ) -> Path:
        filters = np.random.default_rng(1).normal(0, weight, (8, 3, 3, 3)).astype(np.float32)
        nodes = [
            helper.make_node("Conv", ["crops", "filters"], ["maps"], pads=[1, 1, 1, 1]),
            *(
                tail
                or [
                    helper.make_node("Relu", ["maps"], ["lit"]),
                    helper.make_node("GlobalAveragePool", ["lit"], ["means"]),
                    helper.make_node("Flatten", ["means"], ["vectors"]),
                ]
            ),
        ]
        inputs = [helper.make_tensor_value_info("crops", kind, [batch, *shape])]
        inputs += [helper.make_tensor_value_info(name, FLOAT, [1]) for name in more_inputs]
        output = helper.make_tensor_value_info("vectors", kind, None)
        if kind != FLOAT:
            nodes = [helper.make_node("Identity", ["crops"], ["vectors"])]
        initializers = [numpy_helper.from_array(filters, "filters"), *(constants or [])]
        graph = helper.make_graph(nodes, "small", inputs, [output], initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 8
        path = tmp_path / "small.onnx"
        onnx.save(model, path)
        return path

    return save


def test_a_japanese_face_like_network(efficientnet: Efficientnet, tmp_path: Path) -> None:
    embedder = japanese(tmp_path, path=str(efficientnet.onnx))
    vectors = embedder(crops(3, 224))
    assert vectors.shape == (3, 512)
    assert vectors.dtype == np.float32
    assert not np.allclose(vectors[0], vectors[1], rtol=1e-3)
    assert embedder.spec.metric == "cosine"


def test_its_twin_by_conversion(efficientnet: Efficientnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last map is chosen by itself, gradients reach it, and no temporary file stays."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    embedder = japanese(tmp_path, path=str(efficientnet.onnx))
    images = crops(2, 224)
    assert np.abs(twin_of(embedder, images) - embedder(images)).max() <= 1e-6
    assert list(scratch.iterdir()) == []

    explainable = embedder.explainable()
    maps: list[Any] = []
    (layer,) = explainable.layers
    hook = layer.register_forward_hook(lambda _layer, _input, output: maps.append(output))
    vectors = explainable.module(explainable.preprocess(images[:1]))
    hook.remove()
    maps[0].retain_grad()
    vectors.max().backward()
    assert maps[0].shape[2:] == (7, 7)
    assert maps[0].grad.abs().sum() > 0


def test_a_network_for_one_crop_at_a_time(efficientnet: Efficientnet, tmp_path: Path) -> None:
    single = japanese(tmp_path, path=str(save_efficientnet(tmp_path, any_batch=False).onnx))
    many = japanese(tmp_path, path=str(efficientnet.onnx))
    images = crops(3, 224)
    assert np.abs(single(images) - many(images)).max() <= 1e-6
    assert np.abs(twin_of(single, images[:1]) - many(images[:1])).max() <= 1e-6


def test_its_twin_from_the_state_dict(efficientnet: Efficientnet, tmp_path: Path) -> None:
    embedder = japanese(tmp_path, path=str(efficientnet.onnx), torch={"path": str(efficientnet.state)})
    images = crops(2, 224)
    assert np.abs(twin_of(embedder, images) - embedder(images)).max() <= 1e-6
    explainable = embedder.explainable()
    assert explainable.layer_names == ("trunk.blocks[-1]",)
    assert explainable.layers[0] is explainable.module.trunk.blocks[-1]


def test_a_state_dict_of_another_network(efficientnet: Efficientnet, tmp_path: Path) -> None:
    import torch

    state = torch.load(efficientnet.state, weights_only=True)
    other = tmp_path / "other.pth"
    torch.save({key: value * 1.01 if value.is_floating_point() else value for key, value in state.items()}, other)
    embedder = japanese(tmp_path, path=str(efficientnet.onnx), torch={"path": str(other)})
    with pytest.raises(ModelMisconfigured, match="are these the same weights"):
        embedder.explainable()


def test_channels_scale_mean_and_deviation(write: Callable[..., Path]) -> None:
    embedder = own(write(), channels="bgr", scale=2.0, mean=[1, 2, 3], deviation=[4, 5, 6])
    images = crops(2, SIZE)
    expected = (images[..., ::-1].astype(np.float64) * 2 - [1, 2, 3]) / [4, 5, 6]
    given = normalise(embedder.spec, images)
    assert given.dtype == np.float32
    assert given.flags.c_contiguous
    assert np.abs(given - expected.transpose(0, 3, 1, 2)).max() < 1e-4
    assert np.array_equal(embedder.explainable().preprocess(images).numpy(), given)


@pytest.mark.parametrize("images", [crops(1, SIZE)[0], crops(1, SIZE + 1), crops(1, SIZE).astype(np.float32)])
def test_crops_of_another_kind_are_a_mistake(write: Callable[..., Path], images: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="expected uint8 crops"):
        own(write())(images)


def test_a_fixed_batch(write: Callable[..., Path]) -> None:
    images = crops(3, SIZE)
    assert np.array_equal(own(write(batch=1))(images), own(write())(images))


def test_layers_by_name(write: Callable[..., Path]) -> None:
    path = write()
    assert len(own(path).explainable().layers) == 1
    name = own(path).explainable().layer_names[0]
    assert own(path, heatmap={"layers": [name]}).explainable().layer_names == (name,)
    with pytest.raises(ModelMisconfigured, match=r"found 'trunk\.blocks\[-1\]'; the last ones are"):
        own(path, heatmap={"layers": ["trunk.blocks[-1]"]}).explainable()


def test_a_layer_that_gives_no_map(efficientnet: Efficientnet, tmp_path: Path) -> None:
    torch = {"path": str(efficientnet.state), "layer": "trunk.classifier"}
    with pytest.raises(ModelMisconfigured, match=r"expected one that gives maps, found 'trunk\.classifier'"):
        japanese(tmp_path, path=str(efficientnet.onnx), torch=torch).explainable()


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        japanese(tmp_path, path=str(tmp_path / "none.onnx"))
    assert str(tmp_path / "none.onnx") in caught.value.detail


@pytest.mark.parametrize("content", [b"", b"no network at all", bytes(1000)])
def test_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelBroken, match=r"x\.onnx"):
        own(path)


def test_half_an_onnx(write: Callable[..., Path]) -> None:
    path = write()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelBroken):
        own(path)


POOL = helper.make_node("GlobalAveragePool", ["maps"], ["means"])


@pytest.mark.parametrize(
    ("network", "overrides", "parts"),
    [
        ({"shape": (3, 64, 64)}, {}, ["input", "float32 (n, 3, 32, 32)", "64, 64", "input_size"]),
        ({"shape": (SIZE, SIZE, 3), "kind": TensorProto.UINT8}, {}, ["input", "tensor(uint8)", "float32"]),
        ({"shape": (3, SIZE), "kind": TensorProto.FLOAT16}, {}, ["input", "float16"]),
        ({"more_inputs": ("label",)}, {}, ["input", "one input", "label"]),
        ({}, {"width": 512}, ["output 'vectors'", "(n, 512)", "(1, 8)", "width"]),
        ({"tail": [helper.make_node("GlobalAveragePool", ["maps"], ["vectors"])]}, {}, ["output", "(1, 8, 1, 1)"]),
        ({"tail": [POOL, helper.make_node("Reshape", ["means", "to"], ["vectors"])],
          "constants": [numpy_helper.from_array(np.array([5, 7]), "to")]}, {}, ["stops", "32x32"]),
    ],
)  # fmt: skip
def test_what_contradicts_the_settings(
    write: Callable[..., Path], network: dict[str, Any], overrides: dict[str, Any], parts: list[str]
) -> None:
    with pytest.raises(ModelMisconfigured) as caught:
        own(write(**network), **overrides)
    for part in parts:
        assert part in caught.value.detail


def test_vectors_that_are_no_numbers(write: Callable[..., Path]) -> None:
    with pytest.raises(ModelBroken, match="finite"):
        own(write(weight=float("nan")))


def test_an_operator_that_cannot_be_converted(write: Callable[..., Path]) -> None:
    """The model embeds all the same; only its heatmaps are refused, and the remedy is named."""
    tail = [
        helper.make_node("GlobalMaxPool", ["maps"], ["peaks"]),
        helper.make_node("Flatten", ["peaks"], ["vectors"]),
    ]
    embedder = own(write(tail=tail))
    assert embedder(crops(2, SIZE)).shape == (2, 8)
    with pytest.raises(ModelMisconfigured) as caught:
        embedder.explainable()
    for part in ("opset 17", "GlobalMaxPool", "remedy", "torch"):
        assert part in caught.value.detail


@pytest.mark.parametrize("opset", [18, 20])
def test_a_newer_opset(write: Callable[..., Path], opset: int) -> None:
    tail = [helper.make_node("ReduceMean", ["maps", "axes"], ["vectors"], keepdims=0)]
    path = write(tail=tail, opset=opset, constants=[numpy_helper.from_array(np.array([2, 3]), "axes")])
    embedder = own(path)
    images = crops(2, SIZE)
    assert np.abs(twin_of(embedder, images) - embedder(images)).max() <= 1e-5


def list_weights_among_inputs(source: Path, target: Path, ir_version: int) -> None:
    graph = onnx.load(source)
    for item in graph.graph.initializer:
        graph.graph.input.append(helper.make_tensor_value_info(item.name, item.data_type, list(item.dims)))
    graph.ir_version = ir_version
    onnx.save(graph, target)


def test_weights_among_the_inputs_of_a_newer_file(efficientnet: Efficientnet, tmp_path: Path) -> None:
    """The crops are still found among them, and the padding which the network computes is folded."""
    path = tmp_path / "inputs.onnx"
    list_weights_among_inputs(efficientnet.onnx, path, ir_version=8)
    embedder = japanese(tmp_path, path=str(path))
    images = crops(1, 224)
    assert np.abs(twin_of(embedder, images) - embedder(images)).max() <= 1e-6


def test_weights_among_the_inputs(write: Callable[..., Path]) -> None:
    """As in files that were converted from MXNet, SFace's among them: an old format, and a norm on the vector."""
    constants = [
        numpy_helper.from_array(np.linspace(0.5, 2, 8, dtype=np.float32), name) for name in ("g", "b", "m", "v")
    ]
    tail = [
        helper.make_node("GlobalAveragePool", ["maps"], ["means"]),
        helper.make_node("Dropout", ["means"], ["kept"]),
        helper.make_node("Flatten", ["kept"], ["flat"]),
        helper.make_node("BatchNormalization", ["flat", "g", "b", "m", "v"], ["vectors"]),
    ]
    path = write(batch=1, tail=tail, opset=9, constants=constants)
    list_weights_among_inputs(path, path, ir_version=3)
    embedder = own(path)
    images = crops(2, SIZE)
    assert np.abs(twin_of(embedder, images[:1]) - embedder(images)[:1]).max() <= 1e-5


def test_a_network_without_maps(write: Callable[..., Path]) -> None:
    tail = [POOL, helper.make_node("Flatten", ["means"], ["vectors"])]
    path = write(tail=tail, shape=(3, SIZE, SIZE))
    graph = onnx.load(path)
    graph.graph.node[0].CopyFrom(
        helper.make_node("Conv", ["crops", "filters"], ["maps"], kernel_shape=[3, 3], strides=[64, 64])
    )
    onnx.save(graph, path)
    with pytest.raises(ModelMisconfigured, match="expected a network with maps inside"):
        own(path).explainable()
