"""The traffic between bot and sandbox can be inspected, and holds neither secrets nor pictures."""

from __future__ import annotations

import io
import json
from dataclasses import asdict

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE, until

from sandbox import File, InvocationFailed
from sandbox.cdn import one_colour_png
from sandbox.trace import HIDDEN, MOST_CHARACTERS, MOST_ITEMS, MOST_VALUES, REMEMBERED, Entry, Trace, in_short

PNG = one_colour_png(60, (1, 2, 3))


async def work(bot) -> None:
    @bot.tree.command(name="work", description="Work.")
    async def command(interaction: discord.Interaction, photo: discord.Attachment) -> None:
        await interaction.response.defer()
        data = await photo.read()
        await interaction.edit_original_response(attachments=[discord.File(io.BytesIO(data), "out.png")])

    @bot.tree.command(name="wrong", description="Wrong.")
    async def wrong(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("x" * 2001)


async def test_a_conversation_passes_in_order(sandbox, connect) -> None:
    heard: list[Entry] = []
    with sandbox.feed.subscribed(lambda one: heard.append(one) if isinstance(one, Entry) else None):
        async with connect(sandbox, work):
            start = len(heard)
            invocation = await sandbox.slash("work", {"photo": File("face.png", PNG)})
            await invocation.answered(PATIENCE)
            talk = [(one.kind, one.way, one.name.split("/")[0], one.status) for one in heard[start:]]
    assert [one for one in talk if "HEARTBEAT" not in one[2]][:6] == [
        ("gateway", "to_bot", "INTERACTION_CREATE", None),
        ("acknowledgement", "from_bot", "work", None),
        ("gateway", "to_bot", "MESSAGE_CREATE", None),
        ("rest", "from_bot", "POST ", 200),
        ("cdn", "from_bot", "face.png", 200),
        ("gateway", "to_bot", "MESSAGE_UPDATE", None),
    ]
    assert heard == list(sandbox.trace.entries)
    assert [one.number for one in heard] == list(range(1, len(heard) + 1))
    (acknowledged,) = (one for one in heard if one.kind == "acknowledgement")
    assert acknowledged.sent == "DEFERRED_MESSAGE"
    assert acknowledged.milliseconds == pytest.approx(invocation.acknowledged_after * 1000, abs=0.1)
    (edit,) = (one for one in heard if one.name.startswith("PATCH"))
    assert edit.name.endswith(f"/{HIDDEN}/messages/@original")
    assert edit.sent["files"] == [f"out.png ({len(PNG):,} bytes)"]
    identify = next(one for one in heard if one.name == "IDENTIFY")
    assert (identify.way, identify.sent["token"]) == ("from_bot", HIDDEN)


async def test_it_holds_no_secrets_and_no_pictures(sandbox, connect) -> None:
    async with connect(sandbox, work) as bot:
        await (await sandbox.slash("work", {"photo": File("face.png", PNG)})).answered(PATIENCE)
        with pytest.raises(discord.NotFound):
            route = discord.http.Route("GET", f"/webhooks/1/{'k' * 80}/nowhere")
            await bot.http.request(route)
        with pytest.raises(discord.NotFound):
            route = discord.http.Route("PATCH", "/users/@me/nowhere")
            await bot.http.request(route, json={"avatar": discord.utils._bytes_to_base64_data(PNG)})
        await sandbox.gateway.drop()
        await until(lambda: bot.resumes > 0)
    written = json.dumps([asdict(one) for one in sandbox.trace.entries])
    keys = [sandbox.token, sandbox._guard.key, "k" * 80, *sandbox._services.invocations]
    assert not [key for key in keys if key in written]
    assert discord.utils._bytes_to_base64_data(PNG)[30:60] not in written
    assert "RESUME" in written


async def test_what_discord_refuses_says_why(sandbox, connect) -> None:
    async with connect(sandbox, work):
        invocation = await sandbox.slash("wrong")
        await until(lambda: any(one.refused for one in sandbox.trace.entries))
        sandbox.clock.advance(3)
        with pytest.raises(InvocationFailed):
            await invocation.answered(PATIENCE)
    refused = [one for one in sandbox.trace.entries if one.refused]
    assert [(one.kind, one.status) for one in refused] == [("rest", 400), ("acknowledgement", None)]
    assert "2000 or fewer" in str(refused[0].refused)
    assert refused[1].refused == "not acknowledged within 3 s"


def test_memory_is_bounded(sandbox) -> None:
    trace = Trace(sandbox.clock, lambda entry: None)
    for _ in range(REMEMBERED + 5):
        trace.event("to_bot", "E" * 1000, {"a": "b" * 10_000})
    assert len(trace.entries) == REMEMBERED
    assert trace.entries[0].number == 6
    assert len(json.dumps(asdict(trace.entries[-1]))) < 1000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2 * MOST_CHARACTERS),
    lambda inner: st.lists(inner, max_size=2 * MOST_ITEMS) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=50,
)


@given(json_values)
def test_json_in_short_is_json_and_short(value) -> None:
    short = in_short(value)
    json.dumps(short)
    assert count(short) <= 2 * MOST_VALUES + 2
    assert longest(short) <= MOST_CHARACTERS + 30


@given(st.text(max_size=MOST_CHARACTERS).filter(lambda text: not text.startswith("data:")))
def test_what_is_short_stays(text) -> None:
    value = {"a": [text, 1, None, True], "token": text}
    assert in_short(value) == {"a": [text, 1, None, True], "token": HIDDEN}


def test_what_is_endless_ends() -> None:
    deep: list = []
    for _ in range(200):
        deep = [deep] * 50
    assert count(in_short(deep)) <= MOST_VALUES * (MOST_ITEMS + 2)


def count(value) -> int:
    if isinstance(value, dict | list):
        return 1 + sum(map(count, value.values() if isinstance(value, dict) else value))
    return 1


def longest(value) -> int:
    if isinstance(value, dict):
        return max([*map(len, value), *map(longest, value.values())], default=0)
    if isinstance(value, list):
        return max(map(longest, value), default=0)
    return len(value) if isinstance(value, str) else 0
