"""/about: what the bot does, and what becomes of photos."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from bot import replies
from bot.commands import Command, Interaction, Rooms
from bot.course import ended_at_once
from core import tasks


def command(rooms: Rooms) -> Command:
    @rooms.command("about")
    async def about(interaction: Interaction) -> None:
        words = rooms.words(interaction)
        reply = replies.about(
            _version(),
            tasks.models(rooms.settings.core()),
            rooms.settings.about,
            rooms.languages.codes,
            lambda name: interaction.client.tree.mention(name, words),
            words,
        )
        await interaction.response.send_message(reply.text, ephemeral=True, suppress_embeds=True)
        ended_at_once(interaction, "about", "done")

    return about


def _version() -> str:
    try:
        return version("sokkuri")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "dev"
