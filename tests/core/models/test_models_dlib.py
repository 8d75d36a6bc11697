"""dlib's ResNet: the parser on damaged files, and both networks against dlib itself."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.contracts import ModelBroken, ModelChoice
from core.models.dlib_resnet import weights
from core.models.dlib_resnet.weights import read_weights
from core.models.embedder import Embedder
from core.models.loading import load

TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def data(dlib_dat: Path) -> bytes:
    return dlib_dat.read_bytes()


@pytest.fixture(scope="module")
def original(dlib_dat: Path) -> dlib.face_recognition_model_v1:
    return dlib.face_recognition_model_v1(str(dlib_dat))


@pytest.fixture(scope="module")
def embedder(model_folder: Path) -> Embedder:
    return load(ModelChoice("dlib"), model_folder, threads=1)


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (150, 150, 3), np.uint8)


def smooth(seed: int) -> NDArray[np.uint8]:
    return cv2.GaussianBlur(noise(seed), (0, 0), 8)


def flat(seed: int) -> NDArray[np.uint8]:
    return np.full((150, 150, 3), noise(seed)[0, 0], np.uint8)


@pytest.mark.parametrize("make", [noise, smooth, flat])
@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_dlib(
    original: dlib.face_recognition_model_v1, embedder: Embedder, make: Callable[[int], NDArray[np.uint8]], seed: int
) -> None:
    crop = make(seed)
    expected = np.array(original.compute_face_descriptor(crop))
    assert np.abs(embedder(crop[np.newaxis])[0] - expected).max() <= TOLERANCE


@pytest.mark.shared
def test_agrees_with_dlib_on_faces(original: dlib.face_recognition_model_v1, embedder: Embedder, shared: Path) -> None:
    photos = sorted((shared / "faces" / "london").glob("*/neutral_front.jpg"))[:4]
    assert photos
    for photo in photos:
        crop = np.ascontiguousarray(cv2.resize(cv2.imread(str(photo))[..., ::-1], (150, 150)))
        expected = np.array(original.compute_face_descriptor(crop))
        assert np.abs(embedder(crop[np.newaxis])[0] - expected).max() <= TOLERANCE


def test_a_batch_is_its_crops_one_by_one(embedder: Embedder) -> None:
    crops = np.stack([noise(seed) for seed in range(19)])
    single = np.concatenate([embedder(crops[index : index + 1]) for index in range(len(crops))])
    assert np.abs(embedder(crops) - single).max() <= 1e-6
    assert embedder(crops).dtype == np.float32
    assert embedder(crops[:0]).shape == (0, 128)


def test_the_torch_module_is_the_same_network(embedder: Embedder) -> None:
    explainable = embedder.explainable()
    crops = np.stack([noise(1), smooth(2)])
    vectors = explainable.module(explainable.preprocess(crops))
    assert np.abs(vectors.detach().numpy() - embedder(crops)).max() <= TOLERANCE
    vectors.sum().backward()
    assert all(parameter.grad is not None for parameter in explainable.module.parameters())


def test_groups_are_there_to_look_at(model_folder: Path) -> None:
    import torch

    names = [f"groups[{index}]" for index in range(5)]
    explainable = load(ModelChoice("dlib", {"heatmap": {"layers": names}}), model_folder, threads=1).explainable()
    sizes: list[tuple[int, ...]] = []
    for layer in explainable.layers:
        layer.register_forward_hook(lambda _layer, _input, output: sizes.append(tuple(output.shape[1:])))
    with torch.no_grad():
        explainable.module(explainable.preprocess(noise(1)[np.newaxis]))
    assert sizes == [(32, 35, 35), (64, 17, 17), (128, 8, 8), (256, 4, 4), (256, 2, 2)]


def test_conversion_is_done_once(embedder: Embedder, model_folder: Path) -> None:
    (converted,) = model_folder.glob("dlib-resnet-55533b28a95800a5-v*.onnx")
    before = converted.stat().st_mtime_ns
    load(ModelChoice("dlib"), model_folder, threads=1)
    assert converted.stat().st_mtime_ns == before


def test_a_file_of_ones_own_is_converted_and_kept_too(dlib_dat: Path, tmp_path: Path, embedder: Embedder) -> None:
    own = tmp_path / "own.dat"
    own.write_bytes(dlib_dat.read_bytes())
    loaded = load(ModelChoice("dlib", {"path": str(own)}), tmp_path / "models", threads=1)
    assert np.array_equal(loaded(noise(1)[np.newaxis]), embedder(noise(1)[np.newaxis]))
    assert len(list((tmp_path / "models").glob("dlib-resnet-*.onnx"))) == 1


def test_the_parser_reads_all_there_is(data: bytes) -> None:
    read = read_weights(data, "dlib")
    assert [(len(group), group[0].second.weight.shape[0]) for group in read.groups] == [
        (blocks, filters) for filters, blocks in weights.GROUPS
    ]
    assert read.projection.shape == (256, 128)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x01", b"text, no model\n" * 1000, bytes(5000), b"\xff" * 5000])
def test_what_is_no_resnet_at_all(content: bytes) -> None:
    with pytest.raises(ModelBroken, match="at byte"):
        read_weights(content, "dlib")


def test_a_tensor_that_claims_more_than_there_is(data: bytes) -> None:
    at = data.index(b"con_4") + len(b"con_4")
    for sizes in (b"\x08" + b"\xff" * 8, b"\x04\xff\xff\xff\x7f", b"\x81\x01"):
        claimed = data[: at + 2] + sizes + data[at + 4 :]
        with pytest.raises(ModelBroken):
            read_weights(claimed, "dlib")


def test_numbers_that_are_none(data: bytes) -> None:
    at = data.index(b"con_4") + 100
    with pytest.raises(ModelBroken, match="finite"):
        read_weights(data[:at] + b"\x00\x00\xc0\x7f" * 2 + data[at + 8 :], "dlib")


def test_bytes_after_the_end(data: bytes) -> None:
    with pytest.raises(ModelBroken, match="what follows the last layer"):
        read_weights(data + b"\x00", "dlib")


@pytest.fixture(scope="module")
def structure(data: bytes) -> list[int]:
    """Places that are no weights: the head, what is around the tags, the tail."""
    places = set(range(345)) | set(range(len(data) - 60, len(data)))
    for tag in (b"con_4", b"affine_", b"relu_", b"max_pool_2", b"avg_pool_2", b"add_prev_", b"fc_2"):
        at = data.find(tag)
        while at >= 0:
            places |= set(range(at - 50, min(at + len(tag) + 24, len(data))))
            at = data.find(tag, at + 1)
    return sorted(places)


@settings(max_examples=60, deadline=None)
@given(drawn=st.data())
def test_damage_is_found_or_does_no_harm(data: bytes, structure: list[int], drawn: st.DataObject) -> None:
    """Bytes changed, cut out or put in: it parses, or says ModelBroken, and takes no more memory than the file."""
    place = drawn.draw(st.sampled_from(structure))
    taken = drawn.draw(st.integers(0, 9))
    put = drawn.draw(st.binary(max_size=9))
    damaged = data[:place] + put + data[place + taken :]
    if drawn.draw(st.booleans()):
        damaged = damaged[: drawn.draw(st.integers(0, len(damaged)))]
    tracemalloc.start()
    try:
        read_weights(damaged, "dlib")
    except ModelBroken:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2 * len(data)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ModelBroken):
        read_weights(b"\x01\x01\x01\x0dloss_metric_2" + content, "dlib")
