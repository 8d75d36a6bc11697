"""Everything that goes wrong, dealt from a deck by chance: no fault twice before every other one was there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import psutil

from sandbox import Sandbox
from soak.bot import STAGE_SECONDS, Bot
from soak.people import People

CONNECTED_WITHIN = 60.0

Fault = Callable[[], Coroutine[Any, Any, None]]


class Faults:
    """`done`: how often each was there; `many`: requests in a rush, and twice the calls that a storm of 429 refuses."""

    def __init__(self, sandbox: Sandbox, bot: Bot, people: People, random: Random, many: int) -> None:
        self.done: Counter[str] = Counter()
        self._deck: list[str] = []
        self._gateway = asyncio.Lock()
        self._sandbox = sandbox
        self._bot = bot
        self._people = people
        self._random = random
        self._many = many

    def all(self) -> dict[str, Fault]:
        """By what goes wrong."""
        return {
            "gateway drops": self._drop,
            "gateway cut like a cable": self._cut,
            "gateway asks to reconnect": self._ask,
            "RESUME refused": self._refuse,
            "429 storm on answers": self._storm,
            "429 on acknowledgements": self._slow_down,
            "429 on histories": self._slow_histories,
            "500s on answers": self._fail_answers,
            "500 on an acknowledgement": self._fail_acknowledgement,
            "500s on histories": self._fail_histories,
            "answers cut off": self._cut_answers,
            "downloads refused": self._refuse_downloads,
            "downloads slow": self._slow_downloads,
            "downloads cut": self._cut_downloads,
            "links expired": self._expire,
            "worker killed": self._kill,
            "worker killed twice in a row": self._kill_twice,
            "worker stopped": self._stop,
            "rush": self._rush,
        }

    async def deal(self, seconds_between: float) -> None:
        """One after the other, without end. Some take a while, in which others come."""
        faults = self.all()
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(seconds_between)
                if not self._deck:
                    self._deck = self._random.sample([*faults], len(faults))
                name = self._deck.pop()
                self.done[name] += 1
                group.create_task(faults[name]())

    # ------------------------------------------------------------ gateway

    @asynccontextmanager
    async def _one_at_a_time(self) -> AsyncIterator[None]:
        """Until the session goes on. A connection that breaks again while it is made has a client start from nothing,
        and what happened meanwhile is lost: that is between Discord and its clients.
        """
        gateway = self._sandbox.gateway
        async with self._gateway:
            before = gateway.resumed
            yield
            for _ in range(round(CONNECTED_WITHIN / 0.05)):
                if gateway.ready and gateway.resumed > before:
                    return
                await asyncio.sleep(0.05)

    async def _drop(self) -> None:
        async with self._one_at_a_time():
            await self._sandbox.gateway.drop(4000)

    async def _cut(self) -> None:
        async with self._one_at_a_time():
            await self._sandbox.gateway.drop()

    async def _ask(self) -> None:
        async with self._one_at_a_time():
            await self._sandbox.gateway.ask_to_reconnect()

    async def _refuse(self) -> None:
        """What Discord has to tell meanwhile is lost for good, so nobody asks while there is no session."""
        async with self._gateway:
            self._people.open.clear()
            try:
                await self._people.all_acknowledged()
                self._sandbox.gateway.refuse_resume = True
                await self._sandbox.gateway.drop(4000)
                await asyncio.sleep(0.1)
                await self._sandbox.wait_ready(CONNECTED_WITHIN)
            finally:
                self._sandbox.gateway.refuse_resume = False
                self._people.open.set()

    # ------------------------------------------------------------ HTTP API

    async def _storm(self) -> None:
        self._sandbox.faults.rate_limit(0.3, times=self._many // 2, path="^/webhooks/")

    async def _slow_down(self) -> None:
        self._sandbox.faults.rate_limit(0.2, times=3, path="/callback$")

    async def _slow_histories(self) -> None:
        self._sandbox.faults.rate_limit(0.5, times=2, path="^/channels/")

    async def _fail_answers(self) -> None:
        self._sandbox.faults.fail(self._random.choice((500, 502, 503)), times=2, path="^/webhooks/")

    async def _fail_acknowledgement(self) -> None:
        """A second one at once could not be made good in the 3 s."""
        self._sandbox.faults.fail(500, path="/callback$")

    async def _fail_histories(self) -> None:
        self._sandbox.faults.fail(self._random.choice((500, 502, 503)), times=2, path="^/channels/")

    async def _cut_answers(self) -> None:
        self._sandbox.faults.cut(times=3, path="^/webhooks/")

    # ------------------------------------------------------------ downloads

    async def _refuse_downloads(self) -> None:
        self._sandbox.cdn.fail(self._random.choice((429, 500, 503)), times=5)

    async def _slow_downloads(self) -> None:
        self._sandbox.cdn.slow(self._random.uniform(1, 4), times=3)

    async def _cut_downloads(self) -> None:
        self._sandbox.cdn.cut(self._random.randrange(2000), times=4)

    async def _expire(self) -> None:
        self._sandbox.cdn.expire()

    # ------------------------------------------------------------ workers

    def _youngest(self) -> list[psutil.Process]:
        """None, if there is only one at the moment: that is the oldest, too."""
        return self._bot.workers()[1:][-1:]

    async def _kill(self) -> None:
        """The youngest: the oldest is watched for growth (see `soak.memory`)."""
        for worker in self._youngest():
            with suppress(psutil.NoSuchProcess):
                worker.kill()

    async def _kill_twice(self) -> None:
        """A work's second try is lost, too, where it is the same one's."""
        await self._kill()
        await asyncio.sleep(1)
        await self._kill()

    async def _stop(self) -> None:
        """For longer than a stage may take."""
        for worker in self._youngest():
            with suppress(psutil.NoSuchProcess):
                worker.suspend()
                try:
                    await asyncio.sleep(STAGE_SECONDS + 2)
                finally:
                    worker.resume()  # had it nothing to do, it is still there

    async def _rush(self) -> None:
        self._people.rush(self._many)
