"""Conditions can be switched on and off while a bot is connected."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE, until

from sandbox import Conditions, File, InvocationFailed
from sandbox.cdn import one_colour_png

PNG = one_colour_png(60, (1, 2, 3))


async def work(bot) -> None:
    @bot.tree.command(name="work", description="Work.")
    async def command(interaction: discord.Interaction, photo: discord.Attachment) -> None:
        await interaction.response.defer()
        data = await photo.read()
        room = interaction.filesize_limit
        files = [discord.File(io.BytesIO(data), "out.png")] if len(data) <= room else []
        await interaction.edit_original_response(content=f"room for {room}", attachments=files)


async def test_a_slow_network_delays_everything_and_then_nothing(sandbox, connect) -> None:
    async with connect(sandbox, work):
        await sandbox.set_conditions(Conditions(latency_ms=150))
        began = time.monotonic()
        slow = await sandbox.slash("work", {"photo": File("a.png", PNG)})
        await slow.answered(PATIENCE)
        assert slow.acknowledged_after >= 0.3  # the event and the callback
        assert time.monotonic() - began >= 0.6  # ... the download and the reply
        await sandbox.set_conditions(Conditions())
        while True:  # a busy machine may be as slow as that, but not again and again
            quick = await sandbox.slash("work", {"photo": File("a.png", PNG)})
            await quick.answered(PATIENCE)
            if quick.acknowledged_after < 0.3:
                break


async def test_rate_limits_hold_every_call_once(sandbox, connect) -> None:
    async with connect(sandbox, work):
        await sandbox.set_conditions(Conditions(rate_limited=True))
        start = len(sandbox.requests)
        await (await sandbox.slash("work", {"photo": File("a.png", PNG)})).answered(PATIENCE)
        assert [one.status for one in list(sandbox.requests)[start:]] == [429, 200, 429, 200]
        assert not sandbox.refusals


async def test_server_errors_until_they_end(sandbox, connect) -> None:
    async with connect(sandbox, work):
        await sandbox.set_conditions(Conditions(server_errors=True))
        start = len(sandbox.requests)
        invocation = await sandbox.slash("work", {"photo": File("a.png", PNG)})
        await until(lambda: len(sandbox.requests) > start)
        sandbox.clock.advance(3)
        with pytest.raises(InvocationFailed):
            await invocation.answered(PATIENCE)
        assert {one.status for one in list(sandbox.requests)[start:]} == {500}
        await sandbox.set_conditions(Conditions())
        assert (await (await sandbox.slash("work", {"photo": File("a.png", PNG)})).answered(PATIENCE)).files


async def test_without_the_intent_others_words_are_hidden_everywhere(sandbox, connect) -> None:
    channel = sandbox.channel("general")
    async with connect(sandbox) as bot:

        async def seen() -> tuple[str, str]:
            posted = await sandbox.post(channel, content="words")
            await until(lambda: bool(bot.seen) and bot.seen[-1].id == posted.id)
            event = bot.seen[-1]
            (newest,) = [one async for one in bot.get_channel(channel.id).history(limit=1)]
            assert newest.id == posted.id
            return event.content, newest.content

        assert await seen() == ("words", "words")
        await sandbox.set_conditions(Conditions(message_content=False))
        assert await seen() == ("", "")
        await sandbox.set_conditions(Conditions())
        assert await seen() == ("words", "words")


async def test_a_permission_is_taken_in_every_channel_and_given_back(sandbox, connect) -> None:
    await sandbox.deny(sandbox.channel("general"), "add_reactions")
    thread = await sandbox.open_thread(sandbox.channel("general"), "there")
    async with connect(sandbox) as bot:
        await sandbox.set_conditions(Conditions(denied=frozenset({"attach_files", "read_message_history"})))
        new = await sandbox.open_channel("new")
        for place in (sandbox.channel("general"), new, thread):
            there = await bot.fetch_channel(place.id)
            with pytest.raises(discord.Forbidden):
                await there.send(file=discord.File(io.BytesIO(PNG), "a.png"))
            await there.send("words alone")
            assert [one async for one in there.history()] == []
        await sandbox.set_conditions(Conditions())
        for place in (sandbox.channel("general"), new, thread):
            there = await bot.fetch_channel(place.id)
            await there.send(file=discord.File(io.BytesIO(PNG), "a.png"))
        allowed = (await bot.fetch_channel(sandbox.channel("general").id)).overwrites
        (overwrite,) = allowed.values()
        assert overwrite == discord.PermissionOverwrite(add_reactions=False)


async def test_a_small_upload_limit_is_told_and_kept(sandbox, connect) -> None:
    async with connect(sandbox, work) as bot:
        await sandbox.set_conditions(Conditions(upload_limit=len(PNG) - 1))
        reply = await (await sandbox.slash("work", {"photo": File("a.png", PNG)})).answered(PATIENCE)
        assert (reply.content, reply.files) == (f"room for {len(PNG) - 1}", ())
        with pytest.raises(discord.HTTPException, match="too large"):
            await bot.get_channel(sandbox.channel("general").id).send(file=discord.File(io.BytesIO(PNG), "a.png"))


async def test_expired_links_and_lost_files(sandbox, connect) -> None:
    message = await sandbox.post(sandbox.channel("general"), files=[File("a.png", PNG), File("b.png", PNG)])
    sandbox.cdn.lose(message.attachments[1])
    async with connect(sandbox) as bot:
        here = bot.get_channel(sandbox.channel("general").id)

        async def found() -> list[bool]:
            kept, lost = (await here.fetch_message(message.id)).attachments
            return [await readable(kept), await readable(lost)]

        assert await found() == [True, False]
        await sandbox.set_conditions(Conditions(links_expired=True))
        assert await found() == [False, False]
        await sandbox.set_conditions(Conditions())
        assert await found() == [True, False]


async def readable(attachment: discord.Attachment) -> bool:
    try:
        return await attachment.read() == PNG
    except discord.NotFound:
        return False


conditions = st.builds(
    Conditions,
    latency_ms=st.integers(0, 60_000),
    rate_limited=st.booleans(),
    server_errors=st.booleans(),
    message_content=st.booleans(),
    denied=st.frozensets(st.sampled_from(sorted(discord.Permissions.VALID_FLAGS))),
    upload_limit=st.integers(0, 2**40),
    links_expired=st.booleans(),
    layouts_refused=st.booleans(),
)


@given(conditions)
def test_conditions_go_through_json_and_back(conditions) -> None:
    assert Conditions.from_json(conditions.to_json()) == conditions
    assert replace(conditions, denied=frozenset()).denied_bits == 0


@pytest.mark.parametrize(
    "values",
    [
        {"latency_ms": -1},
        {"latency_ms": 10**9},
        {"latency_ms": True},
        {"latency_ms": "5"},
        {"rate_limited": 1},
        {"denied": "attach_files"},
        {"denied": [1]},
        {"denied": ["fly"]},
        {"upload_limit": -1},
        {"weather": True},
    ],
)
def test_conditions_that_cannot_be(values) -> None:
    with pytest.raises(ValueError, match=next(iter(values)) + "|fly"):
        Conditions.from_json(values)
