"""A network like JAPANESE FACE v1, with random weights."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Efficientnet:
    """One network three times: ONNX with any batch, ONNX for one crop, and its state dict."""

    onnx: Path
    onnx_single: Path
    state: Path


def export_efficientnet(folder: Path) -> Efficientnet:
    """tf_efficientnetv2_b0 with 512 outputs, its keys below `trunk.`, as in JAPANESE FACE v1."""
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
    network = Network().eval()
    made = Efficientnet(folder / "face.onnx", folder / "single.onnx", folder / "face.pth")
    torch.save(network.state_dict(), made.state)
    for path, axes in ((made.onnx, {"crops": {0: "n"}, "vectors": {0: "n"}}), (made.onnx_single, None)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.onnx.export(
                network,
                (torch.zeros(1, 3, 224, 224),),
                path,
                opset_version=17,
                dynamo=False,  # the newer exporter needs one more package, and writes an opset onnx2torch cannot read
                input_names=["crops"],
                output_names=["vectors"],
                dynamic_axes=axes,
            )
    return made
