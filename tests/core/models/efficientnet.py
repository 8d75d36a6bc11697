"""A network like JAPANESE FACE v1, with random weights."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Efficientnet:
    """One network twice: ONNX, and its state dict."""

    onnx: Path
    state: Path


def save_efficientnet(folder: Path, *, side: int = 224, any_batch: bool = True) -> Efficientnet:
    """tf_efficientnetv2_b0 with 512 outputs, its keys below `trunk.`, as in JAPANESE FACE v1; each time the same one.

    `side`: of the crops that the ONNX file takes, in pixels; `any_batch`: whether it takes any number of them, or one.
    """
    import torch

    network = _network()
    made = Efficientnet(folder / "face.onnx", folder / "face.pth")
    torch.save(network.state_dict(), made.state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, side, side),),
            made.onnx,
            opset_version=17,
            dynamo=False,  # the newer exporter needs one more package, and writes an opset onnx2torch cannot read
            input_names=["crops"],
            output_names=["vectors"],
            dynamic_axes={"crops": {0: "n"}, "vectors": {0: "n"}} if any_batch else None,
        )
    return made


def _network() -> nn.Module:
    import torch

    from core.models.torchvision_compat import make_importable

    make_importable()
    import timm

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = timm.create_model("tf_efficientnetv2_b0", pretrained=False, num_classes=512)

        def forward(self, crops: torch.Tensor) -> torch.Tensor:
            return self.trunk(crops)

    torch.manual_seed(0)
    return Network().eval()
