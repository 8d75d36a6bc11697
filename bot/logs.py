"""The log, for people or as one JSON object a line.

Whatever library wrote it, a line shows of an address no more than the host: the rest may be a token that answers a
command, a signed link to a photo, or its name. Of an error that a person can fix, whose fields name photos and places,
a line shows only the kind. Control characters are escaped, so that nothing that a stranger sent controls the terminal
in which the log is read.
"""

from __future__ import annotations

import json
import linecache
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from core.contracts import PersonError

LogFormat = Literal["text", "json"]

_ADDRESS = re.compile(r"((?:https?|wss?)://)(?:[^ \t\r\n/?#]*@)?([^\s/?#'\"<>\\]*)[^ \t\r\n]*", re.IGNORECASE)
"""Scheme, user and password, host, and everything up to the next space: the rest may contain quotes."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""C0, DEL, C1, Unicode's line separators, and characters that change the direction of writing."""

_PLAIN = re.compile(r"[^\s\"=]+")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RequestLine:
    """One request, after it was answered.

    `guild`: Discord's id of the server, None in a direct conversation; `outcome`: "done", or the code of the error;
    `seconds`: how long it took, `stages`: how long each part of it took.
    """

    id: str
    command: str
    guild: int | None
    outcome: str
    seconds: float
    stages: Mapping[str, float] = field(default_factory=dict)


def request(line: RequestLine) -> None:
    """Log a request, with its times in milliseconds."""
    stages = {f"{name}_ms": round(seconds * 1000) for name, seconds in line.stages.items()}
    facts = {
        "id": line.id,
        "command": line.command,
        "guild": line.guild,
        "outcome": line.outcome,
        "ms": round(line.seconds * 1000),
        **stages,
    }
    log.info("request", extra={"facts": facts})


def to_stderr(level: str, log_format: LogFormat) -> None:
    """Log the messages and warnings of all libraries, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(True)
    # At DEBUG discord.py logs whole requests, with the tokens that commands are answered by.
    logging.getLogger("discord").setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))


class TextFormatter(logging.Formatter):
    """`time LEVEL logger: message`, then facts as `name=value`, and an error's traceback on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        facts = [f"{name}={_quoted(value)}" for name, value in _facts(record).items() if value is not None]
        line = " ".join([time_of(record), record.levelname, f"{record.name}:", redact(record.getMessage()), *facts])
        error = _error(record)
        return "\n    ".join(map(_escaped, [line, *(error.split("\n") if error else [])]))


class JsonFormatter(logging.Formatter):
    """An object with `time` (UTC), `level`, `logger`, `message`, the facts, and `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        error = _error(record)
        entry = {
            "time": time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_facts(record),
            **({"exception": error} if error else {}),
        }
        return _escaped(json.dumps(entry, ensure_ascii=False, default=str))


def time_of(record: logging.LogRecord) -> str:
    """The time of the record, in UTC, to the millisecond."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def redact(text: str) -> str:
    """`text`, with addresses in it cut down to their hosts."""
    return _ADDRESS.sub(r"\1\2/…", text)


def _escaped(text: str) -> str:
    """`text` with control characters as JSON writes them: \\n, \\u001b."""
    return _CONTROL.sub(lambda found: json.dumps(found[0])[1:-1], text)


def _facts(record: logging.LogRecord) -> Mapping[str, Any]:
    facts: Mapping[str, Any] = getattr(record, "facts", {})
    return facts


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _error(record: logging.LogRecord) -> str:
    """The record's traceback, starting with the first cause; "" if it has none."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return redact(record.exc_text or "")
    try:
        return "\n".join(_describe(error, seen=set()))
    finally:  # otherwise every line of every file in the traceback stays in memory
        linecache.clearcache()


def _describe(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The lines of a traceback in Python's order: causes first, then where it happened, then the message."""
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _describe(cause, seen)
        yield "which led to:"
    for frame in traceback.format_tb(error.__traceback__):
        yield from frame.rstrip("\n").splitlines()
    what = error.code if isinstance(error, PersonError) else redact(str(error))
    yield f"{type(error).__qualname__}: {what}".rstrip(": ")
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            if id(inner) not in seen:
                yield from (f"  {line}" for line in _describe(inner, seen))
