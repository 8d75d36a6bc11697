"""A queue of requests, first come, first served.

Nobody is let in before those who already wait, so a place in it only improves. To keep one person's many requests from
holding everybody up, callers queue only the first of them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

FIRST_GUESS = 3.0
"""How long a turn is assumed to last, in seconds, until one has ended."""

NEWEST_WEIGHT = 0.2
"""The weight of the newest turn in the mean of their lengths."""

OnMove = Callable[[int, float], None]
"""Called with a new place in the queue, from 1, and the seconds that are probably left to wait."""


class Line:
    """`size`: how many requests have their turn at once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._turns = asyncio.Semaphore(size)
        self._waiting: dict[object, OnMove] = {}
        self._mean = FIRST_GUESS

    def __len__(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, on_move: OnMove) -> AsyncIterator[None]:
        """Wait for a turn, and keep it during the block."""
        if self._turns.locked():
            await self._wait(on_move)
        else:
            await self._turns.acquire()
        began = time.monotonic()
        try:
            yield
        finally:
            self._turns.release()
            self._mean += NEWEST_WEIGHT * (time.monotonic() - began - self._mean)

    def seconds(self, place: int) -> float:
        """How long it will probably take until the request at `place` has its turn."""
        return math.ceil(place / self.size) * self._mean

    async def _wait(self, on_move: OnMove) -> None:
        ticket = object()
        self._waiting[ticket] = on_move
        try:
            on_move(len(self), self.seconds(len(self)))
            await self._turns.acquire()
        finally:
            del self._waiting[ticket]
            for place, notify in enumerate(self._waiting.values(), start=1):
                notify(place, self.seconds(place))
