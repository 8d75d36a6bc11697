"""What does the network look at in a face?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.contracts.photos import FoundFace, NumberedPhoto, Photo, Picture, PictureFormat, Region

HeatmapMethod = Literal["gradcam", "gradcam++", "hirescam", "layercam", "eigencam", "scorecam", "occlusion"]
HEATMAP_LABELS: Mapping[HeatmapMethod, str] = {
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "eigencam": "Eigen-CAM",
    "scorecam": "Score-CAM",
    "occlusion": "Occlusion",
}
"""Names as their papers write them."""

HeatmapTarget = Literal["identity", "largest"]


@dataclass(frozen=True)
class GradcamRequest:
    """What does the network look at in a face of `photo`?

    `face`: which one, from the left, counted from 0; None: the largest. `numbered`: as in SimilarRequest.
    `method`, `target`: None for the model's own; a target that is a number is that dimension of the embedding, from 0.
    `compare_to`: explain the likeness to the largest face of this photo instead of `target`.
    """

    photo: Photo
    picture_format: PictureFormat = "jpeg"
    face: int | None = None
    numbered: bool = False
    method: HeatmapMethod | None = None
    target: HeatmapTarget | int | None = None
    compare_to: Photo | None = None


@dataclass(frozen=True)
class GradcamResult:
    """`regions`: share of the attention by region, adding up to 1; `outside_face` is `regions["outside"]`.

    `target`: what was explained (`identity`: what makes it this face, `largest`: the
    embedding's largest dimension, a number in digits: that dimension, `likeness`: to the face in the photo
    `compared_to`);
    `faces`: all of the photo from left to right; `face`: index of the one explained.
    """

    model: str
    method: HeatmapMethod
    target: str
    regions: Mapping[Region, float]
    faces: tuple[FoundFace, ...]
    face: int
    picture: Picture
    stages: Mapping[str, float] = field(default_factory=dict)
    numbered: tuple[NumberedPhoto, ...] = ()
    compared_to: str | None = None

    @property
    def outside_face(self) -> float:
        return self.regions["outside"]
