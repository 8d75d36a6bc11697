"""What there is to know about a model before it is loaded: plain, checked data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.contracts import Metric

Kind = Literal["dlib", "onnx", "timm"]
Channels = Literal["rgb", "bgr"]
TemplateName = Literal["dlib", "arcface", "centered"]
HeatmapMethod = Literal["gradcam", "gradcam++", "hirescam", "layercam", "scorecam"]
HeatmapTarget = Literal["identity", "largest"]


@dataclass(frozen=True)
class PolynomialPercent:
    """Percent as a polynomial in the score, highest power first; to be clipped to 0-100."""

    coefficients: tuple[float, ...]


@dataclass(frozen=True)
class CurvePercent:
    """Percent by a smooth curve: 90 at the model's threshold, about 20 at `strangers_median` (a score)."""

    strangers_median: float


@dataclass(frozen=True)
class Heatmap:
    """How a model is explained by default. `layers`: names in the torch module; empty: its last map."""

    method: HeatmapMethod
    target: HeatmapTarget
    layers: tuple[str, ...]


@dataclass(frozen=True)
class TimmNetwork:
    """A state dict at `path` for timm's `architecture`; its keys begin with `prefix`; `layer`: to look at."""

    path: Path
    architecture: str
    prefix: str
    layer: str | None


@dataclass(frozen=True)
class ModelSpec:
    """A model, its file, and what it wants to be fed.

    `file`: a file of the catalogue, or `path`: a file of one's own (exactly one of them is set); `input_size`: pixels
    a side of a crop; what the network gets is (pixel * scale - mean) / deviation with pixel 0-255, `mean` and
    `deviation` in the order of `channels`; `width`: length of a vector, None where the file decides; `threshold`: in
    `metric`; `torch`: the same network from timm, where there is one.
    """

    name: str
    kind: Kind
    licence: str
    file: str | None
    path: Path | None
    input_size: int
    channels: Channels
    scale: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    width: int | None
    template: TemplateName
    metric: Metric
    threshold: float
    percent: PolynomialPercent | CurvePercent
    heatmap: Heatmap
    torch: TimmNetwork | None
