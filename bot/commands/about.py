"""/about: what the bot does, and what becomes of photos."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from bot.commands import Command, Services
from bot.interaction import Interaction
from bot.messages import replies
from bot.requests.state import ended_at_once
from core import tasks


def command(services: Services) -> Command:
    @services.command("about")
    async def about(interaction: Interaction) -> None:
        words = services.words(interaction)
        reply = replies.about(
            _version(),
            tasks.models(services.settings.core()),
            services.settings.about,
            services.languages.codes,
            lambda name: interaction.client.tree.mention(name, words),
            words,
        )
        await interaction.response.send_message(reply.text, ephemeral=True, suppress_embeds=True)
        ended_at_once(interaction, "about", "done")

    return about


def _version() -> str:
    try:
        return version("sokkuri")
    except PackageNotFoundError:  # running from a checkout that was not installed
        return "dev"
