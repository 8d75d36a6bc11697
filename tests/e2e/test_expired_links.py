"""Addresses of photos that are no longer good by the time the bot comes to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from running import PATIENCE, Bot, answer, face, running

from sandbox import Channel, Message, Sandbox

NAMES = tuple(f"person_{person}_1.jpg" for person in "abcdef")


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with Sandbox() as sandbox, running(sandbox, tmp_path) as bot:
        yield bot
        await bot.stop()


async def posted(sandbox: Sandbox) -> tuple[Channel, list[Message]]:
    thread = await sandbox.open_thread(sandbox.channel("general"), "faces")
    return thread, [await sandbox.post(thread, files=[face(name)]) for name in NAMES]


def asked_for(sandbox: Sandbox, message: Message) -> int:
    """How often the bot asked for this message alone."""
    path = f"/channels/{message.channel.id}/messages/{message.id}"
    return sum((one.method, one.path) == ("GET", path) for one in sandbox.requests)


async def test_a_link_that_expires_while_others_are_fetched_is_renewed(bot: Bot) -> None:
    """Four photos are on their way, and trickle, when all addresses lose their worth: the other two are asked for."""
    sandbox = bot.sandbox
    thread, messages = await posted(sandbox)
    sandbox.cdn.slow(1.0, times=4)
    invocation = await sandbox.slash("lookalikes", {"thread": thread})
    async with asyncio.timeout(PATIENCE):
        while len(sandbox.cdn.downloads) < 4:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    sandbox.cdn.expire()
    reply = await answer(invocation)
    assert "6 faces" in reply.text
    assert "Left out" not in reply.text
    newest_first = [asked_for(sandbox, message) for message in reversed(messages)]
    assert newest_first == [0, 0, 0, 0, 1, 1]
    assert not sandbox.refusals


async def test_a_photo_that_is_lost_is_asked_for_once_more_and_then_said_to_be(bot: Bot) -> None:
    """Be its message still there or not."""
    sandbox = bot.sandbox
    thread, messages = await posted(sandbox)
    lost, gone = messages[0], messages[1]
    for message in (lost, gone):
        sandbox.cdn.lose(message.attachments[0])
    sandbox.faults.fail(404, path=f"/messages/{gone.id}$")
    reply = await answer(await sandbox.slash("lookalikes", {"thread": thread}))
    assert "4 faces" in reply.text
    assert reply.text.count("the link has expired, or the photo was deleted") == 2
    assert [asked_for(sandbox, message) for message in messages] == [1, 1, 0, 0, 0, 0]
    assert (sandbox.cdn.downloads.count(NAMES[0]), sandbox.cdn.downloads.count(NAMES[1])) == (2, 1)
