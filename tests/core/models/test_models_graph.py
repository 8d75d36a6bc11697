"""The catalogue's ONNX networks in their fastest form: the same vectors, and heatmaps of every kind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.contracts import ModelBroken, ModelChoice
from core.heatmap import Dimension, attention
from core.models import onnx_graph
from core.models.embedder import Embedder, describe, describe_fully
from core.models.loading import load
from core.models.onnx_embedder import OnnxEmbedder
from core.models.store import Store

SFACE = "face_recognition_sface_2021dec.onnx"


@pytest.fixture(scope="module")
def published(model_folder: Path) -> Path:
    return Store(model_folder).path(SFACE)


@pytest.fixture(scope="module")
def embedder(model_folder: Path) -> Embedder:
    return load(ModelChoice("sface"), model_folder, threads=1)


@pytest.fixture(scope="module")
def crops(sample_faces: Path) -> NDArray[np.uint8]:
    """Nine photos, RGB, 112 pixels a side."""
    photos = sorted(sample_faces.glob("person_*.jpg"))[:9]
    return np.stack([cv2.resize(cv2.imread(str(photo))[..., ::-1], (112, 112)) for photo in photos])


def of(path: Path, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors of the network in a file, one picture at a time."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: one[np.newaxis]})[0] for one in inputs])


@pytest.mark.parametrize("count", [1, 3, 9])
def test_the_vectors_are_those_of_the_published_file(
    published: Path, embedder: Embedder, crops: NDArray[np.uint8], count: int
) -> None:
    expected = of(published, crops[:count].transpose(0, 3, 1, 2).astype(np.float32))
    found = embedder(crops[:count])
    assert found.shape == (count, 128) and np.ptp(expected) > 1
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_what_is_slow_is_gone(embedder: Embedder, published: Path) -> None:
    assert isinstance(embedder, OnnxEmbedder)
    before, after = ({node.op_type for node in onnx.load(path).graph.node} for path in (published, embedder.path))
    assert {"PRelu", "BatchNormalization"} <= before
    assert not {"PRelu", "BatchNormalization"} & after


def test_ones_own_file_is_used_as_it_is(published: Path, tmp_path: Path) -> None:
    embedder = load(ModelChoice("sface", {"path": str(published)}), tmp_path, threads=1)
    assert isinstance(embedder, OnnxEmbedder) and embedder.path == published
    assert list(tmp_path.iterdir()) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1_000_000])


def answer_twice(path: Path) -> None:
    node = helper.make_node("Flatten", ["x"], ["y"])
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [1, 3]), ("y", [1, 3]))
    )
    onnx.save(helper.make_model(helper.make_graph([node], "two", [x], [y, x])), path)


@pytest.mark.parametrize("spoil", [cut, answer_twice, lambda path: path.write_text("no network")])
def test_a_file_that_is_damaged_or_none(published: Path, tmp_path: Path, spoil: Any) -> None:
    source = shutil.copy(published, tmp_path / "source.onnx")
    spoil(source)
    with pytest.raises(ModelBroken, match="expected an ONNX network with one input and one output"):
        onnx_graph.rewrite(source, tmp_path / "target.onnx")


def test_another_network_than_the_published_one_is_refused(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = onnx_graph._of_prelu
    monkeypatch.setattr(onnx_graph, "_of_prelu", lambda node, slope: right(node, slope * 1.01))
    with pytest.raises(ModelBroken, match="found a difference of"):
        onnx_graph.rewrite(published, tmp_path / "target.onnx")


@pytest.mark.parametrize("method", ["gradcam", "layercam", "eigencam"])
def test_heatmaps_by_torch(embedder: Embedder, crops: NDArray[np.uint8], method: Any) -> None:
    """The converted network gives the same vectors, or it would be refused."""
    heat = attention(embedder, crops[0], method, Dimension(0))
    assert heat.shape == (112, 112) and heat.min() >= 0 and heat.max() > 0.5


def test_lengths_are_those_before_vectors_are_made_unit(embedder: Embedder, crops: NDArray[np.uint8]) -> None:
    """A face that is blurred gets a shorter one, which `describe` does not show."""
    blurred = np.stack([cv2.GaussianBlur(crop, (0, 0), 8) for crop in crops])
    found = describe_fully(embedder, crops)
    vectors, lengths = found.vectors, found.lengths
    assert lengths.shape == (9,) and lengths.dtype == np.float32
    both = [np.linalg.norm(embedder(some), axis=1) for some in (crops, np.ascontiguousarray(crops[:, :, ::-1]))]
    assert lengths == pytest.approx(np.mean(both, axis=0), rel=1e-5)
    assert np.array_equal(vectors, describe(embedder, crops))
    assert np.linalg.norm(vectors, axis=1).max() <= 1 + 1e-6
    assert (describe_fully(embedder, blurred).lengths < lengths).all()


def normalising(path: Path, *operators: str) -> Path:
    """A small network that first applies these operators to its crops, one after the other, and then convolves."""
    random = np.random.default_rng(3)
    constants = {
        "Sub": np.float32(127.5),
        "Mul": np.float32(1 / 128),
        "weights": random.normal(0, 1, (16, 3, 3, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node(operator, [f"x{index}", operator], [f"x{index + 1}"])
        for index, operator in enumerate(operators)
    ]
    nodes += [
        helper.make_node("Conv", [f"x{len(operators)}", "weights"], ["maps"], strides=[8, 8]),
        helper.make_node("Relu", ["maps"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["means"]),
        helper.make_node("Flatten", ["means"], ["vectors"]),
    ]
    x = helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, 3, 112, 112])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [1, 16])
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", [x], [vectors], initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def cosine(path: Path, crops: NDArray[np.uint8], mean: float, deviation: float, said: Any = None) -> float:
    """The least cosine between our vectors and those of crops that were fed so."""
    ours = load(ModelChoice("arcface", {"path": str(path), **(said or {})}), path.parent, threads=1)(crops)
    theirs = of(path, (crops.transpose(0, 3, 1, 2).astype(np.float32) - mean) / deviation)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(axis=1) / lengths).min())


@pytest.mark.parametrize(
    ("operators", "mean", "deviation"),
    [(("Sub", "Mul"), 0, 1), (("Mul", "Sub"), 0, 1), ((), 127.5, 127.5), (("Mul",), 127.5, 127.5)],
)
def test_a_network_that_normalises_its_input_itself_gets_plain_pixels(
    tmp_path: Path, crops: NDArray[np.uint8], operators: tuple[str, ...], mean: float, deviation: float
) -> None:
    path = normalising(tmp_path / "own.onnx", *operators)
    assert cosine(path, crops, mean, deviation) == pytest.approx(1, abs=1e-5)


def test_what_a_person_says_of_the_input_counts(tmp_path: Path, crops: NDArray[np.uint8]) -> None:
    path = normalising(tmp_path / "own.onnx", "Sub", "Mul")
    said = {"mean": [100] * 3, "deviation": [50] * 3}
    assert cosine(path, crops, 100, 50, said) == pytest.approx(1, abs=1e-5)
    assert cosine(path, crops, 0, 1, said) < 0.99


@pytest.mark.shared
def test_a_toy_of_insightface_s_kind(shared: Path, crops: NDArray[np.uint8], tmp_path: Path) -> None:
    path = Path(shutil.copy(shared / "inputs" / "arcface_normalises_inside.onnx", tmp_path))
    assert cosine(path, crops, 0, 1) == pytest.approx(1, abs=1e-5)
