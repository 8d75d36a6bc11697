"""Pictures sampled at places between their pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# OpenCV's own types want two maps where one of pairs does
_remap: Any = cv2.remap


def taken(
    values: NDArray[Any],
    places: NDArray[np.float32],
    kernel: int = cv2.INTER_LINEAR,
    onto: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """`values` (h, w, ...) at `places` (k, l, 2), x and y in pixels; beyond the edge, the values at the edge. `onto`:
    where to write them.
    """
    return np.asarray(_remap(values, places, None, kernel, dst=onto, borderMode=cv2.BORDER_REPLICATE))
