"""What crosses the wall between `core` and the rooms that ask it for work.

Requests, results and errors, as plain data: this module imports nothing but the standard library, so that a process
which never loads an image or a tensor (the Discord client) can hold them all.

Errors are one tree. The first branch is answered in the person's language and is no bug; the second is ours to mend.

    SokkuriError
    ├── PersonError                  the person who asked can mend it
    │   ├── PhotoError               ... and this is the photo
    │   │   ├── NotAPicture          the bytes are no picture in a format that is read here
    │   │   ├── BrokenPicture        a picture, but cut short or damaged
    │   │   ├── FileTooLarge         more bytes than the limit
    │   │   ├── PictureTooLarge      more pixels than the limit
    │   │   ├── DownloadFailed       the photo could not be fetched
    │   │   ├── NoFace               a picture without a face that could be found
    │   │   ├── NoSuchFace           a face was chosen by a number that the picture does not have
    │   │   └── OnlyOneFace          a picture of one face, where its faces were to be compared
    │   ├── NoPhotos                 nothing to work on
    │   ├── NoSuchDimension          a dimension was asked for that the embedding does not have
    │   ├── TooFewFaces              fewer faces than the method needs
    │   ├── MissingPermission        the bot may not do here what it was asked for
    │   ├── WrongPlace               the command makes no sense in this kind of channel
    │   └── Busy                     too many requests wait already
    └── Fault                        we must mend it
        ├── ModelError               (model, and what is wrong)
        │   ├── ModelMissing         the file is not there and could not be fetched
        │   ├── ModelBroken          the file is there, and is not what it should be
        │   └── ModelMisconfigured   the settings of a model contradict it or themselves
        ├── WorkerLost               the process that did the work died
        ├── DeadlineExceeded         the work took longer than it may
        └── Stopping                 the bot is shutting down
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import floor
from typing import Any, ClassVar, Literal

Colormap = Literal["cividis", "viridis", "inferno", "jet"]
Metric = Literal["euclidean", "cosine"]
Region = Literal["brows", "eyes", "nose", "mouth", "cheeks", "chin", "forehead", "outside"]
REGIONS: tuple[Region, ...] = ("brows", "eyes", "nose", "mouth", "cheeks", "chin", "forehead", "outside")
HeatmapMethod = Literal["gradcam", "gradcam++", "hirescam", "layercam", "eigencam", "scorecam", "occlusion"]
HeatmapTarget = Literal["identity", "largest"]
Shape = Literal["warp", "align"]
Verdict = Literal["same", "lookalike", "some", "little"]
PictureFormat = Literal["jpeg", "png", "webp"]


# ---------------------------------------------------------------- errors


class SokkuriError(Exception):
    """Root of the tree. Subclasses are dataclasses: their fields say all there is to know, and survive pickling."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, f.name) for f in fields(self))  # type: ignore[arg-type]

    def __str__(self) -> str:
        details = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))  # type: ignore[arg-type]
        return f"{self.code}({details})"


class PersonError(SokkuriError):
    """The person who asked can mend it."""


@dataclass(eq=False)
class PhotoError(PersonError):
    """Something is wrong with one photo. `photo` is the name the person knows it by."""

    photo: str


@dataclass(eq=False)
class NotAPicture(PhotoError):
    code = "not_a_picture"


@dataclass(eq=False)
class BrokenPicture(PhotoError):
    code = "broken_picture"


@dataclass(eq=False)
class FileTooLarge(PhotoError):
    """`size` and `limit` in bytes."""

    size: int
    limit: int
    code = "file_too_large"


@dataclass(eq=False)
class PictureTooLarge(PhotoError):
    """`width` and `height` as the file claims them; `limit` in pixels (width times height)."""

    width: int
    height: int
    limit: int
    code = "picture_too_large"


@dataclass(eq=False)
class DownloadFailed(PhotoError):
    code = "download_failed"


@dataclass(eq=False)
class NoFace(PhotoError):
    code = "no_face"


@dataclass(eq=False)
class NoSuchFace(PhotoError):
    """`number`: of the face that was asked for, from the left, counted from 1; the photo holds `count`."""

    number: int
    count: int
    code = "no_such_face"


@dataclass(eq=False)
class OnlyOneFace(PhotoError):
    code = "only_one_face"


@dataclass(eq=False)
class NoPhotos(PersonError):
    """No photo among the `looked_at` newest messages of the place called `place`."""

    place: str
    looked_at: int
    code = "no_photos"


@dataclass(eq=False)
class NoSuchDimension(PersonError):
    """`number` was asked for, counted from 0; the embedding has `count` dimensions."""

    number: int
    count: int
    code = "no_such_dimension"


@dataclass(eq=False)
class TooFewFaces(PersonError):
    """`found` faces where `needed` are; `skipped` says what became of the others."""

    found: int
    needed: int
    skipped: tuple[Skipped, ...] = ()
    code = "too_few_faces"


@dataclass(eq=False)
class MissingPermission(PersonError):
    """`permission` is Discord's own name for it (`read_message_history`), or `message_content` for the intent."""

    permission: str
    place: str
    code = "missing_permission"


@dataclass(eq=False)
class WrongPlace(PersonError):
    code = "wrong_place"


@dataclass(eq=False)
class Busy(PersonError):
    """`waiting` requests are in the queue already, and that is the limit."""

    waiting: int
    code = "busy"


class Fault(SokkuriError):
    """Ours to mend. The person gets an apology and an id that stands in the log too."""


@dataclass(eq=False)
class ModelError(Fault):
    """`model`: its name; `detail`: what was expected, what was found, and the remedy, in English, for the log."""

    model: str
    detail: str
    code = "model_error"


@dataclass(eq=False)
class ModelMissing(ModelError):
    code = "model_missing"


@dataclass(eq=False)
class ModelBroken(ModelError):
    code = "model_broken"


@dataclass(eq=False)
class ModelMisconfigured(ModelError):
    code = "model_misconfigured"


@dataclass(eq=False)
class WorkerLost(Fault):
    code = "worker_lost"


@dataclass(eq=False)
class DeadlineExceeded(Fault):
    """`seconds`: the deadline that passed."""

    seconds: float
    code = "deadline_exceeded"


@dataclass(eq=False)
class Stopping(Fault):
    code = "stopping"


# ---------------------------------------------------------------- settings of the work


@dataclass(frozen=True)
class Limits:
    """What a photo may cost. `file_bytes`: of the file; `pixels`: width times height of the whole picture.

    `side`: the longer side in pixels (OpenCV's warps stop at 32,766).
    """

    file_bytes: int = 25 * 1024 * 1024
    pixels: int = 100_000_000
    side: int = 30_000


@dataclass(frozen=True)
class ModelChoice:
    """A model by its name in the catalogue, or a person's own, and what differs from the catalogue's entry.

    `overrides` are keys of a catalogue entry (`path`, `input_size`, `channels`, `mean`, `deviation`, `template`,
    `metric`, `threshold`, `percent`, ...); see `core/models/catalog.toml`. Values are str, int, float, bool, tuples
    and mappings of those. `preset`: the catalogue's entry to start from, where it is called otherwise than the model.
    """

    name: str = "dlib"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    preset: str | None = None


@dataclass(frozen=True)
class CoreSettings:
    """Everything that `core` must be told; picklable, so that a worker can be started with it.

    `model_folder`: where models are kept (default: `sokkuri` in the user's cache folder); `threads`: how many a
    worker may use at once (0: as many as it likes); `colormap`: of the heatmaps.
    """

    model: ModelChoice = field(default_factory=ModelChoice)
    model_folder: str | None = None
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    colormap: Colormap = "cividis"


# ---------------------------------------------------------------- requests and results


@dataclass(frozen=True)
class Photo:
    """An encoded picture as it came (`data`), and the name its owner knows it by."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Picture:
    """An encoded picture to show: `data` in `format`, `width` x `height` pixels."""

    data: bytes = field(repr=False)
    format: PictureFormat
    width: int
    height: int


@dataclass(frozen=True)
class FoundFace:
    """One face of a photo. `box`: left, top, width, height in pixels of the upright photo."""

    photo: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class NumberedPhoto:
    """The photo called `photo` with its `count` faces framed and numbered from the left, from 1."""

    photo: str
    count: int
    picture: Picture


@dataclass(frozen=True)
class Skipped:
    """A photo that was left out, and why: the `code` of a PhotoError (`no_face`, `broken_picture`, ...)."""

    photo: str
    reason: str


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
    """`score` in `metric` (euclidean: smaller is more alike; cosine: larger is), the same for both orders.

    `percent`: 0-100; `line`: the percentage of `threshold`, 90 or nearly so; `same_person`: the score is on the near
    side of `threshold`; `raw_score`: before it was divided by what is usual around such faces (the same as `score`
    for a model without a cohort); `verdict`: the answer in one of four words; `near_line`: whether other photos of the
    two could well have the other answer; `stranger_rank`: the part of the pairs of strangers that are less alike (0-1),
    at most the rarest that was measured, and `rank_error`, half its 95 % interval (None where nobody measured it);
    `faces`: the two that were compared; `face_counts`: how many each photo holds; `found`: all
    faces of each, from the left; `numbered`: where it was asked for, each photo that holds several, with numbers;
    `stages`: seconds by stage of the work; `regions`: by region, its share in what decides the score: above 0 it makes
    the two alike, below 0 it sets them apart, sizes adding up to 1; all 0 where no region alone changes much, and
    empty where it was not asked for (`SimilarRequest.explain`).
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

    @property
    def shown_percent(self) -> float:
        return shown_percent(self.percent)


def shown_percent(percent: float) -> float:
    """As people are told it, in pictures as in words: one decimal, cut and not rounded.

    So nobody reads of 90.0 % and two people, and 100 is left to the same picture.
    """
    return 100.0 if percent >= 99.995 else floor(percent * 10 + 1e-6) / 10


@dataclass(frozen=True)
class GradcamRequest:
    """What does the network look at in a face of `photo`?

    `face`: which one, from the left, counted from 0; None: the largest. `numbered`: as in SimilarRequest.
    `method`, `target`: None for the model's own; a target that is a number is that dimension of the embedding, from 0.
    `compare_to`: explain the likeness to the largest face of this photo, in place of `target`.
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

    `method`: name of the method; `target`: what was explained (`identity`: what makes it this face, `largest`: the
    embedding's largest dimension, a number in digits: that dimension, `likeness`: to the face in the photo
    `compared_to`);
    `faces`: all of the photo from left to right; `face`: index of the one explained.
    """

    model: str
    method: str
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


@dataclass(frozen=True)
class AverageRequest:
    """The average of the largest face of each photo. `size`: width and height of the face picture in pixels."""

    photos: tuple[Photo, ...]
    shape: Shape = "warp"
    size: int = 768
    picture_format: PictureFormat = "jpeg"


@dataclass(frozen=True)
class AverageResult:
    """`used`: names of the photos that went in; `skipped`: the others; `size`: of the face, (width, height)."""

    method: str
    shape: Shape
    used: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    size: tuple[int, int]
    picture: Picture
    face: Picture
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class LookalikesRequest:
    """Who looks like whom, among all faces of the photos? `numbered`: draw them with numbers, where it is one photo."""

    photos: tuple[Photo, ...]
    picture_format: PictureFormat = "jpeg"
    numbered: bool = False


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
    group; `skipped`: photos, and faces past the number that a picture can hold; `stages`: seconds by stage.
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
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Likeness:
        return self.pairs[0]
