"""Loads a model, of whatever family, as an Embedder."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.contracts import Device, ModelBroken, ModelChoice, ModelMisconfigured, ModelMissing, TorchMissing
from core.models import dlib_resnet, onnx_graph
from core.models.catalog import load_catalog, resolve
from core.models.embedder import Embedder
from core.models.onnx_embedder import OnnxEmbedder, require_same, torch_twin
from core.models.shared import SharedEmbedder
from core.models.spec import ModelSpec
from core.models.store import Store

if TYPE_CHECKING:
    from core.models.explainable import Explainable
    from core.models.timm_checkpoint import TimmEmbedder


_ELSEWHERE = b"\x0a\x08location\x12"
"""What an ONNX file (a protocol buffer) has for each tensor whose numbers stand in another file: the key of its name.
https://github.com/onnx/onnx/blob/main/docs/ExternalData.md"""


def load(choice: ModelChoice, folder: Path, threads: int, device: Device = "cpu", shared: str = "") -> Embedder:
    """Load a model. Its file is kept in `folder`, and is fetched and converted first if necessary.

    `threads`: how many one run may use, 0 for as many as there are processors; `device`: where to run it, "cuda": on a
    GPU if there is one; `shared`: see CoreSettings. torch is loaded only for the kind timm. Raises ModelError.
    """
    spec = resolve(choice)
    path = _file(spec, folder)
    if spec.kind == "onnx" and spec.may_normalise and onnx_graph.normalises_inside(path):
        spec = replace(spec, scale=1.0, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))
    if spec.kind == "timm":
        if shared:
            return SharedEmbedder(spec, shared, lambda _: _timm(spec, threads, device).explainable())
        return _timm(spec, threads, device)
    explain: Callable[[Embedder], Explainable]
    if spec.kind == "dlib":
        explain = partial(_explain_dlib, path, threads, device)
        path = _dlib_graph(spec, path, folder)
    else:
        if spec.file is not None:
            path = _quick_graph(spec.file, path, folder)
        explain = partial(_explain_onnx, path, threads, device)
    if shared:
        return SharedEmbedder(spec, shared, explain)
    return OnnxEmbedder(spec, path, threads, explain, device)


def _file(spec: ModelSpec, folder: Path) -> Path:
    if spec.path is None:
        assert spec.file is not None  # resolve ensures that one of them is there
        return Store(folder).path(spec.file)
    if not spec.path.is_file():
        raise ModelMissing(spec.name, f"expected a file at {spec.path}, found none; remedy: correct `path`")
    if spec.sha256 is not None and (found := sha256_of(spec.path)) != spec.sha256:
        raise ModelBroken(
            spec.name,
            f"expected {spec.path} to have sha256 {spec.sha256}, found {found}; remedy: put the right file there, or, "
            f"if it was changed on purpose, `sokkuri models add {spec.name} --path ...` again",
        )
    if spec.sha256 is not None and spec.kind == "onnx" and _is_in_parts(spec.path):
        raise ModelMisconfigured(
            spec.name,
            f"expected all weights in {spec.path}, since its sha256 covers no other file, found some that stand "
            "elsewhere; remedy: make one file of it, `python -c \"import onnx; onnx.save(onnx.load('OLD'), 'NEW')\"`",
        )
    return spec.path


def _is_in_parts(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(_ELSEWHERE) >= 0


def sha256_of(path: Path) -> str:
    """The hash of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dlib_graph(spec: ModelSpec, path: Path, folder: Path) -> Path:
    """The converted network, made once for each .dat and each version of the conversion."""

    def build(target: Path) -> None:
        from core.models.dlib_resnet.graph import convert

        convert(path, target)

    digest = load_catalog().files[spec.file].sha256 if spec.file is not None else sha256_of(path)
    return Store(folder).derived(f"dlib-resnet-{digest[:16]}-v{dlib_resnet.GRAPH_VERSION}.onnx", build)


def _quick_graph(name: str, path: Path, folder: Path) -> Path:
    """The catalogue's ONNX file in its fastest form, made once for each file and each version of that form."""
    digest = load_catalog().files[name].sha256
    return Store(folder).derived(
        f"{path.stem}-{digest[:16]}-v{onnx_graph.VERSION}.onnx", lambda target: onnx_graph.rewrite(path, target)
    )


def _timm(spec: ModelSpec, threads: int, device: Device) -> TimmEmbedder:
    _load_torch(spec, threads)
    from core.models.timm_checkpoint import TimmEmbedder

    return TimmEmbedder(spec, device)


def _explain_dlib(path: Path, threads: int, device: Device, embedder: Embedder) -> Explainable:
    _load_torch(embedder.spec, threads)
    from core.models.dlib_resnet.module import DlibResnet
    from core.models.dlib_resnet.weights import read_weights
    from core.models.explainable import explain

    module = DlibResnet(read_weights(path.read_bytes(), path.name))
    return explain(embedder.spec, module, embedder.spec.heatmap.layers, device)


def _explain_onnx(path: Path, threads: int, device: Device, embedder: Embedder) -> Explainable:
    spec = embedder.spec
    _load_torch(spec, threads)
    from core.models.explainable import explain
    from core.models.timm_checkpoint import load_network, timm_layers

    if spec.torch is None:
        return explain(spec, torch_twin(embedder, path), spec.heatmap.layers, device)
    module = load_network(spec)
    require_same(embedder, module)
    return explain(spec, module, timm_layers(spec), device)


def _load_torch(spec: ModelSpec, threads: int) -> None:
    """Load torch, which may use so many threads. Raises TorchMissing."""
    try:
        import torch
    except Exception as error:  # half an installation can raise anything
        raise TorchMissing(
            spec.name,
            f"torch cannot be imported ({error}); remedy: `make torch`, or pip install -c constraints.txt -e .",
        ) from error
    if threads:
        torch.set_num_threads(threads)
