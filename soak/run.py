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

from bot.sandbox import Sandbox
from soak.bot import Bot, started
from soak.faults import Faults
from soak.memory import Lives, measure
from soak.people import People
from soak.report import Report

WARM_UP = 0.3
"""Part of the time before the bot is measured for the first time."""
BETWEEN_FAULTS = 4.0
CALM_SECONDS = 3.0
"""From the last answer to a measurement."""
END_SECONDS = 5.0
"""How long what the bot has started may take to end after it."""
LAST = 4
"""Requests that the bot is told to stop in the middle of."""


@dataclass(frozen=True)
class Plan:
    """For so many `seconds`, so many `people` ask; `seed` of all that is left to chance; `many`: see Faults.

    More than 22 requests at once are more than may wait here.
    """

    seconds: float
    seed: int
    people: int = 8
    many: int = 30


async def soak(plan: Plan, folder: Path) -> Report:
    """The bot's log goes to `folder`."""
    async with Sandbox() as sandbox, started(sandbox, folder) as bot:
        people = People(sandbox, Random(plan.seed))
        faults = Faults(sandbox, bot, people, Random(plan.seed), plan.many)
        lives = Lives(bot)
        between = min(BETWEEN_FAULTS, plan.seconds / (len(faults.all()) + 2))
        calm = min(CALM_SECONDS, plan.seconds / 20)
        await people.prepare()
        async with alongside(lives.watch()):
            await people.everything()
            began = time.monotonic()

            async def busy(seconds: float) -> None:
                end = time.monotonic() + seconds
                async with alongside(faults.deal(between)):
                    await people.visit(plan.people, lambda: time.monotonic() > end)
                await people.nobody_waits()

            await busy(WARM_UP * plan.seconds)
            await asyncio.sleep(calm)
            before = measure(bot.itself)
            await busy((1 - WARM_UP) * plan.seconds)
            seconds = time.monotonic() - began
            await asyncio.sleep(calm)
            after = measure(bot.itself)
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
            before,
            after,
            lives.longest(),
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
