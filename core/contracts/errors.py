"""All that can go wrong, as one tree of errors.

The person who asked can mend what is in the first branch: they are told how, in their language, and it is no bug. The
second is ours to mend.

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

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from core.contracts.photos import Skipped


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


# ---------------------------------------------------------------- raised outside of core alone


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
