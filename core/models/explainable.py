"""A model as heatmaps need it: a torch module, the layers to look at, and how crops become its input."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.contracts import Device, ModelMisconfigured
from core.models.device import of_torch
from core.models.normalise import normalise
from core.models.spec import ModelSpec


@dataclass(frozen=True, eq=False)
class Explainable:
    """`module`: in eval mode, its parameters open to gradients; takes what `preprocess` makes of uint8 RGB crops
    (n, s, s, 3), a float32 tensor (n, 3, s, s) on the module's device, and gives vectors (n, d); `layers`: its layers
    to look at, outermost last, and their names. Each gives maps (n, channels, h, w).
    """

    module: nn.Module
    layers: tuple[nn.Module, ...]
    layer_names: tuple[str, ...]
    preprocess: Callable[[NDArray[np.uint8]], Tensor]


def explain(spec: ModelSpec, module: nn.Module, layers: Sequence[str], device: Device = "cpu") -> Explainable:
    """Make a module explainable at `layers` (names; none: its last map), on `device`. Raises ModelMisconfigured."""
    place = of_torch(device)

    def preprocess(crops: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(normalise(spec, crops)).to(place)

    module.eval().requires_grad_(True).to(place)
    # a fifth faster on a processor, and the values stay
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    probe = torch.zeros(1, 3, spec.input_size, spec.input_size, device=place)
    maps = _maps(module, probe)
    if not maps:
        raise ModelMisconfigured(spec.name, "heatmap: expected a network with maps inside, found none in it")
    names = tuple(layers) or (list(maps)[-1],)
    found = tuple(_layer(spec, module, name) for name in names)
    giving_maps = set(maps.values())
    for name, layer in zip(names, found, strict=True):
        if layer not in giving_maps:
            raise ModelMisconfigured(spec.name, f"layer: expected one that gives maps, found {name!r}, which does not")
    return Explainable(module, found, names, preprocess)


def _maps(module: nn.Module, probe: Tensor) -> dict[str, nn.Module]:
    """The inner modules that output a map of more than one pixel a side, in the order of their output."""
    order: dict[str, nn.Module] = {}

    def watch(name: str) -> Callable[[nn.Module, object, object], None]:
        def see(layer: nn.Module, _: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
                order.pop(name, None)  # a layer that is used twice counts where it is used last
                order[name] = layer

        return see

    hooks = [inner.register_forward_hook(watch(name)) for name, inner in module.named_modules() if name]
    try:
        with torch.no_grad():
            module(probe)
    finally:
        for hook in hooks:
            hook.remove()
    return order


def _layer(spec: ModelSpec, module: nn.Module, name: str) -> nn.Module:
    """The module that is called `name`: torch's own name, or as one would write it, `trunk.blocks[-1]`."""
    by_name = dict(module.named_modules())
    if name in by_name:
        return cast(nn.Module, by_name[name])
    found: object = module
    for attribute, index in re.findall(r"([^.\[\]]+)|\[(-?\d+)\]", name):
        try:
            found = getattr(found, attribute) if attribute else found[int(index)]  # type: ignore[index]
        except (AttributeError, IndexError, TypeError, KeyError):
            found = None
    if not isinstance(found, nn.Module):
        some = ", ".join([inner for inner in by_name if inner][-12:])
        raise ModelMisconfigured(
            spec.name, f"layer: expected the name of a layer in the network, found {name!r}; the last ones are {some}"
        )
    return found
