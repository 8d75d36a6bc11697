"""Where networks run: on the processor, or on a GPU by CUDA.

Who asks for CUDA where there is none gets the processor, and the same answers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnxruntime

from core.contracts import Device, Devices

if TYPE_CHECKING:
    import torch

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"

CUDA_OPTIONS = {
    "use_tf32": "0",  # which keeps 10 bits of a number: the answers would no longer be the processor's
    "cudnn_conv_algo_search": "HEURISTIC",  # the default tries all of them out for every new size of a picture
}
"""https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html"""


def open_onnx(path: Path, options: onnxruntime.SessionOptions, device: Device) -> onnxruntime.InferenceSession:
    """Raises what onnxruntime raises for a file that is no network."""
    available = onnxruntime.get_available_providers()
    return onnxruntime.InferenceSession(path, options, providers=providers(device, available))


def providers(device: Device, available: Sequence[str]) -> list[Any]:
    """What onnxruntime is told to use, of what its build has; the processor last, for what the first cannot do."""
    return [(CUDA, CUDA_OPTIONS), CPU] if device == "cuda" and CUDA in available else [CPU]


def of_onnx(session: onnxruntime.InferenceSession) -> Device:
    """Where it really runs: onnxruntime leaves out what it cannot start."""
    return "cuda" if CUDA in session.get_providers() else "cpu"


def of_torch(device: Device) -> torch.device:
    """Loads torch."""
    import torch

    if device == "cuda" and torch.cuda.is_available():
        torch.backends.cudnn.allow_tf32 = False
        return torch.device("cuda")
    return torch.device("cpu")


def report(asked: Device, embeddings: Device) -> Devices:
    """`embeddings`: where those are made. Of torch it tells where this process has loaded it."""
    heatmaps: Device | None = None
    if "torch" in sys.modules:
        heatmaps = "cuda" if of_torch(asked).type == "cuda" else "cpu"
    why = ""
    if embeddings != asked:
        why = (
            "onnxruntime finds no GPU that it can use, or not the libraries of CUDA and cuDNN that it wants"
            if CUDA in onnxruntime.get_available_providers()
            else "this build of onnxruntime knows none: install onnxruntime-gpu in its place"
        )
    elif heatmaps not in (None, asked):
        why = "torch finds none, or is a build without CUDA: gradients of heatmaps are worked out on the processor"
    return Devices(embeddings, heatmaps, why)
