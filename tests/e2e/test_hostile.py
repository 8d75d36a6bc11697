"""Files made to hurt, through the whole bot: each is answered by its name, and no worker is lost to one."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from running import SHORT, Bot, answer, running

from sandbox import File, Sandbox

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.shared]

AT_ONCE = 4
MEMORY = 2 << 30

DECODED = ("I found no face in", "The model looks most at")
REFUSED = ("is not an image that I can read", "is damaged or cut short", "has too many pixels")

# Its compressed data ends in a wrong checksum. Pillow refuses it, though a second attempt to load the same image object
# would give what it has so far, which is how the list of files was made.
WRONG_CHECKSUM = "libpng__039ec3__badadler.png"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    async with (
        Sandbox() as sandbox,
        running(sandbox, tmp_path_factory.mktemp("bot"), WORKERS__MEMORY_BYTES=str(MEMORY)) as bot,
    ):
        yield bot
        assert not sandbox.refusals


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=[pytest.mark.thorough, pytest.mark.timeout(900)])])
async def test_every_hostile_file_is_answered_and_no_worker_is_lost(bot: Bot, shared: Path, step: int) -> None:
    """All that are to be refused, and every `step`th of those that decode, where the search for faces takes long."""
    folder = shared / "hostile"
    with (folder / "manifest.csv").open(newline="") as lines:
        listed = {row["file"]: row["expected"] for row in csv.DictReader(lines)}
    decoding = [name for name, what in listed.items() if what == "decodes"]
    expected = {name: what for name, what in listed.items() if name not in decoding or name in decoding[::step]}
    good = await bot.sandbox.slash(*SHORT)
    assert (await answer(good)).files
    before = {worker.pid for worker in bot.workers()}
    turns = asyncio.Semaphore(AT_ONCE)
    answers: dict[str, str] = {}

    async def ask(name: str) -> None:
        async with turns:
            invocation = await bot.sandbox.slash("gradcam", {"photo": File.read(folder / name)})
            answers[name] = (await answer(invocation)).text

    async with asyncio.TaskGroup() as group:
        for name in expected:
            group.create_task(ask(name))

    outcomes = {name: outcome(answer) for name, answer in answers.items()}
    wrong = {name: answers[name] for name in expected if outcomes[name] != expected[name]}
    assert wrong.keys() <= {WRONG_CHECKSUM}, wrong
    assert {worker.pid for worker in bot.workers()} == before
    assert all(peak(worker) < MEMORY for worker in bot.workers())
    log = bot.log.read_text()
    assert "WARNING bot." not in log  # of discord.py there may be one about a machine that is slow
    assert "ERROR" not in log


def outcome(answer: str) -> str:
    if any(words in answer for words in DECODED):
        return "decodes"
    return "refused" if any(words in answer for words in REFUSED) else "neither"


def peak(worker: psutil.Process) -> int:
    """Bytes that it held at most (Linux)."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
