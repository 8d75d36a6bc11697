"""Channels and threads that people name in a command."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from core.contracts import MissingPermission, WrongPlace

Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
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

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Choice:
        assert isinstance(value, Choice)
        return value


async def find(interaction: discord.Interaction[Any], choice: Choice | None) -> Place:
    """The chosen place, or the one where the command was given.

    Raises WrongPlace: it holds no messages, or the person may not read them, so neither may their command;
    MissingPermission: the bot may not see it.
    """
    place: object = interaction.channel
    permissions = interaction.permissions
    if choice is not None:
        permissions = choice.permissions
        try:
            place = choice.resolve() or await choice.fetch()
        except (discord.Forbidden, discord.NotFound):
            raise MissingPermission("view_channel", f"<#{choice.id}>") from None
    if not isinstance(place, Place) or not (permissions.view_channel and permissions.read_message_history):
        raise WrongPlace
    if isinstance(place, discord.Thread) and place.parent is None:  # permissions are the parent's
        raise MissingPermission("view_channel", place.mention)
    return place
