"""The errors that only Discord's side raises.

They are further leaves of the tree that `core.contracts.errors` draws:

    SokkuriError
    ├── PersonError                  the person who asked can fix it
    │   ├── PhotoError               ... and this is the photo
    │   │   ├── HarmfulPhoto         two workers died or hung on it, so it is refused for a while
    │   │   ├── DownloadFailed       the photo could not be fetched
    │   │   ├── LinkExpired          ... because its address has expired, or it was deleted
    │   │   └── AccessDenied         ... because the bot may not read it
    │   ├── NoPhotosInMessage        nothing to work on in the message that was pointed at
    │   ├── TooFewPhotos             fewer photos than the command needs
    │   ├── NoAvatar                 a person has no profile picture
    │   ├── NotAMessageLink          a text that should be a message's link is not
    │   ├── NoSuchMessage            there is no such message, or the person may not read it
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
        ├── ConfigError              a setting is wrong
        ├── DeadlineExceeded         the work took longer than it may
        ├── StartTooSlow             no worker was ready for it
        └── Stopping                 the bot is shutting down
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.contracts import Fault, PersonError, PhotoError, Skipped


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
class ConfigError(Fault):
    """`message`: one line that says which setting is wrong, how, and where it may be set."""

    message: str
    code = "config_error"

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class DeadlineExceeded(Fault):
    """`seconds`: the deadline that passed, that of this `stage` or, if it is "", of the whole work.

    `photo`: see `core.contracts.WorkerLost`.
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
