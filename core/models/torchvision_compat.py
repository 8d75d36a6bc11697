"""Makes torchvision importable beside a CPU-only torch.

torchvision's wheels carry native operators for one build of torch. Where they cannot be loaded, `import torchvision`
stops at `torchvision::nms does not exist`. timm, onnx2torch and, in tests, pytorch-grad-cam use only its Python part,
for which it is enough that the operators are declared.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def make_importable() -> torch.library.Library | None:
    """Call this before anything imports torchvision. Does nothing if the native operators load.

    The declarations live as long as the library that is returned, which the cache keeps.
    """
    if _native_operators_load():
        return None
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    return library


def _native_operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return False
    for library in Path(spec.origin).parent.glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
        except OSError:
            continue
    return hasattr(torch.ops.torchvision, "nms")
