"""A line of requests, in the order in which they came.

A place in it only falls: nobody is let in before those who wait. Whoever does not want one person's many requests to
hold everybody up lets only the first of them stand here.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

FIRST_GUESS = 3.0
"""Seconds that a turn is taken to last before one has ended."""

NEWEST_WEIGHT = 0.2
"""What the newest turn counts in the mean of how long they last."""

Moved = Callable[[int, float], None]
"""Hears of a new place in the line, from 1, and of how many seconds there likely are left to wait."""


class Line:
    """`size`: how many have their turn at once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._turns = asyncio.Semaphore(size)
        self._waiting: dict[object, Moved] = {}
        self._mean = FIRST_GUESS

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, moved: Moved) -> AsyncIterator[None]:
        """A turn for the time of the block, after those who came before."""
        if self._turns.locked():
            await self._wait(moved)
        else:
            await self._turns.acquire()
        began = time.monotonic()
        try:
            yield
        finally:
            self._turns.release()
            self._mean += NEWEST_WEIGHT * (time.monotonic() - began - self._mean)

    def seconds(self, place: int) -> float:
        """How long it likely takes until whoever stands at `place` has their turn."""
        return math.ceil(place / self.size) * self._mean

    async def _wait(self, moved: Moved) -> None:
        ticket = object()
        self._waiting[ticket] = moved
        try:
            moved(len(self), self.seconds(len(self)))
            await self._turns.acquire()
        finally:
            del self._waiting[ticket]
            for place, told in enumerate(self._waiting.values(), start=1):
                told(place, self.seconds(place))
