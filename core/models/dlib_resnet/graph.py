"""dlib's ResNet as an ONNX graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from core.contracts import ModelBroken
from core.models.dlib_resnet.weights import INPUT_SIZE, WIDTH, Block, Convolution, Weights, read_weights

_OPSET = 17
_IR_VERSION = 8  # what opset 17 came with, so that older runtimes read the file too
_TOLERANCE = 1e-5


def convert(source: Path, target: Path) -> None:
    """Read the .dat at `source`, write the ONNX file `target`, and run it beside ONNX's reference implementation.

    The graph takes `crops`, float32 (n, 3, 150, 150), normalised, and gives `vectors`, float32 (n, 128). Raises
    ModelBroken when `source` is not dlib's ResNet, or when the vectors of the two differ by more than 1e-5 anywhere.
    """
    graph = build(read_weights(source.read_bytes(), source.name))
    onnx.save(graph, target)
    error = _disagreement(graph, target)
    if not error <= _TOLERANCE:
        raise ModelBroken(
            source.name,
            f"the converted network: expected the vectors of ONNX's reference to {_TOLERANCE:g}, found a difference of "
            f"{error:g}; remedy: install the versions of onnx and onnxruntime that constraints.txt names",
        )


def build(weights: Weights) -> onnx.ModelProto:
    """The graph, with a batch of any size."""
    graph = _Graph()
    maps = graph.add("Relu", graph.convolution("crops", weights.stem))
    maps = graph.add("MaxPool", maps, kernel_shape=[3, 3], strides=[2, 2])
    size = _pooled(_pooled(INPUT_SIZE, 7), 3)
    channels = weights.stem.weight.shape[0]
    for group in weights.groups:
        for block in group:
            maps = graph.block(maps, block, size, channels)
            size = size // 2 if block.shrinks else size
            channels = block.second.weight.shape[0]
    averages = graph.add("Flatten", graph.add("GlobalAveragePool", maps))
    graph.add("MatMul", averages, graph.constant(weights.projection), output="vectors")
    crops = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", 3, INPUT_SIZE, INPUT_SIZE])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", WIDTH])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "dlib_resnet_v1", [crops], [vectors], graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        producer_name="sokkuri",
    )
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model


class _Graph:
    """Nodes and constants so far; names are numbers."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolution(self, maps: str, convolution: Convolution) -> str:
        weight, bias = self.constant(convolution.weight), self.constant(convolution.bias)
        stride, padding = convolution.stride, convolution.padding
        return self.add("Conv", maps, weight, bias, strides=[stride, stride], pads=[padding] * 4)

    def zeros_after(self, maps: str, *, channels: int = 0, pixels: int = 0) -> str:
        """Fill up with zeros: behind the last channel, below the last row, right of the last column."""
        if not channels and not pixels:
            return maps
        pads = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)
        return self.add("Pad", maps, self.constant(pads))

    def block(self, maps: str, block: Block, size: int, channels: int) -> str:
        main = self.convolution(self.add("Relu", self.convolution(maps, block.first)), block.second)
        shortcut = maps
        if block.shrinks:
            main = self.zeros_after(main, pixels=size // 2 - _pooled(size, 3))
            shortcut = self.add("AveragePool", maps, kernel_shape=[2, 2], strides=[2, 2])
        shortcut = self.zeros_after(shortcut, channels=block.second.weight.shape[0] - channels)
        return self.add("Relu", self.add("Add", main, shortcut))


def _pooled(size: int, window: int) -> int:
    """Pixels a side that a window leaves which moves by 2, without padding."""
    return (size - window) // 2 + 1


def _disagreement(graph: onnx.ModelProto, path: Path) -> float:
    """The largest difference between the vectors of onnxruntime, from the file at `path`, and of ONNX's reference
    implementation, which is written in numpy: over noise and a smooth picture.

    Whether the graph is dlib's network is for the tests, which compare it with dlib itself.
    """
    random = np.random.default_rng(0)
    noise = random.uniform(-0.5, 0.5, (1, 3, INPUT_SIZE, INPUT_SIZE))
    rows, columns = np.mgrid[0:INPUT_SIZE, 0:INPUT_SIZE] / INPUT_SIZE
    smooth = np.stack([[0.4 * np.sin(6 * rows + phase) * np.cos(5 * columns) for phase in range(3)]])
    crops = np.concatenate([noise, smooth]).astype(np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"crops": crops})
    (expected,) = ReferenceEvaluator(graph).run(None, {"crops": crops})
    return float(np.abs(found - expected).max())
