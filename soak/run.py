"""One run, from the start of the bot to its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sandbox import Sandbox
from soak.bot import MENU_SECONDS, Bot, started
from soak.faults import Faults
from soak.memory import Lives, look
from soak.people import People
from soak.report import Report

SPELLS = (0.3, 0.25, 0.25, 0.2)
"""Parts of the time for which people ask; after each the bot is looked at. In the first it gets warm: in ten minutes
each command and each fault is there twice by then.
"""
BETWEEN_FAULTS = 4.0
REST_SECONDS = MENU_SECONDS + 17.0
"""From the last answer to a look: until what stands under it is switched off, and most connections are closed, which
are kept for 15 to 30 s.
"""
END_SECONDS = 5.0
"""How long what the bot has started may take to end after it."""
LAST = 4
"""Requests that the bot is told to stop in the middle of."""


@dataclass(frozen=True)
class Plan:
    """For so many `seconds`, so many `people` ask; `seed` of all that is left to chance; `many`: see Faults.
    `rest`: seconds before each look at the bot, in which nobody asks.

    More than 22 requests at once are more than may wait here.
    """

    seconds: float
    seed: int
    people: int = 8
    many: int = 30
    rest: float = REST_SECONDS


async def soak(plan: Plan, folder: Path) -> Report:
    """The bot's log goes to `folder`."""
    async with Sandbox() as sandbox, started(sandbox, folder) as bot:
        people = People(sandbox, Random(plan.seed))
        faults = Faults(sandbox, bot, people, Random(plan.seed), plan.many)
        lives = Lives(bot)
        between = min(BETWEEN_FAULTS, plan.seconds / (len(faults.all()) + 2))
        await people.prepare()
        await people.everything()

        async def busy(seconds: float) -> float:
            """How long it took until everybody had an answer."""
            began = time.monotonic()
            async with alongside(lives.watch()), alongside(faults.deal(between)):
                await people.visit(plan.people, lambda: time.monotonic() > began + seconds)
            await people.nobody_waits()
            return time.monotonic() - began

        seconds = 0.0
        looks = []
        for part in SPELLS:
            seconds += await busy(part * plan.seconds)
            await asyncio.sleep(plan.rest)
            looks.append(look(bot))
        people.rush(LAST)
        await asyncio.sleep(0.1)  # until they have asked
        await people.all_acknowledged()
        status = await bot.stop()
        await people.nobody_waits()
        orphans = await _orphans(bot)
        return Report(
            seconds,
            plan.seed,
            tuple(people.asked),
            faults.done,
            tuple(looks),
            lives.longest(),
            lives.most,
            lives.count,
            status,
            orphans,
            tuple(f"{one.where} {one.code} {one.why}" for one in sandbox.refusals),
        )


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """`work` is done for the time of the block. What it raises is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if not task.cancelled():
        task.result()


async def _orphans(bot: Bot) -> int:
    """How many processes are left of a bot that has ended."""
    for _ in range(round(END_SECONDS / 0.1)):
        if not bot.left():
            break
        await asyncio.sleep(0.1)
    return len(bot.left())
