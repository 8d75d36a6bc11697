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
    │   │   ├── TooMuchMemory        reading it took more memory than a photo may take
    │   │   ├── HarmfulPhoto         two workers died or hung on it, and it will not be tried again for a while
    │   │   ├── DownloadFailed       the photo could not be fetched
    │   │   ├── LinkExpired          ... because it is not where it was said to be
    │   │   ├── AccessDenied         ... because the bot may not read it
    │   │   ├── NoFace               a picture without a face that could be found
    │   │   ├── NoSuchFace           a face was chosen by a number that the picture does not have
    │   │   └── OnlyOneFace          a picture of one face, where its faces were to be compared
    │   ├── NoPhotos                 nothing to work on
    │   ├── NoPhotosInMessage        ... in the message that was pointed at
    │   ├── TooFewPhotos             fewer photos than the command needs
    │   ├── NoAvatar                 a person has no picture of their own
    │   ├── NotAMessageLink          a text that should lead to a message does not
    │   ├── NoSuchMessage            there is no such message, or it is not for the person to read
    │   ├── NoSuchDimension          a dimension was asked for that the embedding does not have
    │   ├── TooFewFaces              fewer faces than the method needs
    │   ├── MissingPermission        the bot may not do here what it was asked for
    │   ├── NotInstalledHere         the bot is no member of the server whose messages it was to read
    │   ├── NotInThread              the bot, or who asked, was not added to a private thread
    │   ├── WrongPlace               the command makes no sense in this kind of channel
    │   ├── NothingToMix             a mixture was asked for, and not with what
    │   ├── Stopped                  somebody stopped it before anything was ready
    │   ├── OutOfTime                nothing was ready while Discord still takes an answer
    │   ├── Busy                     too many requests are open already
    │   └── TooOften                 too many requests of one person in a while
    └── Fault                        we must mend it
        ├── ModelError               (model, and what is wrong)
        │   ├── ModelMissing         the file is not there and could not be fetched
        │   ├── ModelBroken          the file is there, and is not what it should be
        │   └── ModelMisconfigured   the settings of a model contradict it or themselves
        ├── WorkerLost               the process that did the work died
        ├── DeadlineExceeded         the work took longer than it may
        ├── StartTooSlow             there was no worker ready for it
        └── Stopping                 the bot is shutting down
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import floor
from typing import Any, ClassVar, Literal

Colormap = Literal["cividis", "viridis", "inferno", "jet"]
Metric = Literal["euclidean", "cosine"]
Region = Literal["brows", "eyes", "nose", "mouth", "cheeks", "chin", "forehead", "outside"]
REGIONS: tuple[Region, ...] = ("brows", "eyes", "nose", "mouth", "cheeks", "chin", "forehead", "outside")
HeatmapMethod = Literal["gradcam", "gradcam++", "hirescam", "layercam", "eigencam", "scorecam", "occlusion"]
HeatmapTarget = Literal["identity", "largest"]
Shape = Literal["warp", "align", "article"]
AverageMethod = Literal["mean", "median", "mode", "trimmed"]
Light = Literal["linear", "srgb"]
FacesTaken = Literal["largest", "every"]
Flaw = Literal["turned_away", "too_small", "too_blurred"]
Device = Literal["cpu", "cuda"]
Verdict = Literal["same", "lookalike", "some", "little"]
PictureFormat = Literal["jpeg", "png", "webp"]


# ---------------------------------------------------------------- errors


class SokkuriError(Exception):
    """Root of the tree. Subclasses are dataclasses: their fields say all there is to know, and survive pickling."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, f.name) for f in fields(self))  # type: ignore[arg-type]

    def __str__(self) -> str:
        shown = (f.name for f in fields(self) if f.repr)  # type: ignore[arg-type]
        details = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.code}({details})"


class PersonError(SokkuriError):
    """The person who asked can mend it."""


@dataclass(eq=False)
class PhotoError(PersonError):
    """Something is wrong with one photo. `photo` is the name the person knows it by, and no log."""

    photo: str = field(repr=False)


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
class TooMuchMemory(PhotoError):
    code = "too_much_memory"


@dataclass(eq=False)
class HarmfulPhoto(PhotoError):
    """`photo`: several names, parted by commas, where it cannot be told which of them it was."""

    code = "harmful_photo"


@dataclass(eq=False)
class DownloadFailed(PhotoError):
    code = "download_failed"


@dataclass(eq=False)
class LinkExpired(PhotoError):
    """The photo is not where it was said to be: its address has expired, or it was deleted."""

    code = "link_expired"


@dataclass(eq=False)
class AccessDenied(PhotoError):
    """The bot may not read the photo."""

    code = "access_denied"


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
class NoPhotosInMessage(PersonError):
    """`skipped`: what is there instead."""

    skipped: tuple[Skipped, ...] = ()
    code = "no_photos_in_message"


@dataclass(eq=False)
class TooFewPhotos(PersonError):
    """`command` was given `given` photos."""

    command: str
    given: int
    code = "too_few_photos"


@dataclass(eq=False)
class NoAvatar(PersonError):
    """`person`: a mention."""

    person: str
    code = "no_avatar"


@dataclass(eq=False)
class NotAMessageLink(PersonError):
    code = "not_a_message_link"


@dataclass(eq=False)
class NoSuchMessage(PersonError):
    code = "no_such_message"


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
    skipped: tuple[Skipped, ...] = field(default=(), repr=False)
    code = "too_few_faces"


@dataclass(eq=False)
class MissingPermission(PersonError):
    """`permission` is Discord's own name for it (`read_message_history`), or `message_content` for the intent."""

    permission: str
    place: str
    code = "missing_permission"


@dataclass(eq=False)
class NotInstalledHere(PersonError):
    code = "not_installed_here"


@dataclass(eq=False)
class NotInThread(PersonError):
    """The bot or the person, `who` it is, cannot see the thread `place`, which is private or seems to be."""

    who: Literal["bot", "person"]
    place: str
    code = "not_in_thread"


@dataclass(eq=False)
class WrongPlace(PersonError):
    code = "wrong_place"


@dataclass(eq=False)
class NothingToMix(PersonError):
    code = "nothing_to_mix"


@dataclass(eq=False)
class Stopped(PersonError):
    code = "stopped"


@dataclass(eq=False)
class OutOfTime(PersonError):
    code = "out_of_time"


@dataclass(eq=False)
class Busy(PersonError):
    """So many requests of this `scope` are `open` already, and that is the limit.

    `seconds`: after which there likely is room again.
    """

    scope: Literal["person", "guild", "everybody"]
    open: int
    seconds: float
    code = "busy"


@dataclass(eq=False)
class TooOften(PersonError):
    """One person asked too often in a while; in so many `seconds` they may again."""

    seconds: float
    code = "too_often"


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
    """`cause`: it `died`, ran out of `memory`, or died at its `start`, before there was work.

    `stage`, `photo`: what it was doing, and with which photo ("": none, or all of them). The photo's name is the
    person's and stays out of the log.
    """

    cause: Literal["died", "memory", "start"] = "died"
    stage: str = ""
    photo: str = field(default="", repr=False)
    code = "worker_lost"


@dataclass(eq=False)
class DeadlineExceeded(Fault):
    """`seconds`: the deadline that passed, of the whole work or, if it has a name, of this `stage`.

    `photo`: as in WorkerLost.
    """

    seconds: float
    stage: str = ""
    photo: str = field(default="", repr=False)
    code = "deadline_exceeded"


@dataclass(eq=False)
class StartTooSlow(Fault):
    """No worker was ready for work after so many `seconds`."""

    seconds: float
    code = "start_too_slow"


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
class ModelCard:
    """What people are told of a model: its `name`, and its `licence`, "" where the file is the operator's own."""

    name: str
    licence: str


@dataclass(frozen=True)
class CoreSettings:
    """Everything that `core` must be told; picklable, so that a worker can be started with it.

    `model_folder`: where models are kept (default: `sokkuri` in the user's cache folder); `threads`: how many a
    worker may use at once (0: as many as it likes); `colormap`: of the heatmaps; `device`: where networks run, "cuda":
    where there is one; `shared`: the socket of a process that embeds for all workers (see core.models.shared), "": each
    does so itself.
    """

    model: ModelChoice = field(default_factory=ModelChoice)
    model_folder: str | None = None
    limits: Limits = field(default_factory=Limits)
    threads: int = 1
    colormap: Colormap = "cividis"
    device: Device = "cpu"
    shared: str = ""


@dataclass(frozen=True)
class Devices:
    """Where the networks of a process run. `heatmaps`: those that give gradients, None while they are not loaded;
    `why`: what keeps any from where the settings want it, "" for nothing.
    """

    embeddings: Device
    heatmaps: Device | None
    why: str


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
class ShrinkRequest:
    """`picture` encoded anew, in at most `limit` bytes."""

    picture: Picture
    limit: int


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
    """A photo that was left out, and why: the `code` of a PhotoError (`no_face`, ...) or of a rule (`too_small`, ...).

    `face`: only this face of it was, by its number from the left, counted from 1. `place`: the photo's, among all.
    """

    photo: str
    reason: str
    face: int | None = None
    place: int = field(default=0, compare=False, repr=False)


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
class AverageRecipe:
    """How faces become an average.

    `shape`: `warp` bends every face to the mean shape; `align` only turns, scales and shifts it so that eyes and mouth
    meet; `article` is the procedure of the article that this project grew out of, at 224 x 224 pixels and in plain
    sRGB, for comparison. `method`: of the values in each pixel; `trimmed` is the mean without a tenth at either end.
    `size`: width and height of the picture in pixels; `light`: what is averaged, linear light or the numbers in the
    files. `texture`: how much of the fine detail that a mean loses is brought back, 0-1. `match_colour`: give all
    faces the same colour and exposure first. `symmetric`: average every face with its mirror image.
    """

    shape: Shape = "warp"
    method: AverageMethod = "mean"
    size: int = 768
    light: Light = "linear"
    texture: float = 1.0
    match_colour: bool = False
    symmetric: bool = False


@dataclass(frozen=True)
class AverageRules:
    """Which faces take part: of each photo the `largest`, or `every` one. `one_each`: each person counts once, however
    often they were posted.
    """

    faces: FacesTaken = "largest"
    one_each: bool = False


def keeps_every_face(recipe: AverageRecipe, rules: AverageRules) -> bool:
    """Whether a sum holds every face, and not only what they add up to."""
    return recipe.method != "mean" or rules.one_each


@dataclass(frozen=True)
class AveragedFace:
    """A face in an average. `place`: its photo's, among all that were looked at; `number`: which of the photo's faces,
    from the left, counted from 1, where every one of several takes part.

    `fingerprint`: see `same_picture`; `vector`: the embedding, float32, where people are told apart; `thumbnail`: a
    small picture of the face, where it is among the first.
    """

    found: FoundFace
    place: int
    weight: float = 1.0
    number: int | None = None
    fingerprint: int = field(default=0, repr=False)
    vector: bytes | None = field(default=None, repr=False)
    thumbnail: Picture | None = field(default=None, repr=False)


FINGERPRINT_BITS = 1024

_SAME_PICTURE = 51
"""Of the bits, how many may differ. Re-encoded, resized and cropped copies of 150 faces differ in 16 on average and in
47 at most for 95 % of them; two photos of one person seconds apart in a studio in 57 and more, of two people in 150."""


def same_picture(fingerprint: int, other: int) -> bool:
    """Whether two faces are one picture, be it re-encoded, resized or cropped (see `core.quality.fingerprint`)."""
    return (fingerprint ^ other).bit_count() <= _SAME_PICTURE


class Fingerprints:
    """Of all faces in an average, to know a picture that is in already."""

    def __init__(self) -> None:
        self._known: list[int] = []

    def new(self, faces: Sequence[AveragedFace]) -> tuple[bool, ...]:
        """Of each face, whether its picture is a new one; then it is known from now on."""
        answers = []
        for face in faces:
            new = not any(same_picture(face.fingerprint, other) for other in self._known)
            if new:
                self._known.append(face.fingerprint)
            answers.append(new)
        return tuple(answers)

    def forget(self, faces: Iterable[AveragedFace]) -> None:
        """These are not in the average after all."""
        for face in faces:
            self._known.remove(face.fingerprint)


@dataclass(frozen=True)
class Kept:
    """`count` faces of an average, whole: rows of all of them together, packed, in bands from the top down."""

    count: int
    bands: tuple[bytes, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self.bands))


@dataclass(frozen=True)
class AverageSum:
    """What is added up, opaque. `total` is as large for a thousand faces as for one, but for 4 kB each; `kept`: the
    faces, in the order in which they were added, where a total does not do (see `keeps_every_face`).
    """

    total: bytes = field(repr=False)
    kept: tuple[Kept, ...] = ()

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.total) + sum(kept.size for kept in self.kept)

    def then(self, later: AverageSum) -> AverageSum:
        """`later` went on from this total, and keeps only its own faces."""
        return AverageSum(later.total, self.kept + later.kept)


@dataclass(frozen=True)
class AverageSoFar:
    """What there is of an average.

    `sums`: several where it was added up apart. `whose`: who each face is, by numbers, where each person is to count
    once and people have been told apart already. `weighed` and `rows` are what `average_weigh` and `average_rows` of
    `core.tasks` made of the faces that were kept, which are not among `sums` then.
    """

    sums: tuple[AverageSum, ...] = field(default=(), repr=False)
    faces: tuple[AveragedFace, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    whose: tuple[int, ...] | None = None
    weighed: tuple[bytes, ...] = field(default=(), repr=False)
    rows: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """In the order of `faces`."""
        return tuple(kept for one in self.sums for kept in one.kept)

    @property
    def weights(self) -> tuple[float, ...]:
        """Of the faces; people share theirs among theirs."""
        if self.whose is None:
            return tuple(face.weight for face in self.faces)
        counts = Counter(self.whose)
        return tuple(face.weight / counts[who] for face, who in zip(self.faces, self.whose, strict=True))

    def only(self, chosen: Sequence[bool]) -> AverageSoFar:
        """With these faces; the others' pictures are there already."""
        twice = tuple(
            Skipped(face.found.photo, "duplicate", face.number, face.place)
            for face, taken in zip(self.faces, chosen, strict=True)
            if not taken
        )
        faces = tuple(face for face, taken in zip(self.faces, chosen, strict=True) if taken)
        return AverageSoFar(self.sums, faces, self.skipped + twice)

    def __add__(self, other: AverageSoFar) -> AverageSoFar:
        """Of both, whose sums are made one in the end."""
        return AverageSoFar(self.sums + other.sums, self.faces + other.faces, self.skipped + other.skipped)


@dataclass(frozen=True)
class AverageStart:
    """How an average is to be made, and the total of the sum to go on from (None: from nothing)."""

    recipe: AverageRecipe = field(default_factory=AverageRecipe)
    rules: AverageRules = field(default_factory=AverageRules)
    total: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AverageWeigh:
    """Add kept faces up by these `weights`, to the total `onto` (None: to nothing)."""

    recipe: AverageRecipe
    kept: Kept
    weights: tuple[float, ...]
    onto: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AverageRows:
    """Combine one band of all faces, which were kept in several pieces, by these `weights`."""

    recipe: AverageRecipe
    bands: tuple[bytes, ...] = field(repr=False)
    weights: tuple[float, ...]


@dataclass(frozen=True)
class AverageBatch:
    """Photos to be added. `places`: of each among all that are looked at (empty: from 0 on); `weights`: one for each
    photo (empty: all 1); `taken`: which faces of the batch before are to be added first.
    """

    photos: tuple[Photo, ...]
    places: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    taken: tuple[bool, ...] = ()


@dataclass(frozen=True)
class AverageRequest:
    """Finish the average of what is in `so_far`; `recipe` and `rules` as they were while it was added up.

    `mix_with`: blend it with this other average; `ratio`: of the other in the blend, 0-1; `morph`: an animation from
    the one to the other and back in place of the strip.
    """

    so_far: AverageSoFar
    recipe: AverageRecipe = field(default_factory=AverageRecipe)
    rules: AverageRules = field(default_factory=AverageRules)
    mix_with: AverageSoFar | None = None
    ratio: float = 0.5
    morph: bool = False
    picture_format: PictureFormat = "jpeg"


@dataclass(frozen=True)
class Averaged:
    """Who is in one average. `used`: names of the photos; `people`: how many there seem to be, None where nobody
    counted (see `AverageRules.one_each`); `skipped`: the photos and faces that are not in it.
    """

    used: tuple[str, ...]
    faces: tuple[FoundFace, ...]
    people: int | None
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class AverageResult:
    """`size`: of the face, (width, height); `picture`: the card; `face`: the average alone.

    `averaged`: who is in the first average, and for a mixture who in the second; `ratio`: of the second in the blend,
    None where there is no second; `animation`: from the first to the second, where it was asked for.
    """

    method: AverageMethod
    shape: Shape
    averaged: tuple[Averaged, ...]
    size: tuple[int, int]
    picture: Picture
    face: Picture
    ratio: float | None = None
    animation: Picture | None = None
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(name for one in self.averaged for name in one.used)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple(left for one in self.averaged for left in one.skipped)


@dataclass(frozen=True)
class LookalikesRequest:
    """Who looks like whom, among all faces of the photos? `numbered`: draw them with numbers, where it is one photo."""

    photos: tuple[Photo, ...]
    picture_format: PictureFormat = "jpeg"
    numbered: bool = False

    def without(self, name: str) -> LookalikesRequest:
        """The same about the other photos. `LookalikesResult.skipped` is where the one belongs then."""
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
