"""The sandbox works as Discord for hikari, a client library that shares no code with discord.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import hikari
import openapi
import pytest

from sandbox import File, Sandbox
from sandbox.cdn import one_colour_png

PNG = one_colour_png(7, (1, 2, 3))
WORDS = {"en-US": "How alike?", "ja": "どれくらい似ていますか"}


@asynccontextmanager
async def connected(sandbox: Sandbox) -> AsyncIterator[hikari.GatewayBot]:
    """A bot with a slash command that takes a photo and a message command; it replies with a button."""
    bot = hikari.GatewayBot(
        sandbox.token, rest_url=sandbox.api, intents=hikari.Intents.ALL_UNPRIVILEGED, banner=None, logs=None
    )

    @bot.listen()
    async def register(event: hikari.StartingEvent) -> None:
        me = await bot.rest.fetch_application()
        similar = bot.rest.slash_command_builder("similar", WORDS["en-US"])
        similar.set_description_localizations({"ja": WORDS["ja"]})
        similar.add_option(
            hikari.CommandOption(
                type=hikari.OptionType.ATTACHMENT, name="photo", description="A photo", is_required=True
            ),
        )
        look = bot.rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Look")
        await bot.rest.set_application_commands(me.id, [similar, look])

    @bot.listen()
    async def answer(event: hikari.CommandInteractionCreateEvent) -> None:
        asked = event.interaction
        await asked.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        assert asked.resolved
        photos = list(asked.resolved.attachments.values())
        photos += [one for message in asked.resolved.messages.values() for one in message.attachments]
        data = await photos[0].read()
        row = bot.rest.build_message_action_row()
        row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
        await asked.edit_initial_response(
            f"{asked.command_name} {len(data)} {asked.locale}", attachment=hikari.Bytes(data, "out.png"), component=row
        )

    @bot.listen()
    async def press(event: hikari.ComponentInteractionCreateEvent) -> None:
        await event.interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_CREATE, f"pressed {event.interaction.custom_id}", flags=64
        )

    async with asyncio.timeout(20):
        await bot.start(check_for_updates=False)
    try:
        await sandbox.wait_ready(10)
        yield bot
    finally:
        await bot.close()


async def test_it_logs_in_registers_and_answers(sandbox) -> None:
    async with connected(sandbox) as bot:
        assert bot.get_me().id == sandbox.bot.id
        assert [guild.name for guild in bot.cache.get_guilds_view().values()] == ["Sandbox"]
        names = {command["name"]: command["description_localizations"] for command in commands(sandbox)}
        assert names == {"similar": {"ja": WORDS["ja"]}, "Look": None}

        invocation = await sandbox.slash("similar", {"photo": File("a.png", PNG)}, locale="ja")
        reply = await invocation.answered(5)
        assert reply.content == f"similar {len(PNG)} ja"
        assert [(one.filename, one.data) for one in reply.files] == [("out.png", PNG)]

        message = await sandbox.post(sandbox.channel("general"), files=[File("b.png", PNG)])
        looked = await (await sandbox.message_command("Look", message)).answered(5)
        assert looked.content == f"Look {len(PNG)} en-US"

        pressed = await (await sandbox.click(looked, "again")).answered(5)
        assert (pressed.content, pressed.ephemeral) == ("pressed again", True)
    assert not sandbox.refusals


async def test_it_takes_up_its_session_again(sandbox) -> None:
    async with connected(sandbox) as bot:
        resumed = asyncio.create_task(bot.wait_for(hikari.ShardResumedEvent, 10))
        await asyncio.sleep(0)
        await sandbox.gateway.drop()
        await resumed
        reply = await (await sandbox.slash("similar", {"photo": File("a.png", PNG)})).answered(5)
        assert reply.files
    assert sandbox.gateway.resumed == 1


@pytest.mark.shared
async def test_what_it_is_told_is_as_discord_describes_it(sandbox, shared) -> None:
    async with connected(sandbox) as bot:
        await (await sandbox.slash("similar", {"photo": File("a.png", PNG)})).answered(5)
        there = await bot.rest.fetch_channel(sandbox.channel("general").id)
        sent = await there.send("words", attachment=hikari.Bytes(PNG, "a.png"))
        await sent.edit("others")
        await sent.delete()
    openapi.load(shared).check(sandbox.requests)


def commands(sandbox: Sandbox) -> list[dict]:
    return list(sandbox.application.commands.values())
