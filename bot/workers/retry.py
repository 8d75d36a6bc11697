"""Retries work that was lost with its worker, and refuses photos that end one worker after another.

Work is lost when its worker dies, runs out of memory, or hangs in a stage. Usually the next worker does it. A photo
that ends two workers is the cause itself: it is refused for a while, before any worker sees it. It is recognised by a
hash of its content, which is kept in memory only, under a key that no other process has.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, Self, cast, runtime_checkable

from bot.errors import DeadlineExceeded, HarmfulPhoto
from bot.workers import Request, Result, Task, Workers
from core.contracts import Photo, Skipped, TooFewFaces, WorkerLost

TRIES = 2
"""How often work is tried, and after how many lost workers a photo is refused."""

MAX_RECORDS = 1000

log = logging.getLogger(__name__)


@runtime_checkable
class Batch(Protocol):
    """A request about many photos that can continue without one; its result has `skipped`."""

    def without(self, name: str) -> Self: ...


class Retries:
    """Sends work to `workers`, and refuses photos that ended two of them for `refuse_seconds`."""

    def __init__(self, workers: Workers, refuse_seconds: float) -> None:
        self._workers = workers
        self.blocklist = Blocklist(refuse_seconds)

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        """Like `Workers.submit`, with a second try, all within `deadline`.

        Raises HarmfulPhoto: a photo, or all photos of the request together, ended two workers. A `Batch` continues
        without the one photo, and lists it in the `skipped` of its result, or of TooFewFaces.
        """
        end = time.monotonic() + deadline
        skipped: list[Skipped] = []
        lost: WorkerLost | DeadlineExceeded | None = None
        tries = 0
        while True:
            culprit = await self.blocklist.find_in(request)
            if culprit:
                names = ", ".join(photo.name for photo in culprit)
                if len(culprit) > 1 or not isinstance(request, Batch):
                    raise HarmfulPhoto(names)
                request, tries = request.without(names), 0
                skipped.append(Skipped(names, HarmfulPhoto.code))
                continue
            if lost is not None and tries == TRIES:
                raise lost
            left = deadline if lost is None else end - time.monotonic()
            try:
                # The first worker may take its time to start: the bot itself may just have started.
                async with asyncio.timeout(None if lost is None else left):
                    return _with(await self._workers.submit(task, request, left), skipped)
            except TimeoutError:
                raise DeadlineExceeded(deadline) from None
            except TooFewFaces as error:
                raise TooFewFaces(error.found, error.needed, (*error.skipped, *skipped)) from None
            except (WorkerLost, DeadlineExceeded) as error:
                if not error.stage:  # it died at its start, or the time is over
                    raise
                lost = error.with_traceback(None)  # which would keep this frame, and so the photos
            tries += 1
            await self.blocklist.record(request, lost.photo)


class Blocklist:
    """Counts how many workers a photo, or several together, have ended; forgotten `seconds` after the last one."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._key = os.urandom(32)
        self._records: dict[_Content, _Record] = {}

    async def find_in(self, request: object) -> tuple[Photo, ...]:
        """The photo of `request` that is refused, or all of them if they are refused together; else none."""
        now = time.monotonic()
        self._records = {
            content: record for content, record in self._records.items() if now - record.last < self._seconds
        }
        refused = {content for content, record in self._records.items() if record.ended >= TRIES}
        if not refused:
            return ()
        photos = _photos(request)
        sizes = {content.sizes for content in refused}  # hashing takes time, and most photos differ in size already
        for subject in (photos, *((photo,) for photo in photos)):
            if _sizes(subject) in sizes and await self._content(subject) in refused:
                return subject
        return ()

    async def record(self, request: object, name: str) -> None:
        """Record that the photo called `name`, or all photos together (""), ended a worker."""
        photos = _photos(request)
        subject = tuple(photo for photo in photos if photo.name == name) or photos
        if not subject:
            return
        content = await self._content(subject)
        ended = self._records[content].ended + 1 if content in self._records else 1
        while len(self._records) >= MAX_RECORDS:
            del self._records[min(self._records, key=lambda content: self._records[content].last)]
        self._records[content] = _Record(ended, time.monotonic())
        if ended == TRIES:
            log.warning("%d photos that ended %d workers are refused for %g s", len(subject), TRIES, self._seconds)

    async def _content(self, photos: tuple[Photo, ...]) -> _Content:
        def digest() -> bytes:
            whole = hashlib.blake2b(key=self._key)
            for photo in photos:
                whole.update(hashlib.blake2b(photo.data, key=self._key).digest())
            return whole.digest()

        return _Content(_sizes(photos), await asyncio.to_thread(digest))


@dataclass(frozen=True)
class _Content:
    """Sizes in bytes and a hash of one photo, or of several in their order."""

    sizes: tuple[int, ...]
    digest: bytes


@dataclass(frozen=True)
class _Record:
    """`ended`: how many workers; `last`: when the last one ended (monotonic)."""

    ended: int
    last: float


def _photos(request: object) -> tuple[Photo, ...]:
    """All photos in a request's fields."""
    if not is_dataclass(request):
        return ()
    values = [getattr(request, one.name) for one in fields(request)]
    flat = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    return tuple(item for item in flat if isinstance(item, Photo))


def _sizes(photos: tuple[Photo, ...]) -> tuple[int, ...]:
    return tuple(len(photo.data) for photo in photos)


def _with(result: Result, skipped: list[Skipped]) -> Result:
    if not skipped:
        return result
    found = cast(Any, result)
    return cast(Result, replace(found, skipped=(*found.skipped, *skipped)))
