"""A published ONNX network -> the same network, in the form that onnxruntime runs fastest.

Older exporters list all weights as inputs. What a caller could replace cannot be folded, so onnxruntime leaves every
batch normalisation where it is. And it computes PRelu element by element, which takes two thirds of SFace's time, where
`a x + (1 - a) relu(x)` is four quick operations.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.contracts import ModelBroken

if TYPE_CHECKING:
    import onnx

    _Parts = tuple[dict[str, NDArray[np.float32]], list[onnx.NodeProto]]
    """Constants by name, and nodes, in the place of one node."""

VERSION = 1
"""Part of the rewritten file's name: increase it whenever the graph that `rewrite` writes changes."""

_TOLERANCE = 1e-5
_IR_OF_FREE_INITIALIZERS = 4
_FIRST_NODES = 8


def rewrite(source: Path, target: Path) -> None:
    """Write the network in the file `source`, which takes one crop, to `target`, where it takes any number of them.

    Raises ModelBroken if `source` is no ONNX network with one input and one output, or if the two differ in any number
    of a vector by more than 1e-5 of the largest one.
    """
    import onnx

    try:
        model = onnx.load(source)
        free_weights(model)
        for item in (*model.graph.input, *model.graph.output):
            item.type.tensor_type.shape.dim[0].dim_param = "n"
        _split(model)
        onnx.save(fold(model), target)
        error = _disagreement(source, target)
    except Exception as reason:  # neither protobuf's errors nor onnxruntime's have a common root but this
        raise ModelBroken(
            source.name,
            f"expected an ONNX network with one input and one output at {source}, found: {reason}; remedy: `sokkuri "
            "models get` fetches it anew",
        ) from reason
    if not error <= _TOLERANCE:
        raise ModelBroken(
            source.name,
            f"the rewritten network: expected the vectors of {source} to {_TOLERANCE:g}, found a difference of "
            f"{error:g}; remedy: install the versions of onnx and onnxruntime that constraints.txt names",
        )


def normalises_inside(path: Path) -> bool:
    """Whether the network in the file begins by shifting and scaling its input, so that it must get plain pixels.

    InsightFace asks for a Sub and a Mul among the first eight nodes (`model_zoo/arcface_onnx.py`); here, what they work
    on must be the input too. False for a file that is no ONNX network, which loading it refuses.
    """
    import onnx

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception:  # protobuf's errors have no common root but this
        return False
    constants = {item.name for item in graph.initializer}
    value = next((item.name for item in graph.input if item.name not in constants), None)
    found = set()
    for node in graph.node[:_FIRST_NODES]:
        if value in node.input:
            if node.op_type not in ("Sub", "Mul", "Cast", "Identity", "Transpose"):
                break
            found.add(node.op_type)
            value = node.output[0]
    return {"Sub", "Mul"} <= found


def free_weights(model: onnx.ModelProto) -> None:
    """Make all weights constants, in place: take them off the list of inputs, and forget inferred shapes."""
    constants = {item.name for item in model.graph.initializer}
    inputs = [item for item in model.graph.input if item.name not in constants]
    del model.graph.input[:], model.graph.value_info[:]
    model.graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, _IR_OF_FREE_INITIALIZERS)  # older files must list them


def fold(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with everything computed that does not depend on its input. Raises what onnxruntime raises."""
    import onnx

    with tempfile.TemporaryDirectory(prefix="sokkuri-") as folder:
        source, folded = Path(folder) / "source.onnx", Path(folder) / "folded.onnx"
        onnx.save(model, source)
        options = _options()
        # the highest level that keeps to ONNX's own operators
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        _open(source, options)
        return onnx.load(folded)


def _split(model: onnx.ModelProto) -> None:
    """Make products and sums of each PRelu and batch normalisation, in place. A convolution takes in those after it."""
    from onnx import numpy_helper, shape_inference

    constants = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    ranks = {
        item.name: len(item.type.tensor_type.shape.dim) for item in shape_inference.infer_shapes(model).graph.value_info
    }
    nodes = []
    for node in model.graph.node:
        x, *weights = node.input
        known = [constants[name] for name in weights if name in constants]
        if node.op_type not in ("PRelu", "BatchNormalization") or len(known) < len(weights) or x not in ranks:
            nodes.append(node)
            continue
        values, parts = (
            _of_prelu(node, *known) if node.op_type == "PRelu" else _of_normalisation(node, ranks[x], *known)
        )
        model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in values.items())
        nodes += parts
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _of_prelu(node: onnx.NodeProto, slope: NDArray[np.float32]) -> _Parts:
    """`a x + (1 - a) relu(x)`, which is x above 0, and a x below."""
    from onnx import helper

    x, y = node.input[0], node.output[0]
    return {f"{y}.slope": slope, f"{y}.rest": 1 - slope}, [
        helper.make_node("Relu", [x], [f"{y}.positive"]),
        helper.make_node("Mul", [f"{y}.positive", f"{y}.rest"], [f"{y}.above"]),
        helper.make_node("Mul", [x, f"{y}.slope"], [f"{y}.all"]),
        helper.make_node("Add", [f"{y}.all", f"{y}.above"], [y]),
    ]


def _of_normalisation(node: onnx.NodeProto, rank: int, *weights: NDArray[np.float32]) -> _Parts:
    """`a x + b`, with numbers of each channel, which is the second of `rank` dimensions."""
    from onnx import helper

    x, y = node.input[0], node.output[0]
    epsilon = next((one.f for one in node.attribute if one.name == "epsilon"), 1e-5)
    gamma, beta, mean, variance = (array.astype(np.float64).reshape(-1, *[1] * (rank - 2)) for array in weights)
    factor = gamma / np.sqrt(variance + epsilon)
    values = {f"{y}.factor": factor, f"{y}.shift": beta - mean * factor}
    return {name: array.astype(np.float32) for name, array in values.items()}, [
        helper.make_node("Mul", [x, f"{y}.factor"], [f"{y}.scaled"]),
        helper.make_node("Add", [f"{y}.scaled", f"{y}.shift"], [y]),
    ]


def _disagreement(source: Path, target: Path) -> float:
    """The largest difference between both files' vectors of two pictures, as a part of the largest number in them."""
    old, new = (_open(path, _options()) for path in (source, target))
    shape = old.get_inputs()[0].shape
    pictures = np.random.default_rng(0).uniform(0, 255, (2, *shape[1:])).astype(np.float32)
    expected = np.concatenate([_run(old, picture[np.newaxis]) for picture in pictures])
    return float(np.abs(_run(new, pictures) - expected).max() / np.abs(expected).max())


def _run(session: Any, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    (vectors,) = session.run(None, {session.get_inputs()[0].name: pictures})
    return np.asarray(vectors)


def _open(path: Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return options
