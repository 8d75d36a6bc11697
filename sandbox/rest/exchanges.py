"""Requests to the API with their responses, recorded for tests to inspect."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

MOST_EXCHANGES = 10_000
MOST_BYTES = 64 * 1024 * 1024
OVERHEAD_BYTES = 2000
"""About what Python needs for an exchange besides its strings."""


@dataclass(frozen=True)
class SentFile:
    """What is recorded of an uploaded file: its form field, its name, and its size in bytes."""

    field: str
    name: str
    size: int


@dataclass(frozen=True)
class Exchange:
    """A request and its response. `path`: below /api/v10; `json`: the body, or `payload_json` of multipart requests;
    `read`: False if the request was refused before its body was read.
    """

    method: str
    path: str
    query: Mapping[str, str]
    json: Any
    multipart: bool
    files: tuple[SentFile, ...]
    status: int
    response: Any
    read: bool = True


@dataclass(frozen=True)
class _Kept:
    """Holds JSON as bytes: their size is known, and parsed JSON would take more."""

    exchange: Exchange
    sent: bytes
    answered: bytes

    @property
    def size(self) -> int:
        one = self.exchange
        names = [one.path, *one.query, *one.query.values(), *(file.name for file in one.files)]
        return OVERHEAD_BYTES + len(self.sent) + len(self.answered) + sum(map(len, names))


class Exchanges(Collection[Exchange]):
    """The newest exchanges, oldest first: at most `MOST_EXCHANGES` with `MOST_BYTES` in all."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._bytes = 0

    def add(self, exchange: Exchange, sent: bytes, answered: bytes) -> None:
        """Adds an exchange. `sent` and `answered` hold its `json` and `response`, which `exchange` itself lacks."""
        kept = _Kept(exchange, sent, answered)
        self._kept.append(kept)
        self._bytes += kept.size
        while len(self._kept) > MOST_EXCHANGES or self._bytes > MOST_BYTES:
            self._bytes -= self._kept.popleft().size

    def clear(self) -> None:
        """Forgets all, so that a test that shares a sandbox sees its own."""
        self._kept.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, exchange: object) -> bool:
        return any(exchange == one for one in self)

    def __iter__(self) -> Iterator[Exchange]:
        for kept in list(self._kept):
            sent, answered = (json.loads(data) if data else None for data in (kept.sent, kept.answered))
            yield replace(kept.exchange, json=sent, response=answered)
