"""The traffic between the bot and the sandbox, abridged, for people to look at.

Only the newest entries are kept, each of bounded size. They hold no tokens, and only the names and sizes of files.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from sandbox.clock import Clock
from sandbox.state import File

REMEMBERED = 1000
MOST_VALUES = 300
MOST_ITEMS = 40
MOST_CHARACTERS = 200
MOST_BYTES = 8000
MOST_BITS = 128
HIDDEN = "…"

_TOKEN_IN_PATH = re.compile(r"^(/(?:interactions|webhooks)/[^/]+/)[^/]+")

Kind = Literal["gateway", "rest", "cdn", "acknowledgement"]
Way = Literal["to_bot", "from_bot"]


@dataclass(frozen=True)
class Entry:
    """One event, call, download or acknowledgement.

    `number`: counted from 1; `at`: seconds since 1970 on the sandbox's clock; `way`: the direction, for a call that of
    the request; `name`: that of the event, operation, downloaded file, command or component, or the method and path of
    a call; `status`: of HTTP, or the gateway's close code; `milliseconds`: until the response or the acknowledgement;
    `sent` and `answered`: abridged JSON, with "…" for what was left out; `refused`: why Discord would refuse it.
    """

    number: int
    at: float
    kind: Kind
    way: Way
    name: str
    status: int | None = None
    milliseconds: float | None = None
    sent: Any = None
    answered: Any = None
    refused: str | None = None


class Trace:
    """`entries`: the newest ones, oldest first. `tell` is called with each new entry."""

    def __init__(self, clock: Clock, tell: Callable[[Entry], None]) -> None:
        self.entries: deque[Entry] = deque(maxlen=REMEMBERED)
        self._clock = clock
        self._tell = tell
        self._numbers = count(1)

    def event(self, way: Way, name: str, data: Any) -> None:
        """Adds an event or operation of the gateway."""
        self._add("gateway", way, name, sent=in_short(data))

    def closed(self, code: int, why: str) -> None:
        """Adds a connection that the gateway closed because the bot broke a rule."""
        self._add("gateway", "to_bot", "CLOSE", status=code, refused=why)

    def call(
        self,
        method: str,
        path: str,
        *,
        sent: Any,
        files: Iterable[File],
        status: int,
        answered: Any,
        seconds: float,
        refused: str | None,
    ) -> None:
        """Adds a call of the API; `path` is below /api/v10."""
        attached = [f"{file.name} ({len(file.data):,} bytes)" for file in files]
        self._add(
            "rest",
            "from_bot",
            f"{method} {without_token(path)}",
            status=status,
            milliseconds=round(seconds * 1000, 1),
            sent=in_short({"json": sent, "files": attached} if attached else sent),
            answered=in_short(answered),
            refused=refused,
        )

    def posted(self, sent: Any, status: int, seconds: float, refused: str | None) -> None:
        """Adds an interaction that was posted to the bot; `status` 0: there was no response."""
        self._add(
            "rest",
            "to_bot",
            "POST interaction",
            status=status,
            milliseconds=round(seconds * 1000, 1),
            sent=in_short(sent),
            refused=refused,
        )

    def download(self, name: str, status: int, size: int, seconds: float) -> None:
        """Adds a download of a file of `size` bytes, or of one that does not exist."""
        self._add(
            "cdn", "from_bot", name, status=status, milliseconds=round(seconds * 1000, 1), answered=f"{size:,} bytes"
        )

    def acknowledged(self, name: str, how: str, seconds: float) -> None:
        self._add("acknowledgement", "from_bot", name, milliseconds=round(seconds * 1000, 1), sent=how)

    def not_acknowledged(self, name: str, why: str) -> None:
        self._add("acknowledgement", "from_bot", name, refused=why)

    def _add(self, kind: Kind, way: Way, name: str, **more: Any) -> None:
        entry = Entry(next(self._numbers), self._clock.now(), kind, way, name[:MOST_CHARACTERS], **more)
        self.entries.append(entry)
        self._tell(entry)


def without_token(path: str) -> str:
    """Returns the path of a call with the token of an interaction hidden."""
    return _TOKEN_IN_PATH.sub(rf"\g<1>{HIDDEN}", path)


def in_short(value: Any) -> Any:
    """Abridges JSON to 300 values, 40 per list or object, 200 characters per string and some 8,000 bytes in all, and
    hides tokens.
    """
    return _Shortener().of(value)


class _Shortener:
    def __init__(self) -> None:
        self._left = MOST_VALUES
        self._bytes_left = MOST_BYTES

    def of(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0 or self._bytes_left <= 0:
            return HIDDEN
        if isinstance(value, str):
            return self._counted(value)
        if isinstance(value, Mapping):
            return {
                self._counted(str(key)): self._under(str(key), inner) for key, inner in list(value.items())[:MOST_ITEMS]
            } | ({HIDDEN: f"{len(value) - MOST_ITEMS} more"} if len(value) > MOST_ITEMS else {})
        if isinstance(value, list | tuple):
            more = [f"{HIDDEN} {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else []
            return [self.of(inner) for inner in value[:MOST_ITEMS]] + more
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            return HIDDEN
        return value

    def _counted(self, text: str) -> str:
        if self._bytes_left <= 0:
            return HIDDEN
        short = _text(text)
        self._bytes_left -= len(short.encode(errors="replace"))
        return short

    def _under(self, key: str, value: Any) -> Any:
        return HIDDEN if key == "token" else self.of(value)


def _text(text: str) -> str:
    if text.startswith("data:"):  # a file inside JSON, as avatars are sent
        return f"{text.partition(',')[0][:40]},{HIDDEN} {len(text):,} characters"
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}{HIDDEN} {len(text):,} characters"
