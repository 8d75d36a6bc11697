"""Where networks run: on the processor, or on a GPU by CUDA.

Without a GPU, a request for CUDA falls back to the processor, with the same answers.
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
    "use_tf32": "0",  # it keeps only 10 bits of a number: the answers would differ from the processor's
    "cudnn_conv_algo_search": "HEURISTIC",  # the default tries all of them for every new picture size
}
"""https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html"""


def open_onnx(path: Path, options: onnxruntime.SessionOptions, device: Device) -> onnxruntime.InferenceSession:
    """Open a network. Raises what onnxruntime raises if the file is not one."""
    available = onnxruntime.get_available_providers()
    return onnxruntime.InferenceSession(path, options, providers=providers(device, available))


def providers(device: Device, available: Sequence[str]) -> list[Any]:
    """The providers for onnxruntime, of those that its build has; the processor comes last, as the fallback."""
    return [(CUDA, CUDA_OPTIONS), CPU] if device == "cuda" and CUDA in available else [CPU]


def of_onnx(session: onnxruntime.InferenceSession) -> Device:
    """Where a session really runs: onnxruntime skips providers that it cannot start."""
    return "cuda" if CUDA in session.get_providers() else "cpu"


def of_torch(device: Device) -> torch.device:
    """The device for torch, which this loads."""
    import torch

    if device == "cuda" and torch.cuda.is_available():
        torch.backends.cudnn.allow_tf32 = False
        return torch.device("cuda")
    return torch.device("cpu")


def report(asked: Device, embeddings: Device) -> Devices:
    """Where the networks run. `embeddings`: where those are made. Reports on torch only if it is loaded already."""
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
