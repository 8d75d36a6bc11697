"""/about: what the bot does, and what becomes of photos."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from bot import replies
from bot.commands import Command, Interaction, Rooms


def command(rooms: Rooms) -> Command:
    @rooms.command("about")
    async def about(interaction: Interaction) -> None:
        reply = replies.about(_version(), rooms.settings.model.name, rooms.words(interaction))
        await interaction.response.send_message(reply.text, ephemeral=True)

    return about


def _version() -> str:
    try:
        return version("sokkuri")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "dev"
