"""Everything about a model that is known before it is loaded: plain, checked data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.contracts import HeatmapMethod, HeatmapTarget, Metric

Kind = Literal["dlib", "onnx", "timm"]
Channels = Literal["rgb", "bgr"]
TemplateName = Literal["dlib", "arcface", "centered"]
WITH_PROFILES: tuple[TemplateName, ...] = ("dlib", "arcface")
"""The templates that say where a profile, and so the eyes and the mouth, should lie: see `core.templates`."""


@dataclass(frozen=True)
class PolynomialPercent:
    """Percent as a polynomial in the score, highest power first, clipped to 0-100."""

    coefficients: tuple[float, ...]


@dataclass(frozen=True)
class CurvePercent:
    """Percent by a smooth curve: 90 at the model's threshold, about 20 at `strangers_median` (a score).

    `same_median`: the usual score of two photos of one person, if it is known; it gets 97.
    """

    strangers_median: float
    same_median: float | None = None


@dataclass(frozen=True)
class Strangers:
    """How alike measured pairs of strangers are: the share `parts[i]` of them is at least as alike as `scores[i]`.

    `data`: the set's name; `pairs`: how many; `parts`: rising, in 0-1; `scores`: from the most alike on, in the
    model's metric; `errors`: half the 95 % interval of each share, by which another set of this size may differ.
    """

    data: str
    pairs: int
    parts: tuple[float, ...]
    scores: tuple[float, ...]
    errors: tuple[float, ...]


@dataclass(frozen=True)
class CohortChoice:
    """Faces of nobody to normalise distances by, see `core.similarity.cohort`.

    `file`: their vectors, beside the catalogue; `scales`: for a pair with no, one and two profiles, 0: such a pair's
    score is not normalised.
    """

    file: str
    neighbours: int
    scales: tuple[float, float, float]


@dataclass(frozen=True)
class SeenParts:
    """What the network's vectors tell of clear faces, and of covered ones.

    `length`: the median length of a clear face's vector, before it is made unit; `upper`, `lower`: how far (1 - cosine)
    the vector moves when that part of the face is blurred away, if it was covered already, and if it was clear.
    """

    length: float
    upper: tuple[float, float]
    lower: tuple[float, float]


@dataclass(frozen=True)
class Heatmap:
    """How a model is explained by default. `layers`: names in the torch module; empty: its last map."""

    method: HeatmapMethod
    target: HeatmapTarget
    layers: tuple[str, ...]


@dataclass(frozen=True)
class TimmNetwork:
    """A state dict at `path` for timm's `architecture`; its keys begin with `prefix`; `layer`: the one for heatmaps."""

    path: Path
    architecture: str
    prefix: str
    layer: str | None


@dataclass(frozen=True)
class ModelSpec:
    """A model, its file, and its input.

    `file`: a file of the catalogue, or `path`: one's own file (exactly one of them is set); `input_size`: pixels a side
    of a crop. The input is (pixel * scale - mean) / deviation with pixel 0-255, `mean` and `deviation` in the order of
    `channels`. `width`: length of a vector, None if the file decides; `threshold`: in `metric`; `torch`: the same
    network from timm, if there is one; `strangers`: the scores of different people, if they were measured; `cohort`:
    what to normalise distances by, if anything; `seen`: what its vectors tell of a face's quality, if that was
    measured; `sha256`: that of the file at `path`, in hex, if it is known; `may_normalise`: whether an ONNX network
    that shifts and scales its input itself gets plain pixels instead.
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
    strangers: Strangers | None = None
    cohort: CohortChoice | None = None
    seen: SeenParts | None = None
    sha256: str | None = None
    may_normalise: bool = False
