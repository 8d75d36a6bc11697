"""Workers that come to harm in the middle of a command: whoever waits gets the answer, or a word, in time."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from faulty_bot import HARMS
from running import FACES, PATIENCE, Bot, answer, running

from sandbox import File, Message, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE = 120.0
STAGE = 30.0
"""Seconds of a stage: loading torch takes 3 on a quiet machine."""
IN_TIME = DEADLINE + PATIENCE
"""Seconds for one answer, a second try and the start of another worker included."""

SORRY = ("crashed twice", "crashed on it twice", "something broke", "took too long")
COMMANDS = ("similar", "gradcam", "lookalikes", "average")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    settings = {
        "WORKERS__COUNT": "2",
        "WORKERS__DEADLINE_SECONDS": str(DEADLINE),
        "WORKERS__STAGE_SECONDS": str(STAGE),
        "WORKERS__MEMORY_BYTES": str(3 << 29),
    }
    folder = tmp_path_factory.mktemp("bot")
    async with (
        Sandbox() as sandbox,
        running(sandbox, folder, program="faulty_bot.py", WORKERS__HEATMAPS="true", **settings) as bot,
    ):
        yield bot
        assert not sandbox.refusals


def fresh(name: str) -> File:
    """A face whose bytes were never seen before: pictures end before what is appended."""
    return File(name, (FACES / name).read_bytes() + os.urandom(8))


async def asked(bot: Bot, command: str) -> Message:
    """The answer, in time."""
    names = ("person_a_1.jpg", "person_b_1.jpg", "person_c_1.jpg")
    sandbox = bot.sandbox
    options: dict[str, Any] = {}
    match command:
        case "similar":
            options = {"photo1": fresh(names[0]), "photo2": fresh(names[1])}
        case "gradcam":
            options = {"photo": fresh(names[0]), "method": "layercam"}
        case "lookalikes":
            options = {f"photo{at}": fresh(name) for at, name in enumerate(names, start=1)}
        case "average":
            thread = await sandbox.open_thread(sandbox.channel("general"), "faces")
            for name in names:
                await sandbox.post(thread, sandbox.person("Mio"), "", [fresh(name)])
            options = {"thread": thread}
    return await answer(await sandbox.slash(command, options), IN_TIME)


async def all_ready(bot: Bot) -> None:
    """Wait for the workers, so that the next case begins as the first one did."""
    async with asyncio.timeout(PATIENCE):
        while len(bot.workers()) < 2:
            await asyncio.sleep(0.05)


def plan(bot: Bot, times: int, stage: str, how: str) -> None:
    (bot.log.parent / "plan").write_text(f"{times} {stage} {how}")


def done_as_planned(bot: Bot) -> int:
    """How often the harm was not done."""
    return int((bot.log.parent / "plan").read_text().split()[0])


async def stages_of(bot: Bot, command: str) -> list[str]:
    file = bot.log.parent / "stages"
    file.write_text("")
    assert (await asked(bot, command)).files
    return list(dict.fromkeys(file.read_text().split()))


async def harmed(bot: Bot, command: str, stage: str, how: str, times: int) -> Message:
    await all_ready(bot)
    plan(bot, times, stage, how)
    reply = await asked(bot, command)
    assert done_as_planned(bot) < times, "the stage was never entered"
    return reply


@pytest.mark.parametrize(
    ("command", "stage", "how"),
    [
        ("similar", "explain", "kill"),
        ("gradcam", "load", "crash"),
        ("lookalikes", "embed", "memory"),
        ("average", "average", "loop"),
        ("average", "draw", "kill"),
    ],
)
async def test_harm_that_is_done_once_is_not_noticed(bot: Bot, command: str, stage: str, how: str) -> None:
    reply = await harmed(bot, command, stage, how, 1)
    assert reply.files, reply.text


async def test_harm_that_is_done_again_and_again_is_told(bot: Bot) -> None:
    reply = await harmed(bot, "similar", "decode", "kill", 99)
    assert "crashed twice while working on `person_a_1.jpg`" in reply.text
    reply = await harmed(bot, "similar", "embed", "crash", 99)
    assert "crashed twice while working on `person_a_1.jpg, person_b_1.jpg`" in reply.text
    plan(bot, 0, "none", "kill")
    assert (await asked(bot, "similar")).files


async def test_a_photo_that_ends_workers_is_left_out_of_an_average(bot: Bot) -> None:
    """What is lost of an average is tried again, and without the photo when that has ended two workers."""
    thread = await bot.sandbox.open_thread(bot.sandbox.channel("general"), "faces")
    for name in ("person_a_1.jpg", "person_b_1.jpg", "person_c_1.jpg"):
        await bot.sandbox.post(thread, bot.sandbox.person("Mio"), "", [fresh(name)])

    async def average() -> Message:
        await all_ready(bot)
        return await answer(await bot.sandbox.slash("average", {"thread": thread}), IN_TIME)

    plan(bot, 1, "decode", "kill")
    once = await average()
    assert "**3 faces**" in once.text
    assert "broke" not in once.text
    plan(bot, 1, "decode", "kill")
    for _ in range(2):  # and is left out before it can end a third one
        reply = await average()
        assert reply.files
        assert "**2 faces**" in reply.text
        assert re.search("`person_c_1.jpg`: I crashed on it twice", reply.text)


@pytest.mark.thorough
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("how", HARMS)
@pytest.mark.parametrize("command", COMMANDS)
async def test_every_harm_in_every_stage_of_every_command(bot: Bot, command: str, how: str) -> None:
    plan(bot, 0, "none", "kill")
    for stage, times in itertools.product(await stages_of(bot, command), (1, 99)):
        reply = await harmed(bot, command, stage, how, times)
        print(f"{command:10} {stage:8} {how:6} {times:2}: {'picture' if reply.files else reply.text[:70]}")
        assert reply.files or times > 1 or how == "loop", (stage, reply.text)
        assert reply.files or any(words in reply.text for words in SORRY), reply.text
    plan(bot, 0, "none", "kill")
    assert (await asked(bot, command)).files
