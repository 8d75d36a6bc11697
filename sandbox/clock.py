"""The sandbox's own time, and the ids that are derived from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

DISCORD_EPOCH_MS = 1_420_070_400_000


def created(id: int) -> float:  # noqa: A002
    """Returns when a snowflake was made, in seconds since 1970."""
    return ((id >> 22) + DISCORD_EPOCH_MS) / 1000


class Clock:
    """Seconds since 1970. `advance` skips ahead, for instance past the life of a token or the time to acknowledge."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._timers: dict[asyncio.TimerHandle, Callable[[], None]] = {}

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        waiting, self._timers = self._timers, {}
        for timer, call in waiting.items():
            timer.cancel()
            self._call_at(timer.when() - seconds, call)

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Calls `call` from the running event loop once this clock has gone on by `seconds`."""
        self._call_at(asyncio.get_running_loop().time() + seconds, call)

    def close(self) -> None:
        """Calls nothing any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _call_at(self, loop_time: float, call: Callable[[], None]) -> None:
        def due() -> None:
            del self._timers[timer]
            call()

        timer = asyncio.get_running_loop().call_at(loop_time, due)
        self._timers[timer] = call


class Snowflakes:
    """Generates Discord's ids: milliseconds since 2015 in the upper 42 bits, a counter in the lower 12. Strictly
    increasing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        first_of_now = (int(self._clock.now() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last = first_of_now if first_of_now > self._last else self._step()
        return self._last

    def _step(self) -> int:
        counter = (self._last & 0xFFF) + 1
        if counter <= 0xFFF:
            return self._last + 1
        return ((self._last >> 22) + 1) << 22
