"""Everything that can go wrong in `core` and in front of it, as one tree of errors.

The person who asked can fix what is in the first branch: the answer says how, in their language, and it is not a bug.
The second branch is our fault. `bot.errors` adds to both branches what only Discord's side raises.

    SokkuriError
    ├── PersonError                  the person who asked can fix it
    │   ├── PhotoError               ... and this is the photo
    │   │   ├── NotAPicture          the bytes are not a picture in a supported format
    │   │   ├── BrokenPicture        a picture, but truncated or damaged
    │   │   ├── FileTooLarge         more bytes than the limit
    │   │   ├── PictureTooLarge      more pixels than the limit
    │   │   ├── TooMuchMemory        reading it took more memory than a photo may take
    │   │   ├── NoFace               no face was found in the picture
    │   │   ├── NoSuchFace           a face was chosen by a number that is too high
    │   │   ├── Unrecognisable       too little of the face can be seen to compare it
    │   │   └── OnlyOneFace          a picture of one face, whose faces were to be compared
    │   ├── NoPhotos                 nothing to work on
    │   ├── NoSuchDimension          the embedding does not have the dimension that was asked for
    │   ├── MethodNotInstalled       the heatmap method needs torch, which is not installed
    │   └── TooFewFaces              fewer faces than the method needs
    └── Fault                        we must fix it
        ├── ModelError               (model, and what is wrong)
        │   ├── ModelMissing         the file is not there and could not be fetched
        │   ├── ModelBroken          the file is there, but is not what it should be
        │   ├── ModelMisconfigured   the settings of a model contradict it or themselves
        │   └── TorchMissing         the model has to run in torch, which is not installed
        └── WorkerLost               the process that did the work died
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from core.contracts.cautions import CautionKind
from core.contracts.gradcam import HeatmapMethod
from core.contracts.photos import Skipped


class SokkuriError(Exception):
    """Root of the tree. Subclasses are dataclasses; their fields hold all details, and survive pickling."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, f.name) for f in fields(self))  # type: ignore[arg-type]

    def __str__(self) -> str:
        shown = (f.name for f in fields(self) if f.repr)  # type: ignore[arg-type]
        details = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.code}({details})"


class PersonError(SokkuriError):
    """The person who asked can fix it."""


@dataclass(eq=False)
class PhotoError(PersonError):
    """Something is wrong with one photo. `photo` is the name that the person knows it by, and is never logged."""

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
    """`width` and `height`: those that the file claims; `limit`: in pixels (width times height)."""

    width: int
    height: int
    limit: int
    code = "picture_too_large"


@dataclass(eq=False)
class TooMuchMemory(PhotoError):
    code = "too_much_memory"


@dataclass(eq=False)
class NoFace(PhotoError):
    code = "no_face"


@dataclass(eq=False)
class NoSuchFace(PhotoError):
    """`number`: the face that was asked for, from the left, counted from 1; the photo has `count` faces."""

    number: int
    count: int
    code = "no_such_face"


@dataclass(eq=False)
class Unrecognisable(PhotoError):
    """`kind` is what is wrong with the face, and `value` how much of it was measured: see Caution."""

    kind: CautionKind
    value: float
    code = "unrecognisable"


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
class MethodNotInstalled(PersonError):
    """The heatmap method `method` needs torch, which the worker cannot import."""

    method: HeatmapMethod
    code = "method_not_installed"


@dataclass(eq=False)
class TooFewFaces(PersonError):
    """`found` faces, where `needed` are required; `skipped`: the others, with their reasons."""

    found: int
    needed: int
    skipped: tuple[Skipped, ...] = field(default=(), repr=False)
    code = "too_few_faces"


class Fault(SokkuriError):
    """Our fault. The person gets an apology and an id, which the log has too."""


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
class TorchMissing(ModelError):
    code = "torch_missing"


@dataclass(eq=False)
class WorkerLost(Fault):
    """`cause`: it `died`, ran out of `memory`, or died at its `start`, before there was work.

    `stage`, `photo`: what it was doing, and with which photo ("": none, or all of them). The photo's name is never
    logged.
    """

    cause: Literal["died", "memory", "start"] = "died"
    stage: str = ""
    photo: str = field(default="", repr=False)
    code = "worker_lost"
