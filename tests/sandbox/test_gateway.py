"""Sessions on the gateway: starting, breaking, resuming, compression, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import discord
import pytest
from patience import PATIENCE, until

from sandbox import Sandbox
from sandbox.gateway import ROUND_TRIP_SECONDS
from sandbox.session import Op, Session, compressor


async def echo(bot) -> None:
    @bot.tree.command(name="echo", description="Echo.")
    async def command(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.send_message(text)


class Raw:
    """A client that sends exactly what a test wants."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, op: int, data: object) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def hear(self) -> dict:
        return (await self.socket.receive(timeout=PATIENCE)).json()

    async def closed(self) -> int | None:
        while not self.socket.closed:
            await self.socket.receive(timeout=PATIENCE)
        return self.socket.close_code


@asynccontextmanager
async def raw(sandbox: Sandbox, query: str = "?v=10&encoding=json") -> AsyncIterator[Raw]:
    async with aiohttp.ClientSession() as session, session.ws_connect(sandbox.gateway.url + query) as socket:
        yield Raw(socket)


def identity(sandbox: Sandbox, **changes: object) -> dict:
    return {"token": sandbox.token, "intents": 1, "properties": {}, **changes}


@pytest.mark.parametrize("code", [None, 4000, 1001])
async def test_a_dropped_bot_resumes_and_misses_nothing(sandbox, connect, code) -> None:
    async with connect(sandbox, echo) as bot:
        assert (await (await sandbox.slash("echo", {"text": "before"})).answered(PATIENCE)).content == "before"
        await sandbox.gateway.drop(code)
        invocation = await sandbox.slash("echo", {"text": "meanwhile"})
        posted = await sandbox.post(sandbox.channel("general"), content="meanwhile")
        assert (await invocation.answered(PATIENCE)).content == "meanwhile"
        await until(lambda: bot.resumes > 0)
        assert [message.id for message in bot.seen if message.author.id == sandbox.owner.id] == [posted.id]
        assert sandbox.gateway.resumed == 1


async def test_asked_to_reconnect_it_resumes(sandbox, connect) -> None:
    async with connect(sandbox, echo) as bot:
        await sandbox.gateway.ask_to_reconnect()
        await until(lambda: bot.resumes > 0)
        assert (await (await sandbox.slash("echo", {"text": "after"})).answered(PATIENCE)).content == "after"


async def test_a_refused_resume_starts_anew(sandbox, connect) -> None:
    async with connect(sandbox, echo) as bot:
        sandbox.gateway.refuse_resume = True
        await sandbox.gateway.drop()
        await bot.wait_for("ready", timeout=PATIENCE)
        assert sandbox.gateway.resumed == 0
        assert (await (await sandbox.slash("echo", {"text": "after"})).answered(PATIENCE)).content == "after"


async def test_heartbeats_are_answered(connect) -> None:
    async with Sandbox(heartbeat_interval=1.0) as sandbox, connect(sandbox) as bot:
        count = sandbox.gateway.heartbeats
        await until(lambda: sandbox.gateway.heartbeats >= count + 2)
        assert bot.latency < 5


async def test_an_acknowledgement_is_no_faster_than_a_network() -> None:
    """One that is there before discord.py has noted when it sent the heartbeat is counted from the one before."""
    clock = asyncio.get_running_loop().time
    async with Sandbox() as sandbox, raw(sandbox) as client:
        await client.hear()
        sent = clock()
        await client.say(Op.HEARTBEAT, None)
        assert (await client.hear())["op"] == Op.HEARTBEAT_ACK
        assert clock() - sent >= ROUND_TRIP_SECONDS


async def test_a_client_without_heartbeats_is_closed() -> None:
    async with Sandbox(heartbeat_interval=0.05) as sandbox, raw(sandbox) as client:
        assert (await client.hear())["d"] == {"heartbeat_interval": 50}
        assert await client.closed() == 4009


async def test_a_client_that_does_not_say_who_it_is_is_closed_for_all_its_heartbeats() -> None:
    async with Sandbox(heartbeat_interval=0.2) as sandbox, raw(sandbox) as client:

        async def live() -> None:
            while True:
                await client.say(1, None)
                await asyncio.sleep(0.02)

        living = asyncio.create_task(live())
        try:
            async with asyncio.timeout(PATIENCE):
                assert await client.closed() == 4009
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)


async def test_strangers_on_the_gateway_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.connections.MOST_CONNECTIONS", 5)
    monkeypatch.setattr("bot.http.connections.SECONDS_OF_GRACE", 0)
    async with Sandbox() as sandbox, AsyncExitStack() as stack:
        client = await stack.enter_async_context(raw(sandbox))
        assert (await client.hear())["op"] == 10
        await client.say(2, identity(sandbox))
        assert (await client.hear())["t"] == "READY"
        for _ in range(10):
            await stack.enter_async_context(raw(sandbox))
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession() as session,
            session.get(f"{sandbox.api}/gateway") as response,
        ):
            assert response.status == 200
        await client.say(1, None)
        while (await client.hear())["op"] != 11:
            pass


async def test_privileged_intents_must_be_switched_on(connect) -> None:
    async with Sandbox(privileged=()) as sandbox:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with connect(sandbox):
                pass
        assert [refusal.code for refusal in sandbox.refusals] == [4014]


async def test_a_bad_token_is_refused_by_both(sandbox, caplog) -> None:
    caplog.set_level(logging.CRITICAL)
    with sandbox.in_place_of_discord(), pytest.raises(discord.LoginFailure):
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.start("wrong")
    async with raw(sandbox) as client:
        await client.say(2, identity(sandbox, token="wrong"))
        assert await client.closed() == 4004
    assert [refusal.status for refusal in sandbox.refusals] == [401, 4004]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ([(2, {"shard": [1, 1]})], 4010),
        ([(2, {"intents": "all"})], 4013),
        ([(2, {}), (2, {})], 4005),
        ([(3, {})], 4003),
        ([(77, {})], 4001),
        ([(2, {"properties": "x" * 5000})], 4002),
    ],
)
async def test_what_breaks_the_protocol_closes_the_connection(sandbox, said, code) -> None:
    async with raw(sandbox) as client:
        for op, data in said:
            await client.say(op, identity(sandbox, **data) if op == 2 else data)
        assert await client.closed() == code
    assert [refusal.code for refusal in sandbox.refusals] == [code]


async def test_no_json_and_old_versions_are_refused(sandbox) -> None:
    async with raw(sandbox) as client:
        await client.socket.send_str("{")
        assert await client.closed() == 4002
    async with raw(sandbox, "?v=5") as client:
        assert await client.closed() == 4012


async def started(client: Raw, sandbox: Sandbox) -> str:
    """Identifies and returns the id of the new session."""
    await client.hear()
    await client.say(2, identity(sandbox))
    return (await client.hear())["d"]["session_id"]


async def test_a_sequence_from_the_future_is_refused(sandbox) -> None:
    async with raw(sandbox) as client:
        session = await started(client, sandbox)
        await client.socket.close(code=4000)
    async with raw(sandbox) as client:
        await client.say(6, {"token": sandbox.token, "session_id": session, "seq": 99})
        assert await client.closed() == 4007


async def test_a_session_that_said_goodbye_is_over(sandbox) -> None:
    async with raw(sandbox) as client:
        session = await started(client, sandbox)
        await client.socket.close(code=1000)
    async with raw(sandbox) as client:
        await client.hear()
        await client.say(6, {"token": sandbox.token, "session_id": session, "seq": 1})
        assert await client.hear() == {"op": 9, "d": False, "s": None, "t": None}


async def test_every_message_has_the_four_fields_of_discord(sandbox) -> None:
    async with raw(sandbox) as client:
        assert await client.hear() == {"op": 10, "d": {"heartbeat_interval": 41250}, "s": None, "t": None}
        await client.say(1, None)
        assert await client.hear() == {"op": 11, "d": None, "s": None, "t": None}
        await client.say(2, identity(sandbox))
        ready = await client.hear()
        assert (set(ready), ready["op"], ready["s"], ready["t"]) == ({"op", "d", "s", "t"}, 0, 1, "READY")
        assert (await client.hear())["t"] == "GUILD_CREATE"
        await sandbox.gateway.ask_to_reconnect()
        assert await client.hear() == {"op": 7, "d": None, "s": None, "t": None}


async def test_members_are_told_when_asked_for(connect) -> None:
    intents = discord.Intents.default()
    intents.members = True
    async with Sandbox(privileged=("members",)) as sandbox:
        sandbox.person("Aoi")
        async with connect(sandbox, intents=intents) as bot:
            assert {member.name for member in bot.get_guild(sandbox.guild.id).members} >= {"aoi", "kei"}


async def test_events_go_only_to_those_who_asked(sandbox) -> None:
    async with raw(sandbox) as client:
        await client.hear()
        await client.say(2, identity(sandbox, intents=0))
        ready = await client.hear()
        assert ready["t"] == "READY" and ready["d"]["guilds"] == [{"id": str(sandbox.guild.id), "unavailable": True}]
        await sandbox.post(sandbox.channel("general"), content="hello")
        await client.say(1, ready["s"])
        assert (await client.hear())["op"] == 11


def test_every_message_of_a_stream_can_be_read_by_itself() -> None:
    compress = compressor("zlib-stream")
    assert compress is not None and compressor(None) is None
    stream = zlib.decompressobj()
    for text in (b"one", b"two" * 1000, b""):
        packed = compress(text)
        assert packed.endswith(b"\x00\x00\xff\xff")
        assert stream.decompress(packed) == text


async def test_a_session_remembers_only_its_latest_events() -> None:
    session = Session("s", (0, 1), discord.Intents.none(), None)
    for number in range(1500):
        await session.dispatch("EVENT", {"n": number})
    assert session.sequence == 1500
    assert [session.sent[0]["s"], session.sent[-1]["s"]] == [501, 1500]


async def test_a_shard_with_too_many_guilds_is_closed(sandbox) -> None:
    sandbox.gateway.most_guilds = 1
    sandbox.add_guild("Another")
    async with raw(sandbox) as client:
        await client.say(2, identity(sandbox))
        assert await client.closed() == 4011


async def test_sessions_may_not_begin_all_at_once(sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.gateway.SECONDS_OF_IDENTIFYING", PATIENCE)  # this machine may be busy
    sandbox.gateway.max_concurrency = 1
    left = sandbox.gateway.starts_left
    async with raw(sandbox) as first, raw(sandbox) as second:
        for client, begins in ((first, "READY"), (second, None)):
            await client.hear()
            await client.say(2, identity(sandbox))
            assert (await client.hear()).get("t") == begins
    assert sandbox.gateway.starts_left == left - 1
