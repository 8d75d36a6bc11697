"""The table of heatmap methods: a new one is a row here, and its name and label in `core.contracts.gradcam`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.contracts import HeatmapMethod
from core.heatmap import cam
from core.heatmap.occlusion import occlusion
from core.heatmap.targets import Target

if TYPE_CHECKING:
    from core.models.embedder import Embedder


@dataclass(frozen=True)
class Method:
    """How to make a heatmap. `attention`: the function `attention`, for this method alone.

    `needs_torch`: whether it needs the network as a torch module; `hides_parts`: whether it runs the network on the
    crop with parts hidden, so that the target must be able to measure the loss (`Target.of`).
    """

    attention: Callable[[Embedder, NDArray[np.uint8], Target], NDArray[np.float32]]
    needs_torch: bool = True
    hides_parts: bool = False


METHODS: Mapping[HeatmapMethod, Method] = {
    "gradcam": Method(cam.by_gradients(cam.gradcam)),
    "gradcam++": Method(cam.by_gradients(cam.gradcam_plus_plus)),
    "hirescam": Method(cam.by_gradients(cam.hirescam)),
    "layercam": Method(cam.by_gradients(cam.layercam)),
    "eigencam": Method(cam.by_activations(cam.eigencam)),
    "scorecam": Method(cam.by_network(cam.scorecam), hides_parts=True),
    "occlusion": Method(occlusion, needs_torch=False, hides_parts=True),
}


def attention(
    embedder: Embedder, crop: NDArray[np.uint8], method: HeatmapMethod, target: Target
) -> NDArray[np.float32]:
    """Where the network looks in `crop` (uint8, s x s x 3): float32 (s, s), 0-1, or all 0 where nothing counts.

    Errors: ModelError where the method needs the network in torch and it has no such form.
    """
    return METHODS[method].attention(embedder, crop, target)
