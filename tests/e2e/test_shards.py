"""Several bot processes that share one token's shards, each answering for the servers of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import openapi
import pytest
from running import PATIENCE, SHORT, Bot, answer, face, running

from sandbox import Sandbox
from sandbox.state import Channel, Guild

SHARDS = 3


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(shards=SHARDS) as sandbox:
        yield sandbox
        openapi.check_where_it_is(sandbox.requests)


def shard_of(guild: Guild, count: int = SHARDS) -> int:
    return (guild.id >> 22) % count


def on_every_shard(sandbox: Sandbox) -> list[Channel]:
    """A channel for each shard, in a server of that shard."""
    found = {shard_of(sandbox.guild): sandbox.guild}
    while len(found) < SHARDS:
        sandbox.clock.advance(0.001)  # of one millisecond, all would have the same shard
        guild = sandbox.add_guild("Another")
        found.setdefault(shard_of(guild), guild)
    return [next(iter(found[shard].channels.values())) for shard in range(SHARDS)]


async def started(bot: Bot, command: str) -> float:
    return (await bot.metrics()).get(f'sokkuri_requests_started_total{{command="{command}"}}', 0.0)


async def test_two_processes_answer_for_their_own_servers_one_without_the_other(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    places = on_every_shard(sandbox)
    common = {"DISCORD__SHARDS": str(SHARDS)}
    async with AsyncExitStack() as stack:

        async def start(name: str, ids: str) -> Bot:
            bot = running(sandbox, tmp_path / name, ready=False, DISCORD__SHARD_IDS=ids, **common)
            return await stack.enter_async_context(bot)

        left, right = await asyncio.gather(start("left", "[0]"), start("right", "[1, 2]"))
        await sandbox.wait_ready(PATIENCE)
        await asyncio.gather(left.healthy(), right.healthy())
        assert "with 1 of 3 shards: 0" in left.log.read_text()
        assert "with 2 of 3 shards: 1, 2" in right.log.read_text()
        _, state = await right.health("readyz")
        assert (state["shards"], state["shard_count"]) == ({"1": True, "2": True}, SHARDS)
        figures = await left.metrics()
        assert figures['sokkuri_shard_connected{shard="0"}'] == figures["sokkuri_connected"] == 1
        assert figures["sokkuri_shards"] == SHARDS
        assert sum(one.method == "PUT" for one in sandbox.requests) == 1  # the process with the first shard

        for place in places:
            assert (await answer(await sandbox.slash(*SHORT, channel=place))).files
        assert (await answer(await sandbox.slash(*SHORT, channel=sandbox.direct()))).files
        assert (await started(left, "lookalikes"), await started(right, "lookalikes")) == (2, 2)

        # a link leads to a server that the other process has
        linked = await sandbox.post(places[0], files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
        elsewhere = await sandbox.slash("lookalikes", {"message": linked.link}, channel=places[1])
        assert (await answer(elsewhere)).files
        stranger = sandbox.world.add_user("Stranger")  # a member of the second server alone
        assert places[1].guild is not None
        places[1].guild.members[stranger.id] = (stranger, set())
        theirs = await sandbox.slash("lookalikes", {"message": linked.link}, user=stranger, channel=places[1])
        assert not (await answer(theirs)).files

        right.process.send_signal(signal.SIGKILL)
        await right.ended()
        assert (await answer(await sandbox.slash("about", channel=places[0]))).text
        lost = await sandbox.slash("about", channel=places[1])
        again = await start("again", "[1, 2]")
        await sandbox.wait_ready(PATIENCE)
        await again.healthy()
        for place in places[1:]:
            assert (await answer(await sandbox.slash(*SHORT, channel=place))).files
        assert await started(again, "lookalikes") == 2
        assert lost.answer is None
        sandbox.refusals.clear()  # that one was never acknowledged

        before = sandbox.gateway.resumed
        await sandbox.gateway.drop(4000)
        await left.log_shows("RESUMED")
        await again.log_shows("RESUMED", 2)
        assert sandbox.gateway.resumed == before + SHARDS
        for place in places:
            assert (await answer(await sandbox.slash(*SHORT, channel=place))).files
        for bot in (left, again):
            await bot.stop()
    assert not sandbox.refusals


async def test_processes_that_start_at_once_wait_for_each_other_as_discord_wants(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.gateway.max_concurrency = 1
    async with (
        running(sandbox, tmp_path / "left", ready=False, DISCORD__SHARDS="2", DISCORD__SHARD_IDS="[0]") as left,
        running(sandbox, tmp_path / "right", ready=False, DISCORD__SHARDS="2", DISCORD__SHARD_IDS="[1]") as right,
    ):
        await sandbox.wait_ready(PATIENCE)
        for bot in (left, right):
            await bot.log_shows("connected as")
            await bot.stop()
    assert not sandbox.refusals


async def fails(sandbox: Sandbox, folder: Path, **settings: str) -> str:
    async with running(sandbox, folder, ready=False, **settings) as bot:
        assert await bot.ended() == 1
        return bot.log.read_text().splitlines()[-1]


async def test_shards_that_discord_refuses(sandbox: Sandbox, tmp_path: Path) -> None:
    last = await fails(sandbox, tmp_path, DISCORD__SHARDS="20000", DISCORD__SHARD_IDS="[3]")
    assert "ConfigError: Discord refused these shards (shards = 20000, shard_ids = [3]): set both" in last


async def test_more_servers_than_a_shard_may_have(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.gateway.most_guilds = 1
    sandbox.add_guild("Another")
    last = await fails(sandbox, tmp_path, DISCORD__SHARDS="1")
    assert "ConfigError: Discord wants more shards than 1" in last


async def test_a_shard_that_there_is_not(sandbox: Sandbox, tmp_path: Path) -> None:
    last = await fails(sandbox, tmp_path, DISCORD__SHARDS="2", DISCORD__SHARD_IDS="[2]")
    assert "ConfigError: discord.shard_ids" in last
    assert "there is no shard 2 where shards = 2: the last is 1" in last
