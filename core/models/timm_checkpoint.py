"""A timm network with one's own state dict."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.contracts import Device, ModelBroken, ModelMisconfigured, ModelMissing
from core.models.device import of_torch
from core.models.explainable import Explainable, explain
from core.models.normalise import normalise
from core.models.spec import ModelSpec, TimmNetwork
from core.models.torchvision_compat import make_importable

_BATCH = 16
_WRAPPINGS = ("state_dict", "model_state_dict")
_KEYS_NAMED = 6


class TimmNet(nn.Module):
    """A timm network whose classifier gives the vector. It stands in `trunk`, so layers are `trunk.blocks[-1]`."""

    def __init__(self, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, crops: Tensor) -> Tensor:
        """float32 (n, 3, s, s), normalised, to (n, width)."""
        return self.trunk(crops)  # type: ignore[no-any-return]


class TimmEmbedder:
    """A timm network, run in torch. Raises ModelMissing, ModelBroken or ModelMisconfigured as `load_network` does."""

    def __init__(self, spec: ModelSpec, device: Device = "cpu") -> None:
        self.spec = spec
        self._place = of_torch(device)
        self._network = cast(TimmNetwork, spec.torch)  # never None for kind "timm", see resolve
        self._module = load_network(spec).to(self._place)
        size = spec.input_size
        try:
            found = self(np.zeros((1, size, size, 3), np.uint8)).shape
        except RuntimeError as error:
            raise ModelMisconfigured(
                spec.name, f"input_size: expected one that the network runs on, found {size}, where it stops: {error}"
            ) from error
        if found != (1, spec.width):
            raise ModelMisconfigured(spec.name, f"width: expected vectors (1, {spec.width}), found {found}")

    @property
    def device(self) -> Device:
        return "cuda" if self._place.type == "cuda" else "cpu"

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 RGB crops (n, s, s, 3) to float32 vectors (n, d), as the network gives them."""
        if len(crops) == 0:
            return np.empty((0, cast(int, self.spec.width)), np.float32)
        with torch.inference_mode():
            parts = [
                self._module(torch.from_numpy(normalise(self.spec, crops[start : start + _BATCH])).to(self._place))
                for start in range(0, len(crops), _BATCH)
            ]
        return torch.cat(parts).cpu().numpy()

    def explainable(self) -> Explainable:
        """This very network, at the layer of `torch`, or else those of `heatmap`. Raises ModelMisconfigured."""
        return explain(self.spec, self._module, timm_layers(self.spec), self.device)


def timm_layers(spec: ModelSpec) -> tuple[str, ...]:
    """Names of the layers to look at in a TimmNet."""
    layer = cast(TimmNetwork, spec.torch).layer
    return (layer,) if layer else spec.heatmap.layers


def load_network(spec: ModelSpec) -> TimmNet:
    """Build the architecture of `spec.torch` with `spec.width` outputs and fill it from the state dict.

    Raises ModelMisconfigured for an architecture that timm does not know, ModelMissing when the file is not there,
    ModelBroken when it is no state dict or has not the very keys and shapes of the network.
    """
    network = cast(TimmNetwork, spec.torch)
    state = _read_state(spec, network.path)
    make_importable()
    import timm

    try:
        trunk = timm.create_model(network.architecture, pretrained=False, num_classes=spec.width)
    except RuntimeError as error:
        near = ", ".join(difflib.get_close_matches(network.architecture, timm.list_models(), n=3)) or "none is similar"
        raise ModelMisconfigured(
            spec.name,
            f"torch.architecture: expected one that timm knows ({near}), found {network.architecture!r}: {error}",
        ) from error
    _fill(spec, network, trunk, state)
    return TimmNet(trunk).eval()


def _read_state(spec: ModelSpec, path: Path) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise ModelMissing(spec.name, f"expected a state dict at {path}, found no file there; remedy: correct `path`")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything; torch's own text advises to run what is in it
        raise ModelBroken(
            spec.name,
            f"expected a state dict of plain tensors at {path}, found a file that torch does not read as one "
            f"({type(error).__name__}); remedy: save it with torch.save(model.state_dict(), path)",
        ) from error
    for key in _WRAPPINGS:
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelBroken(spec.name, f"expected a state dict at {path}, found {type(state).__name__}")
    return cast("Mapping[str, Tensor]", state)


def _fill(spec: ModelSpec, network: TimmNetwork, trunk: nn.Module, state: Mapping[str, Tensor]) -> None:
    expected = trunk.state_dict()
    found = {key.removeprefix(network.prefix): value for key, value in state.items() if key.startswith(network.prefix)}
    missing = [network.prefix + key for key in expected if key not in found]
    unexpected = [
        key for key in state if not key.startswith(network.prefix) or key.removeprefix(network.prefix) not in expected
    ]
    unlike = [
        f"{network.prefix}{key} {tuple(found[key].shape)} in place of {tuple(value.shape)}"
        for key, value in expected.items()
        if key in found and found[key].shape != value.shape
    ]
    faults = [
        f"{what} {', '.join(keys[:_KEYS_NAMED])}" + (f" and {len(keys) - _KEYS_NAMED} more" * (len(keys) > _KEYS_NAMED))
        for what, keys in (("missing", missing), ("unexpected", unexpected), ("of another shape", unlike))
        if keys
    ]
    if faults:
        raise ModelBroken(
            spec.name,
            f"expected the keys of {network.architecture} with {spec.width} outputs after the prefix "
            f"{network.prefix!r} in {network.path}, found: {'; '.join(faults)}; remedy: correct `torch` (architecture, "
            "prefix) and `width`, or save the whole state dict",
        )
    trunk.load_state_dict(found)
