"""How alike are two faces?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Literal

from core.contracts.cautions import Caution
from core.contracts.photos import FoundFace, NumberedPhoto, Photo, Picture, PictureFormat, Region

Metric = Literal["euclidean", "cosine"]
Verdict = Literal["same", "lookalike", "some", "little", "unsure"]


@dataclass(frozen=True)
class SimilarRequest:
    """How alike are a face of `first` and one of `second`?

    `explain`: whether to look for the regions that decide (a few dozen embeddings more).
    `first_face`, `second_face`: which one, from the left, counted from 0; None: the largest. `numbered`: whether the
    photos with several faces are to be drawn with numbers too.
    """

    first: Photo
    second: Photo
    picture_format: PictureFormat = "jpeg"
    first_face: int | None = None
    second_face: int | None = None
    numbered: bool = False
    explain: bool = True


@dataclass(frozen=True)
class SimilarResult:
    """`score`: in `metric` (euclidean: smaller is more alike; cosine: larger is), the same for both orders.

    `percent`: 0-100; `line`: the percentage of `threshold`, 90 or nearly so; `same_person`: the score is on the near
    side of `threshold`; `raw_score`: before it was divided by what is usual around such faces (the same as `score`
    for a model without a cohort); `verdict`: the answer in one word; `near_line`: whether other photos of the
    two could well have the other answer; `stranger_rank`: the part of the pairs of strangers that are less alike (0-1),
    at most the rarest that was measured, and `rank_error`, half its 95 % interval (None where nobody measured it);
    `faces`: the two that were compared; `face_counts`: how many each photo holds; `found`: all
    faces of each, from the left; `numbered`: where it was asked for, each photo that holds several, with numbers;
    `stages`: seconds by stage of the work; `regions`: by region, its share in what decides the score: above 0 it makes
    the two alike, below 0 it sets them apart, sizes adding up to 1; all 0 where no region alone changes much, and
    empty where it was not asked for (`SimilarRequest.explain`).

    `cautions`: what is wrong with each of the two faces, the worst first. Where there are any, `interval` has the
    percentages between which clear photos of the same two would lie in 95 of 100 cases; `same_person` holds only if all
    of them are on its side, the `verdict` is `unsure` if the line lies between them, and there is no `stranger_rank`.
    """

    model: str
    metric: Metric
    score: float
    percent: float
    line: float
    same_person: bool
    threshold: float
    faces: tuple[FoundFace, FoundFace]
    face_counts: tuple[int, int]
    picture: Picture
    stages: Mapping[str, float] = field(default_factory=dict)
    found: tuple[tuple[FoundFace, ...], tuple[FoundFace, ...]] = ((), ())
    verdict: Verdict = field(kw_only=True)
    near_line: bool = False
    stranger_rank: float | None = None
    rank_error: float | None = None
    raw_score: float | None = None
    numbered: tuple[NumberedPhoto, ...] = ()
    regions: Mapping[Region, float] = field(default_factory=dict)
    cautions: tuple[tuple[Caution, ...], tuple[Caution, ...]] = ((), ())
    interval: tuple[float, float] | None = None

    @property
    def shown_percent(self) -> float:
        return shown_percent(self.percent)


def shown_percent(percent: float) -> float:
    """The percentage as pictures and texts show it: one decimal, cut off instead of rounded.

    So 90.0 % never stands beside "two people", and only the same picture gets 100.
    """
    return 100.0 if percent >= 99.995 else floor(percent * 10 + 1e-6) / 10
