"""What the functions of this package return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.contracts import AverageMethod, Caution, HeatmapMethod, Metric, Region, Shape, Skipped, Verdict

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the upright photo."""


@dataclass(frozen=True)
class Shown:
    """A result with a picture. `png`: the picture as a file."""

    png: bytes = field(repr=False)

    @property
    def image(self) -> Image.Image:
        """The picture, RGB. Each call makes a new one."""
        return Image.open(BytesIO(self.png))

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass(frozen=True)
class Comparison(Shown):
    """How alike two faces are.

    `percent`: 0-100, and 90 is the line between two people and one; `same_person`: which side of it they are on;
    `verdict`: the answer in one word; `near_line`: other photos of the two could well have the other answer;
    `score`: in `metric` (euclidean: smaller is more alike; cosine: larger is), and `threshold`, the score of the line;
    `stranger_rank`: the share of pairs of strangers that are less alike, 0-1, None if nobody measured that;
    `cautions`: what is wrong with each of the two faces, the worst first; where there is something, `interval` has the
    percentages between which clear photos of the two would most likely lie, the `verdict` is `unsure` if the line is
    between them, and there is no `stranger_rank`;
    `regions`: share of each part of the face in the score, above 0 it makes the two alike, below 0 it sets them apart,
    empty without `explain`; `boxes`: the two faces that were compared.
    """

    percent: float
    same_person: bool
    verdict: Verdict
    near_line: bool
    score: float
    metric: Metric
    threshold: float
    stranger_rank: float | None
    cautions: tuple[tuple[Caution, ...], tuple[Caution, ...]]
    interval: tuple[float, float] | None
    regions: Mapping[Region, float]
    boxes: tuple[Box, Box]


@dataclass(frozen=True)
class Heatmap(Shown):
    """What the network looks at in a face. `regions`: share of the attention of each part of the face, adding up to 1;
    `box`: the face that was explained.
    """

    method: HeatmapMethod
    regions: Mapping[Region, float]
    box: Box


@dataclass(frozen=True)
class Average(Shown):
    """An average face. `used`: names of the photos in it; `skipped`: photos that are not, each with a reason.

    A photo that is no file is called by its place: "photo 1" is the first.
    """

    method: AverageMethod
    shape: Shape
    used: tuple[str, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face of a photo. `landmarks`: float32 (478, 2), x and y in pixels of the upright photo, in MediaPipe's order.

    `approximate`: they are good enough for a box and a crop, and nothing else (a face in profile, or half hidden);
    `profile`: which way the face looks if it is seen from the side.
    """

    box: Box
    landmarks: NDArray[np.float32] = field(repr=False)
    approximate: bool
    profile: Literal["left", "right"] | None
