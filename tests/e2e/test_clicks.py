"""Clicks under answers about a message that was given by its menu: by what is true when they are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import discord
import pytest
import pytest_asyncio
from running import PATIENCE, Bot, answer, face, running

from sandbox import Channel, Invocation, Message, Sandbox, User
from sandbox.invocation import CallbackType
from sandbox.state import Json, Overwrite, walk_components

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_SUCH_MESSAGE = {"en-US": "I cannot find that message", "ja": "メッセージが見つかりません"}
LINK_EXPIRED = "its link has expired, or it was deleted"
MENUS = ("Heatmap", "How alike?", "Average these faces")
NAMES = ("person_a_1.jpg", "person_b_1.jpg")


@asynccontextmanager
async def started(folder: Path, unchecked_seconds: int) -> AsyncIterator[Bot]:
    async with Sandbox() as sandbox:
        sandbox.add_guild("Without the bot", bot=False)
        async with running(sandbox, folder, LIMITS__UNCHECKED_MENU_SECONDS=str(unchecked_seconds)) as bot:
            yield bot
            assert {one.why for one in sandbox.refusals} <= {"Unknown Message"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    async with started(tmp_path_factory.mktemp("bot"), 840) as bot:
        yield bot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """Uses nothing that it cannot look for."""
    async with started(tmp_path_factory.mktemp("strict"), 0) as bot:
        yield bot


async def post(sandbox: Sandbox, channel: Channel, author: User | None = None) -> Message:
    return await sandbox.post(channel, author or sandbox.owner, files=[face(name) for name in NAMES])


def without_the_bot(sandbox: Sandbox) -> Channel:
    (guild,) = (guild for guild in sandbox.world.guilds.values() if guild.name == "Without the bot")
    return next(iter(guild.channels.values()))


def usable(sandbox: Sandbox, reply: Message) -> dict[str, Json]:
    """What can be pressed and chosen under it now, by what it is for."""
    ones = list(walk_components(sandbox.newest(reply).components))
    found = {one["custom_id"]: one for one in ones if one.get("custom_id", "").startswith("use-")}
    return {id_.split("-", 2)[2]: one for id_, one in found.items() if not one.get("disabled")}


Press = Callable[[Message], Awaitable[Invocation]]


def presses(sandbox: Sandbox, user: User, locale: str = "en-US") -> dict[str, tuple[Press, ...]]:
    """All that can be done under the answer of each entry, in the end."""

    def button(what: str) -> Press:
        return lambda reply: sandbox.click(reply, usable(sandbox, reply)[what]["custom_id"], user=user, locale=locale)

    def method(reply: Message) -> Awaitable[Invocation]:
        menu = usable(sandbox, reply)["method"]
        return sandbox.select(reply, menu["custom_id"], ["eigencam"], user=user, locale=locale)

    return {
        "Heatmap": (method,),
        "How alike?": (button("swap"), button("heatmap-left"), button("heatmap-right")),
        "Average these faces": (button("median"), button("no-texture")),
    }


async def said(click: Invocation) -> str:
    """By a private word: beside the answer that was clicked on, or in place of "is thinking"."""
    await click.acknowledged()
    in_place = click.callback is CallbackType.DEFERRED_UPDATE
    word = (await click.followed_up(within=PATIENCE))[0] if in_place else await answer(click)
    assert word.ephemeral
    assert not word.files
    return word.text


async def asked(sandbox: Sandbox, message: Message, user: User, locale: str = "en-US") -> dict[str, Message]:
    replies = {}
    for name in MENUS:
        replies[name] = await answer(await sandbox.message_command(name, message, user=user, locale=locale))
        assert replies[name].files
    return replies


async def told_of_each(sandbox: Sandbox, replies: dict[str, Message], user: User, locale: str = "en-US") -> list[str]:
    told = []
    for name, reply in replies.items():
        before = sandbox.newest(reply)
        told += [await said(await press(reply)) for press in presses(sandbox, user, locale)[name]]
        assert sandbox.newest(reply) == before, "the answer stays as it was"
    return told


@pytest.mark.parametrize("locale", NO_SUCH_MESSAGE)
async def test_a_message_that_was_deleted_meanwhile(bot: Bot, locale: str) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    message = await post(sandbox, await sandbox.open_channel(f"deleted-{locale}".lower()))
    replies = await asked(sandbox, message, guest, locale)
    await sandbox.delete(message)
    told = await told_of_each(sandbox, replies, guest, locale)
    assert all(NO_SUCH_MESSAGE[locale] in text for text in told), told


@pytest.mark.parametrize("permission", ["read_message_history", "view_channel"])
async def test_a_person_who_may_no_longer_read_the_history(bot: Bot, permission: str) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    channel = await sandbox.open_channel(f"lost-{permission}".lower())
    replies = await asked(sandbox, await post(sandbox, channel), guest)
    channel.overwrites[guest.id] = Overwrite(deny=discord.Permissions(**{permission: True}).value)
    told = await told_of_each(sandbox, replies, guest)
    assert all(NO_SUCH_MESSAGE["en-US"] in text for text in told), told


async def test_a_photo_that_was_taken_out_of_its_message(bot: Bot) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    channel = await sandbox.open_channel("edited")
    message = await post(sandbox, channel)
    replies = await asked(sandbox, message, guest)
    channel.messages[message.id] = replace(message, attachments=message.attachments[1:])
    for name in ("Heatmap", "How alike?"):
        for press in presses(sandbox, guest)[name][:2]:
            text = await said(await press(replies[name]))
            assert "`person_a_1.jpg`" in text
            assert LINK_EXPIRED in text
    right = await answer(await presses(sandbox, guest)["How alike?"][2](replies["How alike?"]))
    assert "person_b_1.jpg" in (right.files[0].description or ""), "it is there still"
    assert "only one face" in await said(await presses(sandbox, guest)["Average these faces"][0](replies[MENUS[2]]))


@pytest.mark.parametrize("way", ["menu", "link"])
async def test_addresses_that_have_expired_are_renewed(bot: Bot, way: str) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    message = await post(sandbox, await sandbox.open_channel(f"expired-{way}"))
    if way == "menu":
        reply = await answer(await sandbox.message_command("How alike?", message, user=guest))
    else:
        reply = await answer(await sandbox.slash("similar", {"message": message.link}, user=guest))
    sandbox.cdn.expire()
    for press in presses(sandbox, guest)["How alike?"]:
        assert (await answer(await press(reply))).files


async def test_the_message_replied_to_is_asked_for_as_well(bot: Bot) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    channel = await sandbox.open_channel("replied-to")
    message = await post(sandbox, channel)
    words = await sandbox.post(channel, content="who is that?", reply_to=message)
    replies = await asked(sandbox, words, guest)
    assert (await answer(await presses(sandbox, guest)["How alike?"][0](replies["How alike?"]))).files
    await sandbox.delete(message)
    told = await told_of_each(sandbox, replies, guest)
    assert all(NO_SUCH_MESSAGE["en-US"] in text for text in told), told


async def test_without_the_intent_a_message_is_still_missed(tmp_path: Path) -> None:
    async with (
        Sandbox(privileged=()) as sandbox,
        running(sandbox, tmp_path, DISCORD__MESSAGE_CONTENT="false", LIMITS__UNCHECKED_MENU_SECONDS="0"),
    ):
        message = await post(sandbox, sandbox.channel("general"))
        replies = await asked(sandbox, message, sandbox.owner)
        for name, reply in replies.items():
            assert (await answer(await presses(sandbox, sandbox.owner)[name][0](reply))).files, name
        await sandbox.delete(message)
        told = await told_of_each(sandbox, replies, sandbox.owner)
        assert all(NO_SUCH_MESSAGE["en-US"] in text for text in told), told


# ---------------------------------------------------------------- where the bot cannot look


async def test_where_the_bot_is_not_the_persons_permissions_still_count(bot: Bot) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    there = without_the_bot(sandbox)
    assert there.guild is not None
    there.guild.members[guest.id] = (guest, set())
    replies = await asked(sandbox, await post(sandbox, there), guest)
    for name, reply in replies.items():
        assert (await answer(await presses(sandbox, guest)[name][0](reply))).files, "for a while, it can be used"
    there.overwrites[guest.id] = Overwrite(deny=discord.Permissions(read_message_history=True).value)
    told = await told_of_each(sandbox, replies, guest)
    assert all(NO_SUCH_MESSAGE["en-US"] in text for text in told), told


async def over(sandbox: Sandbox, reply: Message) -> None:
    """Once nothing can be used under it, but the button that deletes it."""
    async with asyncio.timeout(PATIENCE):
        while usable(sandbox, reply):
            await asyncio.sleep(0.05)


async def unreadable_places(sandbox: Sandbox) -> list[Channel]:
    """Where messages can be given by their menu, and the bot cannot read them."""
    no_history = await sandbox.open_channel("no-history")
    await sandbox.deny(no_history, "read_message_history")
    return [without_the_bot(sandbox), sandbox.private(sandbox.owner, sandbox.person("Bo")), no_history]


async def test_what_the_bot_cannot_look_for_is_soon_over(tmp_path: Path) -> None:
    """With what follows from such an answer; where it can look, all lasts as long as ever."""
    async with started(tmp_path, 20) as bot:
        sandbox = bot.sandbox
        message = await post(sandbox, sandbox.channel("general"))
        lasting = await answer(await sandbox.message_command("How alike?", message))
        replies = []
        for place in await unreadable_places(sandbox):
            replies.append(await answer(await sandbox.message_command("How alike?", await post(sandbox, place))))
        further = await answer(await presses(sandbox, sandbox.owner)["How alike?"][1](replies[-1]))
        assert further.files
        for reply in (*replies, further):
            await over(sandbox, reply)
        assert usable(sandbox, lasting).keys() == {"swap", "heatmap-left", "heatmap-right"}


async def test_what_the_bot_cannot_look_for_need_not_be_used_at_all(strict: Bot) -> None:
    sandbox = strict.sandbox
    for place in await unreadable_places(sandbox):
        for reply in (await asked(sandbox, await post(sandbox, place), sandbox.owner)).values():
            assert not usable(sandbox, reply)
            assert any(one.get("custom_id", "").startswith("delete-") for one in walk_components(reply.components))
    photos = {"photo1": face(NAMES[0]), "photo2": face(NAMES[1])}
    own = await answer(await sandbox.slash("similar", photos, channel=without_the_bot(sandbox)))
    assert (await answer(await presses(sandbox, sandbox.owner)["How alike?"][0](own))).files, "these are one's own"


async def test_a_bot_that_loses_the_history_uses_nothing_for_longer_than_that(strict: Bot) -> None:
    sandbox = strict.sandbox
    channel = await sandbox.open_channel("history")
    replies = await asked(sandbox, await post(sandbox, channel), sandbox.owner)
    await sandbox.deny(channel, "read_message_history")
    told = await told_of_each(sandbox, replies, sandbox.owner)
    assert all("“Read Message History”" in text for text in told), told
