"""The sandbox's own time, and the ids that are derived from it."""

from __future__ import annotations

import time

DISCORD_EPOCH_MS = 1_420_070_400_000


def created(id: int) -> float:  # noqa: A002
    """Returns when a snowflake was made, in seconds since 1970."""
    return ((id >> 22) + DISCORD_EPOCH_MS) / 1000


class Clock:
    """Seconds since 1970. `advance` skips ahead, for instance past the life of a token."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


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
