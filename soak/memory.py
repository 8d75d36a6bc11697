"""Memory and descriptors of the bot and of its workers while time passes.

The bot is measured when it has nothing to do, once after everything has been asked for, and once at the end. Workers
come and go: they are killed on purpose, and replaced after so many requests. So each is compared with itself: how much
it held when it had worked for a while, and how much in the end. The bot's oldest worker is never killed by the faults,
and thus lives for long.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

import psutil

from soak.bot import Bot

WARM_SECONDS = 120.0
"""After which a worker has done everything that is asked of it."""
WINDOW_SECONDS = 20.0
WORTH_SECONDS = 60.0
"""From the one window to the other: a life that ends sooner tells nothing."""


@dataclass(frozen=True)
class Change:
    """Of what was measured twice."""

    start: float
    end: float

    @property
    def growth(self) -> float:
        """Part of what it was at the start."""
        return self.end / self.start - 1


@dataclass(frozen=True)
class Measured:
    """Bytes held, and open descriptors."""

    memory: int
    descriptors: int


def measure(process: psutil.Process) -> Measured:
    return Measured(int(process.memory_info().rss), process.num_fds())


class Lives:
    """What each worker held, second by second. `watch` never ends."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._held: dict[int, list[tuple[float, int]]] = defaultdict(list)

    @property
    def count(self) -> int:
        """How many workers there were."""
        return len(self._held)

    async def watch(self) -> None:
        while True:
            for worker in self._bot.workers():
                with suppress(psutil.NoSuchProcess):
                    self._held[worker.pid].append((time.time() - worker.create_time(), worker.memory_info().rss))
            await asyncio.sleep(1)

    def longest(self) -> Change | None:
        """What the worker held that could be watched for the longest time. None: none lived for long enough."""
        lives = sorted(self._held.values(), key=lambda life: life[-1][0])
        life = lives[-1] if lives else []
        first = [held for age, held in life if WARM_SECONDS <= age < WARM_SECONDS + WINDOW_SECONDS]
        last = [held for age, held in life if age > life[-1][0] - WINDOW_SECONDS]
        if not first or life[-1][0] < WARM_SECONDS + WINDOW_SECONDS + WORTH_SECONDS:
            return None
        # photos come and go; what stays is what it holds between them
        return Change(*(statistics.quantiles(window, n=4)[0] for window in (first, last)))
