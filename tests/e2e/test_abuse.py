"""Commands over HTTP, while strangers do what they can to keep the bot from them."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from running import PATIENCE, SHORT, Bot, answer, free_port, running

from benchmarks.abuse import EACH, KINDS, Misbehaving
from sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox
        assert not sandbox.refusals


def connections(bot: Bot, port: int) -> int:
    """How many the bot has with whoever connected to this port of its."""
    found = psutil.Process(bot.process.pid).net_connections(kind="tcp")
    return sum(one.laddr.port == port and one.status != psutil.CONN_LISTEN for one in found)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.1)


async def test_commands_get_through_while_150_connections_misbehave(sandbox: Sandbox, tmp_path: Path) -> None:
    port = free_port()
    settings = {"INTERACTIONS__PORT": str(port)}
    async with running(sandbox, tmp_path, ready=False, **settings) as bot:
        await bot.log_shows("taking commands of")
        await bot.healthy()
        await sandbox.delivery.use(f"http://127.0.0.1:{port}/interactions")
        assert (await answer(await sandbox.slash(*SHORT))).files
        async with Misbehaving(port) as strangers:
            await until(lambda: connections(bot, port) >= EACH * len(KINDS) * 3 // 4)
            ended = {
                ("silent", "closed"): EACH,
                ("half headers", "closed"): EACH,
                ("never reading", "405"): EACH,
                ("compressed bodies", "415"): 2 * EACH,
                ("wrong signatures", "401"): 2 * EACH,
            }
            began, asked = time.monotonic(), 0
            while asked < 10 or any(strangers.seen[what] < count for what, count in ended.items()):
                asked += 1
                assert time.monotonic() - began < PATIENCE, strangers.seen
                assert (await answer(await sandbox.slash("about", user=sandbox.person(f"Person {asked}")))).text
                await asyncio.sleep(0.2)
            assert (await answer(await sandbox.slash(*SHORT))).files
            assert {kind for kind, _ in strangers.seen} == set(KINDS)
            assert not any(status == "200" for _, status in strangers.seen)
        await until(lambda: connections(bot, port) <= 2)  # the sandbox's own
        log = bot.log.read_text()
        assert "Traceback" not in log
        assert log.count("was refused with") < 50
        assert await bot.stop() == 0


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limit of another process can be set on Linux alone")
async def test_commands_get_through_when_no_more_files_can_be_opened(sandbox: Sandbox, tmp_path: Path) -> None:
    port = free_port()
    settings = {"INTERACTIONS__PORT": str(port)}
    async with running(sandbox, tmp_path, ready=False, **settings) as bot:
        await bot.log_shows("taking commands of")
        await bot.healthy()
        await sandbox.delivery.use(f"http://127.0.0.1:{port}/interactions")
        assert (await answer(await sandbox.slash("about"))).text
        process = psutil.Process(bot.process.pid)
        few = process.num_fds() + 12
        process.rlimit(psutil.RLIMIT_NOFILE, (few, few))
        strangers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
        try:
            await bot.log_shows("cannot accept a connection: Too many open files")
            for number in range(5):
                assert (await answer(await sandbox.slash("about", user=sandbox.person(f"Person {number}")))).text
            assert bot.log.read_text().count("Too many open files") < 10
        finally:
            for _, writer in strangers:
                writer.transport.abort()
        assert await bot.stop() == 0
