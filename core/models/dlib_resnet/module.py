"""dlib's ResNet for torch: for gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.dlib_resnet.weights import Block, Convolution, Weights


class ResidualBlock(nn.Module):
    """Two convolutions and their shortcut. What is smaller of the two sums is filled up with zeros, as in dlib."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first = _convolution(block.first)
        self.inner_relu = nn.ReLU()
        self.second = _convolution(block.second)
        self.shortcut = nn.AvgPool2d(2, 2) if block.shrinks else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, filters, h, w), or half of h and w, rounded down, where the block shrinks."""
        main: Tensor = self.second(self.inner_relu(self.first(maps)))
        shortcut: Tensor = self.shortcut(maps)
        rows, columns = shortcut.shape[2] - main.shape[2], shortcut.shape[3] - main.shape[3]
        main = functional.pad(main, (0, columns, 0, rows))
        shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, main.shape[1] - shortcut.shape[1]))
        return self.relu(main + shortcut)  # type: ignore[no-any-return]


class DlibResnet(nn.Module):
    """float32 (n, 3, 150, 150), already normalised, to (n, 128).

    `groups[0]` to `groups[4]` are the groups of residual blocks, whose maps are 35, 17, 8, 4 and 2 pixels a side.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolution(weights.stem), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.groups = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(block) for block in group)) for group in weights.groups
        )
        inputs, outputs = weights.projection.shape
        self.projection = nn.Linear(inputs, outputs, bias=False)
        with torch.no_grad():
            self.projection.weight.copy_(torch.from_numpy(weights.projection.T.copy()))
        self.eval()

    def forward(self, crops: Tensor) -> Tensor:
        maps = self.stem(crops)
        for group in self.groups:
            maps = group(maps)
        return self.projection(maps.mean(dim=(2, 3)))  # type: ignore[no-any-return]


def _convolution(convolution: Convolution) -> nn.Conv2d:
    filters, channels, size, _ = convolution.weight.shape
    layer = nn.Conv2d(channels, filters, size, convolution.stride, convolution.padding)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(convolution.weight))
        layer.bias.copy_(torch.from_numpy(convolution.bias))  # type: ignore[union-attr]
    return layer
