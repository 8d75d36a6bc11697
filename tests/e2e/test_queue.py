"""Standing in line over real sockets: places, cancel in the line and at work, caps, and a crowd."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from pathlib import Path

import openapi
import pytest
import pytest_asyncio
from PIL import Image
from running import PATIENCE, SHORT, Bot, answer, crowd, face, running

from benchmarks.crowd import places
from sandbox import Channel, File, Invocation, Message, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    settings = {
        "LIMITS__WAITING": "22",
        "LIMITS__GUILD_REQUESTS": "99",
        "WORKERS__COUNT": "2",
        "WORKERS__HEATMAPS": "true",
    }
    async with Sandbox() as sandbox, running(sandbox, tmp_path_factory.mktemp("bot"), **settings) as bot:
        first = [await sandbox.slash(*SHORT, user=user) for user in crowd(sandbox, 2)]
        for invocation in first:
            await answer(invocation)
        assert len(bot.workers()) == 2
        yield bot
        assert {refusal.code for refusal in sandbox.refusals} <= {50027, 10008}  # too late, and deleted
        openapi.check_where_it_is(sandbox.requests)


def photo() -> dict[str, object]:
    return {"photo": face("person_a_1.jpg")}


async def shown(invocation: Invocation, text: str) -> tuple[Message, str]:
    """The status once it says this, and the id of its button."""
    message = await invocation.answered(PATIENCE, until=lambda message: text in message.text)
    (row,) = message.components
    return message, row["components"][0]["custom_id"]


async def settled(bot: Bot) -> None:
    """Nobody's request is open any more."""
    await bot.work_begins(working=0, requests=0)


async def test_whoever_cancels_in_the_line_leaves_it_and_the_others_move_up(bot: Bot) -> None:
    frozen = bot.freeze()
    invocations = []
    for user in crowd(bot.sandbox, 5):  # who is acknowledged first stands first
        invocations.append(await bot.sandbox.slash(*SHORT, user=user))
        await invocations[-1].acknowledged(PATIENCE)
    second, third = invocations[3:]
    status = await shown(second, "next in line")
    await shown(third, "number 2 in line")
    await bot.sandbox.click(*status, user=second.user)
    assert "Stopped" in (await answer(second)).text
    await shown(third, "next in line")
    for worker in frozen:
        worker.resume()
    for invocation in (*invocations[:3], third):
        assert (await answer(invocation)).files
    await settled(bot)
    assert "Stopped" in second.history[-1].text
    assert not second.history[-1].components
    assert not second.followups


async def test_cancelled_at_work_nothing_is_posted_and_the_worker_serves_the_next(bot: Bot) -> None:
    frozen = bot.freeze()
    invocation = await bot.sandbox.slash("gradcam", {**photo(), "method": "scorecam"}, locale="ja")
    cancel = await shown(invocation, "顔を調べています")
    for worker in frozen:
        worker.resume()
    await bot.sandbox.click(*cancel)
    assert "中止しました" in (await answer(invocation)).text
    await settled(bot)
    assert not invocation.history[-1].files
    assert not invocation.followups
    assert (await answer(await bot.sandbox.slash(*SHORT))).files


async def test_one_persons_many_requests_delay_nobody_and_are_refused_privately_beyond_the_cap(bot: Bot) -> None:
    frozen = bot.freeze()
    keen, other = crowd(bot.sandbox, 2)
    many = [await bot.sandbox.slash(*SHORT, user=keen, locale="ja") for _ in range(7)]
    one = await bot.sandbox.slash(*SHORT, user=other)
    for refused in many[4:]:
        reply = await answer(refused)
        assert reply.ephemeral
        assert "1人が同時に出せる上限" in reply.text
    await shown(many[1], "前のリクエスト")
    await bot.work_begins(working=2, requests=5)  # the other one's is at work, beside the first of many
    for worker in frozen:
        worker.resume()
    for invocation in (one, *many[:4]):
        assert (await answer(invocation)).files
    assert not places(one)


async def test_a_crowd(bot: Bot) -> None:
    """Sixty people at once, on two workers, and room for twenty-four."""
    await settled(bot)
    frozen = bot.freeze()  # until all have come, since a place that is free again is given to the next
    invocations = await asyncio.gather(*(bot.sandbox.slash(*SHORT, user=user) for user in crowd(bot.sandbox, 60)))
    for invocation in invocations:
        assert await invocation.acknowledged() < 3
    for worker in frozen:
        worker.resume()
    replies = [await answer(invocation) for invocation in invocations]
    refused = [reply for reply in replies if not reply.files]
    assert len(refused) == 60 - 24
    for reply in refused:
        assert reply.ephemeral
        assert re.search(r"24 requests are open already.*try again in \d+ (seconds|minutes?)", reply.text)
    seen = [places(invocation) for invocation in invocations]
    assert max(map(max, filter(None, seen))) >= 10
    for one in seen:
        assert one == sorted(one, reverse=True)


async def test_too_often(tmp_path: Path) -> None:
    limits = {"LIMITS__COOLDOWN_REQUESTS": "2", "LIMITS__COOLDOWN_SECONDS": "600"}
    async with Sandbox() as sandbox, running(sandbox, tmp_path, **limits) as bot:
        for _ in range(2):
            assert (await answer(await sandbox.slash(*SHORT))).files
        for locale, says in (("en-US", "try again in 10 minutes"), ("ja", "10 分ほどたってから")):
            reply = await answer(await sandbox.slash(*SHORT, locale=locale))
            assert reply.ephemeral
            assert says in reply.text
        (guest,) = crowd(sandbox, 1)
        assert (await answer(await sandbox.slash(*SHORT, user=guest))).files
        assert await bot.stop() == 0


async def expired(bot: Bot, user: str, **options: object) -> Invocation:
    """A request that is ready only when its own way to answer is closed."""
    await settled(bot)
    frozen = bot.freeze()
    invocation = await bot.sandbox.slash("gradcam", {**photo(), **options}, user=bot.sandbox.person(user))
    await shown(invocation, "Looking at the faces")
    bot.sandbox.clock.advance(16 * 60)
    for worker in frozen:
        worker.resume()
    await settled(bot)
    return invocation


@asynccontextmanager
async def logged_anew(bot: Bot, text: str) -> AsyncIterator[None]:
    """What is done in here is logged with this text, once more than before."""
    before = bot.log.read_text().count(text)
    yield
    await bot.log_shows(text, before + 1)


async def posted(channel: Channel, before: Set[int], count: int) -> list[Message]:
    """The messages that are new in a channel, once there are so many. What went wrong is told after a request."""
    async with asyncio.timeout(PATIENCE):
        while len(new := [message for id_, message in channel.messages.items() if id_ not in before]) < count:
            await asyncio.sleep(0.02)
    return new


async def test_an_answer_that_is_too_late_for_its_command_comes_as_a_message(bot: Bot) -> None:
    channel = bot.sandbox.channel("general")
    before = set(channel.messages)
    invocation = await expired(bot, "Patient")
    _, late = await posted(channel, before, 2)
    assert late.files
    assert "looks most at" in late.text
    assert late.reply_to is not None
    assert late.reply_to.id == invocation.history[-1].id


async def test_a_late_answer_that_may_not_be_posted_is_dropped(bot: Bot) -> None:
    channel = bot.sandbox.channel("general")
    before = len(channel.messages)
    async with logged_anew(bot, "came too late, and was dropped"):
        await expired(bot, "Private", private=True)
    await bot.sandbox.deny(channel, "send_messages")
    async with logged_anew(bot, "came too late, and was dropped"):
        await expired(bot, "Mute")
    async with logged_anew(bot, "could not be sent, and was dropped"):
        await expired(bot, "Mute and faceless", photo=faceless())
    assert len([message for message in list(channel.messages.values())[before:] if message.files]) == 0
    await bot.sandbox.allow(channel, "send_messages")


def faceless() -> File:
    data = io.BytesIO()
    Image.new("RGB", (320, 240), "lightgrey").save(data, "PNG")
    return File("wall.png", data.getvalue())


async def test_what_went_wrong_comes_late_too(bot: Bot) -> None:
    channel = bot.sandbox.channel("general")
    before = set(channel.messages)
    invocation = await expired(bot, "Patient and faceless", photo=faceless())
    status, late = await posted(channel, before, 2)
    assert "I found no face in `wall.png`" in late.text
    assert late.reply_to is not None
    assert late.reply_to.id == status.id == invocation.original
    async with logged_anew(bot, "could not be sent, and was dropped"):
        await expired(bot, "Private and faceless", photo=faceless(), private=True)
    assert len(channel.messages) == len(before) + 2


async def test_where_thinking_is_deleted_meanwhile_nothing_is_posted_and_that_is_no_fault(bot: Bot) -> None:
    await settled(bot)
    channel = bot.sandbox.channel("general")
    before = set(channel.messages)
    frozen = bot.freeze()
    invocation = await bot.sandbox.slash(*SHORT, user=bot.sandbox.person("Impatient"))
    status, _ = await shown(invocation, "Looking at the faces")
    await bot.sandbox.delete(status)
    for worker in frozen:
        worker.resume()
    await settled(bot)
    await bot.log_shows("outcome=deleted")
    assert set(channel.messages) == before
    assert not invocation.followups
    assert " ERROR " not in bot.log.read_text()
