"""Any ONNX network that turns crops into vectors, in onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.contracts import Device, ModelBroken, ModelMisconfigured
from core.models.device import of_onnx, open_onnx
from core.models.embedder import Embedder
from core.models.normalise import normalise
from core.models.onnx_graph import fold, free_weights
from core.models.spec import ModelSpec

if TYPE_CHECKING:
    import onnx
    from torch import nn

    from core.models.explainable import Explainable

_BATCH: Mapping[Device, int] = {"cpu": 2, "cuda": 16}
"""Bounds the memory for maps. On a processor eight crops at once take as long each with dlib's network, and a third
longer with SFace, whose maps then no longer fit into its caches."""
_TWIN_TOLERANCE = 1e-4
_LAST_KNOWN_OPSET = 17
_REDUCTIONS = ("ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare")


class OnnxEmbedder:
    """The network in the file at `path`; `threads`: of one run, 0 for as many as there are processors.

    `explain` makes the Explainable of this very network when it is first asked for: it is told this embedder, so
    that it can compare. Raises ModelBroken when the file is no ONNX network, ModelMisconfigured when it is not the
    one that `spec` describes.
    """

    def __init__(
        self,
        spec: ModelSpec,
        path: Path,
        threads: int,
        explain: Callable[[Embedder], Explainable],
        device: Device = "cpu",
    ) -> None:
        self.spec = spec
        self.path = path
        self._explain = explain
        self._explainable: Explainable | None = None
        self._session = _open(spec, path, _options(threads), device)
        self._input, self._batch = _check_input(spec, path, self._session)
        self._output = self._session.get_outputs()[0].name
        self._check_output()

    @property
    def device(self) -> Device:
        return of_onnx(self._session)

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 RGB crops (n, s, s, 3) to float32 vectors (n, d), as the network gives them."""
        if len(crops) == 0:
            return np.empty((0, self._width), np.float32)
        parts = [self._run(crops[start : start + self._batch]) for start in range(0, len(crops), self._batch)]
        return np.concatenate(parts)

    def explainable(self) -> Explainable:
        """This network in torch. Loads torch on the first call. Raises ModelError."""
        if self._explainable is None:
            self._explainable = self._explain(self)
        return self._explainable

    def _run(self, crops: NDArray[np.uint8]) -> NDArray[Any]:
        (vectors,) = self._session.run([self._output], {self._input: normalise(self.spec, crops)})
        return vectors  # type: ignore[no-any-return]

    def _check_output(self) -> None:
        """Run it once: what a graph declares about its output may be nothing, or wrong."""
        size = self.spec.input_size
        try:
            vectors = self._run(np.full((1, size, size, 3), 128, np.uint8))
        except Exception as error:  # onnxruntime's errors have no common root but this
            raise ModelMisconfigured(
                self.spec.name,
                f"expected a network that runs on a crop of {size}x{size} in {self.path}, found that it stops: {error}"
                "; remedy: set `input_size` to what the file takes, or choose another file",
            ) from error
        width = self.spec.width
        if vectors.dtype != np.float32 or vectors.ndim != 2 or width not in (None, vectors.shape[1]):
            raise ModelMisconfigured(
                self.spec.name,
                f"output {self._output!r}: expected float32 vectors (n, {width or 'any width'}), found {vectors.dtype} "
                f"{vectors.shape} in {self.path}; set `width` if the file is right",
            )
        if not np.isfinite(vectors).all():
            raise ModelBroken(
                self.spec.name, f"expected finite vectors, found others from {self.path}; remedy: export the file anew"
            )
        self._width = vectors.shape[1]


def torch_twin(embedder: Embedder, path: Path) -> nn.Module:
    """The network in the file at `path` as a torch module, by onnx2torch.

    onnxruntime folds constants first: without that, onnx2torch stops at padding that an exported network computes
    for itself, and where the batch may have any size, even at folded padding; then a batch of one is folded in, and
    the module may take no other. Raises ModelMisconfigured when the network cannot be converted, or would differ by
    more than 1e-4.
    """
    from core.models.torchvision_compat import make_importable

    make_importable()
    import onnx
    import onnx2torch

    graph = onnx.load(path)
    reasons = []
    for batch in (None, 1):
        try:
            module: nn.Module = onnx2torch.convert(_folded(embedder.spec, graph, batch)).eval()
            require_same(embedder, module)
        except Exception as error:  # a converter can stop at anything
            reason = error.detail if isinstance(error, ModelMisconfigured) else str(error) or type(error).__name__
            reasons.append(reason.strip().splitlines()[0])
        else:
            return module
    opset = next((item.version for item in graph.opset_import if item.domain == ""), "unknown")
    raise ModelMisconfigured(
        embedder.spec.name,
        f"heatmaps: expected an ONNX network that onnx2torch can convert in {path}, found one of opset "
        f"{opset} that it cannot: {'; then '.join(dict.fromkeys(reasons))}; remedy: export it with opset "
        f"{_LAST_KNOWN_OPSET} or lower, or give the network's timm checkpoint in `torch`",
    )


def _folded(spec: ModelSpec, graph: onnx.ModelProto, batch: int | None) -> onnx.ModelProto:
    """The graph with what is constant at the model's input size (and at `batch`, where given) folded."""
    import onnx

    sized = onnx.ModelProto()
    sized.CopyFrom(graph)
    free_weights(sized)
    (crops,) = sized.graph.input
    dimensions = crops.type.tensor_type.shape.dim
    for dimension, size in zip(dimensions, (batch, 3, spec.input_size, spec.input_size), strict=True):
        if size is not None:
            dimension.dim_value = size
    return _as_opset_17(fold(sized))


def _as_opset_17(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The graph in words that onnx2torch knows, which end at opset 17.

    Later opsets mostly let operators take more types; what counts here is that reductions have their axes as an input.
    Where the meaning did change, the comparison of the converted module's vectors refuses it.
    """
    from onnx import helper, numpy_helper

    opset = next(item for item in graph.opset_import if item.domain == "")
    if opset.version <= _LAST_KNOWN_OPSET:
        return graph
    opset.version = _LAST_KNOWN_OPSET
    constants = {item.name: item for item in graph.graph.initializer}
    for node in graph.graph.node:
        if node.op_type in _REDUCTIONS and len(node.input) == 2 and node.input[1] in constants:
            axes = numpy_helper.to_array(constants[node.input.pop()]).tolist()
            node.attribute.append(helper.make_attribute("axes", axes))
    return graph


def require_same(embedder: Embedder, module: nn.Module) -> None:
    """Raise ModelMisconfigured unless `module` gives the embedder's vectors, to 1e-4 of their largest number."""
    import torch

    size = embedder.spec.input_size
    crops = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    expected = embedder(crops)
    with torch.no_grad():  # inference mode would spoil what a module may keep for later gradients
        # one by one, because some networks are exported for a batch of one
        inputs = [torch.from_numpy(normalise(embedder.spec, crops[index : index + 1])) for index in range(2)]
        found = np.concatenate([module(item).numpy() for item in inputs])
    if found.shape != expected.shape:
        raise ModelMisconfigured(
            embedder.spec.name, f"torch: expected vectors {expected.shape} as in ONNX, found {found.shape}"
        )
    error = np.abs(found - expected).max() / max(np.abs(expected).max(), np.finfo(np.float32).tiny)
    if not error <= _TWIN_TOLERANCE:
        raise ModelMisconfigured(
            embedder.spec.name,
            f"torch: expected the vectors of the ONNX network to {_TWIN_TOLERANCE:g}, found a difference of {error:g}; "
            "are these the same weights?",
        )


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # the arena grows by doubling and never shrinks; without it a run is as fast and memory goes back
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return options


def _open(
    spec: ModelSpec, path: Path, options: onnxruntime.SessionOptions, device: Device
) -> onnxruntime.InferenceSession:
    try:
        return open_onnx(path, options, device)
    except Exception as error:  # onnxruntime's errors have no common root but this
        raise ModelBroken(
            spec.name,
            f"expected an ONNX network that onnxruntime takes at {path}, found: {error}; remedy: check that the file "
            "is whole and an ONNX file, or export it anew",
        ) from error


def _check_input(spec: ModelSpec, path: Path, session: onnxruntime.InferenceSession) -> tuple[str, int]:
    """The input's name, and how many crops go in at once."""
    inputs = session.get_inputs()
    expected = f"one input, float32 (n, 3, {spec.input_size}, {spec.input_size})"
    found = ", ".join(f"{item.name} {item.type} {item.shape}" for item in inputs)
    wanted = (3, spec.input_size, spec.input_size)
    if (
        len(inputs) != 1
        or inputs[0].type != "tensor(float)"
        or len(inputs[0].shape) != 4
        or any(isinstance(side, int) and side != want for side, want in zip(inputs[0].shape[1:], wanted, strict=True))
    ):
        raise ModelMisconfigured(
            spec.name,
            f"input: expected {expected} in {path}, found {found}; remedy: set `input_size` to what the file takes, or "
            "choose another preset or file",
        )
    batch = inputs[0].shape[0]
    return inputs[0].name, batch if isinstance(batch, int) and batch > 0 else _BATCH[of_onnx(session)]
