"""Who looks like whom, among many faces?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.contracts.cautions import Caution
from core.contracts.photos import FoundFace, NumberedPhoto, Photo, Picture, PictureFormat, Skipped
from core.contracts.similar import Metric, shown_percent


@dataclass(frozen=True)
class LookalikesRequest:
    """Who looks like whom, among all faces of the photos? `numbered`: draw them with numbers, where it is one photo."""

    photos: tuple[Photo, ...]
    picture_format: PictureFormat = "jpeg"
    numbered: bool = False

    def without(self, name: str) -> LookalikesRequest:
        """This request without the photo called `name`, which then belongs in `LookalikesResult.skipped`."""
        return replace(self, photos=tuple(photo for photo in self.photos if photo.name != name))


@dataclass(frozen=True)
class Likeness:
    """Two faces, as indexes into `LookalikesResult.faces`, their `score` in the metric, and `percent` (0-100)."""

    first: int
    second: int
    score: float
    percent: float

    @property
    def shown_percent(self) -> float:
        return shown_percent(self.percent)


@dataclass(frozen=True)
class LookalikesResult:
    """`faces`: all, photo by photo and from the left; a face is known to people by its place there, counted from 1.

    `scores`: in `metric`, symmetric, by the places in `faces`; `line`: the percentage of `threshold`; `order`: how the
    picture's rows stand, alike faces together; `groups`: two faces or more that are taken for one person, the largest
    group first; `pairs`: the most alike ones, the best first; `strangers`: the most alike two that are in no common
    group; `skipped`: photos, and faces that are unrecognisable, or past the number that a picture can hold; `cautions`:
    what is wrong with each face that was used (two such faces are in a group only if that is sure); `stages`: seconds
    by stage.
    """

    model: str
    metric: Metric
    threshold: float
    line: float
    faces: tuple[FoundFace, ...]
    scores: tuple[tuple[float, ...], ...]
    order: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    pairs: tuple[Likeness, ...]
    strangers: Likeness | None
    skipped: tuple[Skipped, ...]
    picture: Picture
    numbered: tuple[NumberedPhoto, ...] = ()
    cautions: tuple[tuple[Caution, ...], ...] = ()
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Likeness:
        return self.pairs[0]
