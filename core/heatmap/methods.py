"""The table of heatmap methods: a new one is a row and a function here, and its name in `core.contracts.gradcam`.

All but occlusion are class activation maps: which parts of its input a network's vector depends on, according to its
layers. They are Grad-CAM (Selvaraju et al. 2017), Grad-CAM++ (Chattopadhay et al. 2018), HiResCAM (Draelos & Carin
2020), LayerCAM (Jiang et al. 2021), Eigen-CAM (Muhammad & Yeasin 2020; it ignores the target) and Score-CAM (Wang et
al. 2020). Their maps equal those of the library pytorch-grad-cam, which also computes the gradients of all weights, and
of all earlier layers. Here there is one pass forward, and one back no further than to the layers of interest.

torch is imported where it is first needed, since loading the table must not load it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from core import stages
from core.contracts import HeatmapMethod
from core.heatmap.occlusion import occlusion
from core.heatmap.targets import Target

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models.embedder import Embedder
    from core.models.explainable import Explainable

Map = NDArray[np.float32]
Attention = Callable[["Embedder", NDArray[np.uint8], Target], Map]
"""The function `attention`, for one method."""

_BATCH = 16


@dataclass(frozen=True)
class Method:
    """How to make a heatmap. `attention`: the function `attention`, for this method alone.

    `needs_torch`: whether it needs the network as a torch module; `hides_parts`: whether it runs the network on the
    crop with parts hidden, so that the target must be able to measure the loss (`Target.of`).
    """

    attention: Attention
    needs_torch: bool = True
    hides_parts: bool = False


def attention(
    embedder: Embedder, crop: NDArray[np.uint8], method: HeatmapMethod, target: Target
) -> NDArray[np.float32]:
    """Where the network looks in `crop` (uint8, s x s x 3): float32 (s, s), 0-1, or all 0 where nothing counts.

    Errors: ModelError where the method needs the network in torch and it has no such form.
    """
    return METHODS[method].attention(embedder, crop, target)


def _by_layers(maps: Callable[[Explainable, Tensor, Target], list[Map]]) -> Attention:
    """The method that averages the maps (h, w) of all layers, each scaled to 0-1. `maps`: makes them, from the network,
    its input (1, 3, s, s) and the target.
    """

    def attention(embedder: Embedder, crop: NDArray[np.uint8], target: Target) -> Map:
        network = embedder.explainable()
        size = crop.shape[1], crop.shape[0]
        scaled = [
            cv2.resize(_scaled(np.maximum(one, 0)), size)
            for one in maps(network, network.preprocess(crop[np.newaxis]), target)
        ]
        return _scaled(np.mean(scaled, axis=0))

    return attention


def _by_gradients(weigh: Callable[[Map, Map], Map]) -> Attention:
    """The method that makes a layer's map (h, w) of its activations (channels, h, w) and the target's gradients by them
    (of the same shape).
    """

    def maps(network: Explainable, planes: Tensor, target: Target) -> list[Map]:
        return [weigh(activations, gradients) for activations, gradients in _with_gradients(network, planes, target)]

    return _by_layers(maps)


def _by_activations(weigh: Callable[[Map], Map]) -> Attention:
    """The method that makes a layer's map (h, w) of its activations (channels, h, w) alone."""

    def maps(network: Explainable, planes: Tensor, target: Target) -> list[Map]:
        return [weigh(activations) for activations in _activations(network, planes)]

    return _by_layers(maps)


def _gradcam(activations: Map, gradients: Map) -> Map:
    return _weighted(activations, gradients.mean(axis=(1, 2)))


def _gradcam_plus_plus(activations: Map, gradients: Map) -> Map:
    """Equation 19 of the paper."""
    squares = gradients**2
    total = activations.sum(axis=(1, 2), keepdims=True)
    alpha = squares / (2 * squares + total * squares * gradients + 1e-6)
    return _weighted(activations, (np.maximum(gradients, 0) * alpha).sum(axis=(1, 2)))


def _hirescam(activations: Map, gradients: Map) -> Map:
    return np.asarray((activations * gradients).sum(axis=0))


def _layercam(activations: Map, gradients: Map) -> Map:
    return np.asarray((activations * np.maximum(gradients, 0)).sum(axis=0))


def _eigencam(activations: Map) -> Map:
    """The first principal component, over the pixels."""
    pixels = activations.reshape(len(activations), -1).T
    pixels = pixels - pixels.mean(axis=0)
    _, _, components = np.linalg.svd(pixels, full_matrices=False)
    return np.asarray((pixels @ components[0]).reshape(activations.shape[1:]))


def _scorecam(network: Explainable, planes: Tensor, target: Target) -> list[Map]:
    return [_by_scores(network.module, planes, activations, target) for activations in _activations(network, planes)]


def _by_scores(module: nn.Module, planes: Tensor, activations: Map, target: Target) -> Map:
    """The sum of a layer's channels, each weighted by the target of the input masked by it."""
    import torch
    from torch.nn import functional

    with torch.inference_mode():
        size = planes.shape[2:]
        masks = functional.interpolate(
            torch.from_numpy(activations)[None].to(planes.device), size, mode="bilinear", align_corners=True
        )[0]
        low, high = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
        masks = (masks - low) / (high - low + 1e-8)
        scores = []
        for start in range(0, len(masks), _BATCH):
            stages.enter("explain")  # all batches together take too long for one stage
            scores += [target(vector) for vector in module(planes * masks[start : start + _BATCH, None])]
        return _weighted(activations, torch.stack(scores).softmax(dim=0).cpu().numpy())


def _with_gradients(network: Explainable, planes: Tensor, target: Target) -> list[tuple[Map, Map]]:
    """Each layer's activations (channels, h, w), and the target's gradients by them."""
    import torch

    with torch.enable_grad():
        outputs, vector = _outputs(network, planes)
        gradients = torch.autograd.grad(target(vector), outputs)
    pairs = zip(outputs, gradients, strict=True)
    return [(output.detach().cpu().numpy()[0], gradient.cpu().numpy()[0]) for output, gradient in pairs]


def _activations(network: Explainable, planes: Tensor) -> list[Map]:
    import torch

    with torch.no_grad():
        return [output.cpu().numpy()[0] for output in _outputs(network, planes)[0]]


def _outputs(network: Explainable, planes: Tensor) -> tuple[Sequence[Tensor], Tensor]:
    """The output of each of the layers, (1, channels, h, w), and the vector (d,)."""
    given: dict[nn.Module, Tensor] = {}

    def keep(layer: nn.Module, _: object, output: Tensor) -> None:
        given[layer] = output

    hooks = [layer.register_forward_hook(keep) for layer in network.layers]
    try:
        (vector,) = network.module(planes)
    finally:
        for hook in hooks:
            hook.remove()
    return [given[layer] for layer in network.layers], vector


def _weighted(activations: Map, weights: Map) -> Map:
    return np.asarray(np.tensordot(weights, activations, 1))


def _scaled(values: Map) -> Map:
    """The values scaled to 0-1; all 0 if they are all the same."""
    above = values - values.min()
    return np.asarray(above / (above.max() + 1e-7), dtype=np.float32)


METHODS: Mapping[HeatmapMethod, Method] = {
    "gradcam": Method(_by_gradients(_gradcam)),
    "gradcam++": Method(_by_gradients(_gradcam_plus_plus)),
    "hirescam": Method(_by_gradients(_hirescam)),
    "layercam": Method(_by_gradients(_layercam)),
    "eigencam": Method(_by_activations(_eigencam)),
    "scorecam": Method(_by_layers(_scorecam), hides_parts=True),
    "occlusion": Method(occlusion, needs_torch=False, hides_parts=True),
}
