"""Channels and threads that people name in a command."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot import guilds, permissions
from core.contracts import MissingPermission, WrongPlace

Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
Interaction = discord.Interaction[Any]
Choice = app_commands.AppCommandChannel | app_commands.AppCommandThread


class PlaceOption(app_commands.Transformer):
    """A channel or thread in which messages can be.

    It is handed on as Discord sent it: to look it up may take a request, and none may come before the acknowledgement.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        kinds = discord.ChannelType
        return [
            kinds.text,
            kinds.voice,
            kinds.news,
            kinds.news_thread,
            kinds.public_thread,
            kinds.private_thread,
            kinds.stage_voice,
        ]

    async def transform(self, interaction: Interaction, value: Any, /) -> Choice:
        assert isinstance(value, Choice)
        return value


def check(interaction: Interaction, choice: Choice | None, *, message_content: bool) -> None:
    """What can be told without asking Discord of the chosen place, or the one where the command was given: that the
    person and the bot may read its messages, and that the bot is shown what is in them.

    Of the place where the command was given, Discord says with it what the bot may do there.

    Raises WrongPlace: it holds no messages, or the person may not read them, so neither may their command;
    MissingPermission, NotInstalledHere: the bot may not.
    """
    permissions.check_membership(interaction)
    place: object = interaction.channel if choice is None else choice.resolve()
    if choice is None and not isinstance(place, Place):
        raise WrongPlace
    theirs = interaction.permissions if choice is None else choice.permissions
    if not (theirs.view_channel and theirs.read_message_history):
        raise WrongPlace
    mention = f"<#{interaction.channel_id if choice is None else choice.id}>"
    if choice is None:
        permissions.check_reading(interaction.app_permissions, mention)
    elif isinstance(place, Place):
        permissions.check_reading(_of_bot(place), mention)
    permissions.check_content(mention, message_content=message_content)


async def find(interaction: Interaction, choice: Choice | None) -> Place:
    """The chosen place, or the one where the command was given, which `check` has let pass.

    Raises WrongPlace: it holds no messages; MissingPermission, NotInstalledHere: the bot may not read it.
    """
    place: object = interaction.channel
    if choice is not None:
        guild = await guilds.find(interaction, choice.guild_id)
        try:
            place = guild.get_channel_or_thread(choice.id) or await guild.fetch_channel(choice.id)
        except (discord.Forbidden, discord.NotFound):
            raise MissingPermission("view_channel", f"<#{choice.id}>") from None
    if not isinstance(place, Place):
        raise WrongPlace
    if choice is not None:
        permissions.check_reading(_of_bot(place), place.mention)
    return place


def _of_bot(place: Place) -> discord.Permissions:
    if (
        isinstance(place, discord.Thread) and place.parent is None
    ):  # permissions are the parent's, which it does not see
        return discord.Permissions.none()
    return place.permissions_for(place.guild.me)
