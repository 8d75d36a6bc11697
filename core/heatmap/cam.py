"""Class activation maps: which parts of its input a network's vector rests on, by what its layers see of them.

Grad-CAM (Selvaraju et al. 2017), Grad-CAM++ (Chattopadhay et al. 2018), HiResCAM (Draelos & Carin 2020), LayerCAM
(Jiang et al. 2021), Eigen-CAM (Muhammad & Yeasin 2020; it knows no target) and Score-CAM (Wang et al. 2020). The maps
are those of the library pytorch-grad-cam, which also takes the gradients of all weights, and of the layers before those
that are looked at: here it is one pass forward, and back no further than to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core import stages
from core.heatmap.targets import Target
from core.models.explainable import Explainable

Method = Literal["gradcam", "gradcam++", "hirescam", "layercam", "eigencam", "scorecam"]
Map = NDArray[np.float32]

_BATCH = 16


def activation_map(explainable: Explainable, crop: NDArray[np.uint8], method: Method, target: Target) -> Map:
    """Of `crop` (uint8, s x s x 3): float32 (s, s), 0-1, the mean of what each of the layers says."""
    planes = explainable.preprocess(crop[np.newaxis])
    if method in _BY_GRADIENT:
        maps = [_BY_GRADIENT[method](*pair) for pair in _with_gradients(explainable, planes, target)]
    elif method == "eigencam":
        maps = [_eigencam(activations) for activations in _activations(explainable, planes)]
    else:
        maps = [_scorecam(explainable.module, planes, one, target) for one in _activations(explainable, planes)]
    size = crop.shape[1], crop.shape[0]
    scaled = [cv2.resize(_scaled(np.maximum(one, 0)), size) for one in maps]
    return _scaled(np.mean(scaled, axis=0))


def _with_gradients(explainable: Explainable, planes: Tensor, target: Target) -> list[tuple[Map, Map]]:
    """Of each layer the activations (channels, h, w), and the target's gradient by them."""
    with torch.enable_grad():
        outputs, vector = _outputs(explainable, planes)
        gradients = torch.autograd.grad(target(vector), outputs)
    pairs = zip(outputs, gradients, strict=True)
    return [(output.detach().cpu().numpy()[0], gradient.cpu().numpy()[0]) for output, gradient in pairs]


def _activations(explainable: Explainable, planes: Tensor) -> list[Map]:
    with torch.no_grad():
        return [output.cpu().numpy()[0] for output in _outputs(explainable, planes)[0]]


def _outputs(explainable: Explainable, planes: Tensor) -> tuple[Sequence[Tensor], Tensor]:
    """What each of the layers gives, (1, channels, h, w), and the vector (d,)."""
    given: dict[nn.Module, Tensor] = {}

    def keep(layer: nn.Module, _: object, output: Tensor) -> None:
        given[layer] = output

    hooks = [layer.register_forward_hook(keep) for layer in explainable.layers]
    try:
        (vector,) = explainable.module(planes)
    finally:
        for hook in hooks:
            hook.remove()
    return [given[layer] for layer in explainable.layers], vector


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


_BY_GRADIENT: Mapping[Method, Callable[[Map, Map], Map]] = {
    "gradcam": _gradcam,
    "gradcam++": _gradcam_plus_plus,
    "hirescam": _hirescam,
    "layercam": _layercam,
}


def _eigencam(activations: Map) -> Map:
    """The first principal component, over the pixels."""
    pixels = activations.reshape(len(activations), -1).T
    pixels = pixels - pixels.mean(axis=0)
    _, _, components = np.linalg.svd(pixels, full_matrices=False)
    return np.asarray((pixels @ components[0]).reshape(activations.shape[1:]))


def _scorecam(module: nn.Module, planes: Tensor, activations: Map, target: Target) -> Map:
    """The channels, each weighted by the target of the input that shows through it."""
    with torch.inference_mode():
        size = planes.shape[2:]
        masks = functional.interpolate(
            torch.from_numpy(activations)[None].to(planes.device), size, mode="bilinear", align_corners=True
        )[0]
        low, high = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
        masks = (masks - low) / (high - low + 1e-8)
        scores = []
        for start in range(0, len(masks), _BATCH):
            stages.enter("explain")  # all batches together take long
            scores += [target(vector) for vector in module(planes * masks[start : start + _BATCH, None])]
        return _weighted(activations, torch.stack(scores).softmax(dim=0).cpu().numpy())


def _weighted(activations: Map, weights: Map) -> Map:
    return np.asarray(np.tensordot(weights, activations, 1))


def _scaled(values: Map) -> Map:
    """From 0 to 1; all 0 where they are all the same."""
    above = values - values.min()
    return np.asarray(above / (above.max() + 1e-7), dtype=np.float32)
