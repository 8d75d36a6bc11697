"""Crops to a network's input: the very same numbers for onnxruntime and for torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.models.spec import ModelSpec


def normalise(spec: ModelSpec, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 RGB crops (n, s, s, 3) to float32 (n, 3, s, s): channels in the model's order, scaled and shifted.

    `s` must be the model's input size: anything else is a mistake of the caller, and a ValueError.
    """
    size = spec.input_size
    if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[1:] != (size, size, 3):
        raise ValueError(f"expected uint8 crops (n, {size}, {size}, 3), found {crops.dtype} {crops.shape}")
    ordered = crops if spec.channels == "rgb" else crops[..., ::-1]
    planes = np.ascontiguousarray(ordered.transpose(0, 3, 1, 2)).astype(np.float32)
    planes *= np.float32(spec.scale)
    planes -= np.array(spec.mean, np.float32)[:, None, None]
    planes /= np.array(spec.deviation, np.float32)[:, None, None]
    return planes
