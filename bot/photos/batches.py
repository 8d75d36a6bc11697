"""Many photos, a few at a time."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.photos.sources import Source
from core.contracts import Photo, Skipped

T = TypeVar("T")

BATCH_PHOTOS = 4
BATCH_BYTES = 16 * 1024 * 1024
"""The most photos of a batch, and the most bytes of several photos. A batch takes a worker some 0.3 s, and others get
their turn after it."""


@dataclass(frozen=True)
class Gathered:
    """Photos in their order, and those that could not be fetched. `places`: the place of each photo, see Source;
    `spoiler`: whether one of the photos was hidden until somebody clicks on it.
    """

    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...]
    places: tuple[int, ...] = ()
    spoiler: bool = False

    def leaving_out(self, photos: Sequence[Photo], reason: str) -> Gathered:
        """Move these photos to the skipped ones."""
        pairs = list(zip(self.photos, self.places, strict=True))
        kept = [(photo, place) for photo, place in pairs if photo not in photos]
        out = (Skipped(photo.name, reason, place=place) for photo, place in pairs if photo in photos)
        return Gathered(
            tuple(photo for photo, _ in kept),
            (*self.skipped, *out),
            tuple(place for _, place in kept),
            self.spoiler,
        )


class Batches:
    """Calls `fetch` for each of `groups`, in their order. While one batch is worked on, the next is being fetched."""

    def __init__(self, groups: Iterator[T], fetch: Callable[[T], Coroutine[Any, Any, Gathered]]) -> None:
        self._all = (functools.partial(fetch, group) for group in groups)
        self._ahead = self._start()
        self._turn = asyncio.Lock()

    def _start(self) -> asyncio.Task[Gathered] | None:
        following = next(self._all, None)
        return None if following is None else asyncio.create_task(following())

    @property
    def ready(self) -> bool:
        """Whether the next batch is there already, and nobody else is about to take it."""
        return self._ahead is not None and self._ahead.done() and not self._turn.locked()

    @property
    def exhausted(self) -> bool:
        """Whether no batch is left."""
        return self._ahead is None

    async def next(self) -> Gathered | None:
        """Wait for the next batch; None: no batch is left."""
        async with self._turn:
            if self._ahead is None:
                return None
            batch = await asyncio.shield(self._ahead)
            self._ahead = self._start()
            return batch

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()


def in_batches(pictures: Iterable[Source]) -> Iterator[list[Source]]:
    batch: list[Source] = []
    size = 0
    for one in pictures:
        size += one.room(BATCH_BYTES)
        if batch and (len(batch) == BATCH_PHOTOS or size > BATCH_BYTES):
            yield batch
            batch, size = [], one.room(BATCH_BYTES)
        batch.append(one)
    if batch:
        yield batch
