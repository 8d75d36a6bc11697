"""Memory and descriptors of the bot and of its workers while time passes.

At rest: now and then nobody asks, until what is remembered for a while only is forgotten and connections that are kept
for a next call are closed. What is held then, and was not held at the first of these looks, has grown. While there is
work, chance has its say: how many answers can still be clicked on, and how large the photo is that is looked at.

At work, for workers: what a photo takes comes and goes, and is a third of all that one holds. The least of a minute's
looks is what stays between photos where nobody gives it time to rest.

Workers come and go: they are killed on purpose. So each is compared with itself, from when it has worked for a while.
The bot's oldest worker is never killed by the faults, and thus lives for long.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from soak.bot import Bot

WARM_SECONDS = 120.0
"""After which a worker has done everything that is asked of it."""
WINDOW_SECONDS = 60.0
WORTH_SECONDS = 60.0
"""From the one window to the other: a life that ends sooner tells nothing."""


@dataclass(frozen=True)
class RequestState:
    """Bytes held, look by look: one or more."""

    held: tuple[float, ...]

    @property
    def growth(self) -> float:
        """The most that was held later, less what was held first, as a part of that; 0: it was looked at once."""
        first, *later = self.held
        return max(later, default=first) / first - 1


@dataclass(frozen=True)
class Look:
    """At a bot at rest: `seconds` since some moment, bytes that it holds and that its warm workers do, by their process
    ids, and its open `descriptors`.
    """

    seconds: float
    bot: int
    workers: Mapping[int, int]
    descriptors: int


def look(bot: Bot) -> Look:
    itself = bot.itself
    workers = {}
    for worker in bot.workers():
        with suppress(psutil.NoSuchProcess):
            if time.time() - worker.create_time() >= WARM_SECONDS:
                workers[worker.pid] = int(worker.memory_info().rss)
    return Look(time.monotonic(), int(itself.memory_info().rss), workers, itself.num_fds())


def of_worker(looks: Sequence[Look]) -> RequestState | None:
    """Of the one that grew most. None: none was looked at twice."""
    lives: dict[int, list[int]] = defaultdict(list)
    for one in looks:
        for pid, held in one.workers.items():
            lives[pid].append(held)
    courses = [RequestState(tuple(life)) for life in lives.values() if len(life) > 1]
    return max(courses, key=lambda course: course.growth, default=None)


class Lives:
    """What the bot and each worker held at work, second by second. `watch` never ends."""

    def __init__(self, bot: Bot) -> None:
        self.most = 0
        """Bytes, of the bot."""
        self._bot = bot
        self._held: dict[int, list[tuple[float, int]]] = defaultdict(list)

    @property
    def count(self) -> int:
        """How many workers there were."""
        return len(self._held)

    async def watch(self) -> None:
        while True:
            self.most = max(self.most, self._bot.itself.memory_info().rss)
            for worker in self._bot.workers():
                with suppress(psutil.NoSuchProcess):
                    self._held[worker.pid].append((time.time() - worker.create_time(), worker.memory_info().rss))
            await asyncio.sleep(1)

    def longest(self) -> RequestState | None:
        """Of the worker that could be watched for the longest time, see `at_work`."""
        return at_work(max(self._held.values(), key=lambda life: life[-1][0], default=[]))


def at_work(life: Sequence[tuple[float, int]]) -> RequestState | None:
    """The least of the first warm minute and of the last one; `life`: seconds of age, and bytes held then. None: it
    was too short.
    """
    end = life[-1][0] if life else 0.0
    first = [held for age, held in life if WARM_SECONDS <= age < WARM_SECONDS + WINDOW_SECONDS]
    last = [held for age, held in life if age > end - WINDOW_SECONDS]
    if not first or end < WARM_SECONDS + WORTH_SECONDS + 2 * WINDOW_SECONDS:
        return None
    return RequestState((min(first), min(last)))
