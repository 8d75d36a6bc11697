"""All that can go wrong, as one tree of errors.

The person who asked can fix what is in the first branch: the answer says how, in their language, and it is not a bug.
The second branch is our fault.

    SokkuriError
    ├── PersonError                  the person who asked can fix it
    │   ├── PhotoError               ... and this is the photo
    │   │   ├── NotAPicture          the bytes are not a picture in a supported format
    │   │   ├── BrokenPicture        a picture, but truncated or damaged
    │   │   ├── FileTooLarge         more bytes than the limit
    │   │   ├── PictureTooLarge      more pixels than the limit
    │   │   ├── TooMuchMemory        reading it took more memory than a photo may take
    │   │   ├── HarmfulPhoto         two workers died or hung on it, so it is refused for a while
    │   │   ├── DownloadFailed       the photo could not be fetched
    │   │   ├── LinkExpired          ... because its address has expired, or it was deleted
    │   │   ├── AccessDenied         ... because the bot may not read it
    │   │   ├── NoFace               no face was found in the picture
    │   │   ├── NoSuchFace           a face was chosen by a number that is too high
    │   │   └── OnlyOneFace          a picture of one face, whose faces were to be compared
    │   ├── NoPhotos                 nothing to work on
    │   ├── NoPhotosInMessage        ... in the message that was pointed at
    │   ├── TooFewPhotos             fewer photos than the command needs
    │   ├── NoAvatar                 a person has no profile picture
    │   ├── NotAMessageLink          a text that should be a message's link is not
    │   ├── NoSuchMessage            there is no such message, or the person may not read it
    │   ├── NoSuchDimension          the embedding does not have the dimension that was asked for
    │   ├── TooFewFaces              fewer faces than the method needs
    │   ├── MissingPermission        the bot lacks a permission for what it was asked for
    │   ├── NotInstalledHere         the bot is not a member of the server whose messages it should read
    │   ├── NotInThread              the bot, or who asked, was not added to a private thread
    │   ├── WrongPlace               the command does not work in this kind of channel
    │   ├── NothingToMix             a mixture was asked for without a second average
    │   ├── Stopped                  somebody stopped it before anything was ready
    │   ├── OutOfTime                nothing was ready before Discord stops accepting an answer
    │   ├── Busy                     too many requests are open already
    │   └── TooOften                 too many requests by one person in a short time
    └── Fault                        we must fix it
        ├── ModelError               (model, and what is wrong)
        │   ├── ModelMissing         the file is not there and could not be fetched
        │   ├── ModelBroken          the file is there, but is not what it should be
        │   └── ModelMisconfigured   the settings of a model contradict it or themselves
        ├── WorkerLost               the process that did the work died
        ├── DeadlineExceeded         the work took longer than it may
        ├── StartTooSlow             no worker was ready for it
        └── Stopping                 the bot is shutting down
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

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
class OnlyOneFace(PhotoError):
    code = "only_one_face"


@dataclass(eq=False)
class NoSuchDimension(PersonError):
    """`number` was asked for, counted from 0; the embedding has `count` dimensions."""

    number: int
    count: int
    code = "no_such_dimension"


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
class WorkerLost(Fault):
    """`cause`: it `died`, ran out of `memory`, or died at its `start`, before there was work.

    `stage`, `photo`: what it was doing, and with which photo ("": none, or all of them). The photo's name is never
    logged.
    """

    cause: Literal["died", "memory", "start"] = "died"
    stage: str = ""
    photo: str = field(default="", repr=False)
    code = "worker_lost"


# ---------------------------------------------------------------- raised outside of core alone


@dataclass(eq=False)
class HarmfulPhoto(PhotoError):
    """`photo`: several names, separated by commas, if any of them may have been the cause."""

    code = "harmful_photo"


@dataclass(eq=False)
class DownloadFailed(PhotoError):
    code = "download_failed"


@dataclass(eq=False)
class LinkExpired(PhotoError):
    """The photo's address has expired, or the photo was deleted."""

    code = "link_expired"


@dataclass(eq=False)
class AccessDenied(PhotoError):
    """The bot may not read the photo."""

    code = "access_denied"


@dataclass(eq=False)
class NoPhotos(PersonError):
    """No photo among the `looked_at` newest messages of the place called `place`."""

    place: str
    looked_at: int
    code = "no_photos"


@dataclass(eq=False)
class NoPhotosInMessage(PersonError):
    """`skipped`: what is in the message instead."""

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
    """`person`: a mention; `whose`: whether that is who asked."""

    person: str
    whose: Literal["own", "other"]
    code = "no_avatar"


@dataclass(eq=False)
class NotAMessageLink(PersonError):
    code = "not_a_message_link"


@dataclass(eq=False)
class NoSuchMessage(PersonError):
    code = "no_such_message"


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
    """The limit of this `scope` is reached: this many requests are `open`.

    `seconds`: how long it will probably take until there is room.
    """

    scope: Literal["person", "guild", "everybody"]
    open: int
    seconds: float
    code = "busy"


@dataclass(eq=False)
class TooOften(PersonError):
    """One person asked too often; in this many `seconds` they may ask again."""

    seconds: float
    code = "too_often"


@dataclass(eq=False)
class DeadlineExceeded(Fault):
    """`seconds`: the deadline that passed, that of this `stage` or, if it is "", of the whole work.

    `photo`: see WorkerLost.
    """

    seconds: float
    stage: str = ""
    photo: str = field(default="", repr=False)
    code = "deadline_exceeded"


@dataclass(eq=False)
class StartTooSlow(Fault):
    """No worker was ready for work within `seconds`."""

    seconds: float
    code = "start_too_slow"


@dataclass(eq=False)
class Stopping(Fault):
    code = "stopping"
