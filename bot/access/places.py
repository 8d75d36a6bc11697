"""Channels and threads that people name in a command."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.access import guilds, permissions
from bot.errors import NotInThread, WrongPlace
from bot.interaction import Interaction

Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
Choice = app_commands.AppCommandChannel | app_commands.AppCommandThread


class PlaceOption(app_commands.Transformer):
    """A channel or thread in which messages can be.

    It is passed on as Discord sent it: looking it up may take a request, which must not delay the acknowledgement.
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
    """Check the chosen place, or the one where the command was given, as far as that takes no request: that the person
    and the bot may read its messages, and that the bot receives their content.

    The command carries the bot's permissions in the place where it was given, and the person's in the chosen one, as
    they were then. For a later click, both are checked by what the bot knows by now.

    Raises WrongPlace: it holds no messages, or the person may not read them, so neither may their command;
    MissingPermission, NotInstalledHere: the bot may not.
    """
    permissions.check_membership(interaction)
    if choice is None:
        if not isinstance(interaction.channel, Place):
            raise WrongPlace
        mention, kind = f"<#{interaction.channel_id}>", interaction.channel.type
        _check_person(interaction.permissions, kind)
        permissions.check_reading(interaction.app_permissions, kind, mention)
    else:
        mention = choice.mention
        _check_person(choice.permissions, choice.type)
        place = choice.resolve()
        person = interaction.user
        if isinstance(place, Place) and isinstance(person, discord.Member) and person.guild is place.guild:
            _check_both(place, person)
    permissions.check_content(mention, message_content=message_content)


async def find(interaction: Interaction, choice: Choice | None) -> Place:
    """Find the chosen place, or the one where the command was given, after it has passed `check`.

    Raises WrongPlace: it is gone, it holds no messages, or the person may not read them, or that is not known;
    NotInThread: the person or the bot is not in it; MissingPermission, NotInstalledHere: the bot may not read it.
    """
    if choice is None:  # the person can see the place where they give a command
        if not isinstance(interaction.channel, Place):
            raise WrongPlace
        return interaction.channel
    guild = await guilds.find(interaction, choice.guild_id)
    try:
        person = await member_of(guild, interaction.user)
    except (discord.NotFound, discord.Forbidden):
        raise WrongPlace from None
    try:
        place = guild.get_channel_or_thread(choice.id) or await guild.fetch_channel(choice.id)
    except discord.Forbidden:  # Discord returns every channel of a server, so this is a thread
        if isinstance(choice, app_commands.AppCommandThread) and _sees_channel_of(choice, guild, person):
            raise NotInThread("bot", choice.mention) from None
        raise WrongPlace from None
    except discord.NotFound:
        raise WrongPlace from None
    if not isinstance(place, Place):
        raise WrongPlace
    try:
        _check_both(place, person)
        if not await is_open_to(place, person):
            raise NotInThread("person", place.mention)
    except discord.Forbidden:
        raise NotInThread("bot", place.mention) from None
    return place


async def member_of(guild: discord.Guild, person: discord.Member | discord.User) -> discord.Member:
    """The person with their roles in `guild`. Raises discord.NotFound: they are not on that server."""
    if isinstance(person, discord.Member) and person.guild is guild:
        return person
    return await guild.fetch_member(person.id)


async def is_open_to(place: Place, person: discord.Member) -> bool:
    """Whether `person`, who has the permissions to read there, may open it: only its members may open a private thread.

    Raises discord.Forbidden: the bot is not a member of it.
    """
    if not isinstance(place, discord.Thread) or not place.is_private():
        return True
    if place.permissions_for(person).manage_threads:
        return True
    try:
        await place.fetch_member(person.id)
    except discord.NotFound:
        return False
    return True


def _check_both(place: Place, person: discord.Member) -> None:
    """Check the person and the bot, by the roles and channels that the bot knows now."""
    if (
        isinstance(place, discord.Thread) and place.parent is None
    ):  # permissions are the parent's, which the bot does not know
        raise WrongPlace
    _check_person(place.permissions_for(person), place.type)
    permissions.check_reading(place.permissions_for(place.guild.me), place.type, place.mention)


def _sees_channel_of(thread: app_commands.AppCommandThread, guild: discord.Guild, person: discord.Member) -> bool:
    """Whether `person` may read in the channel of `thread`, by the roles and channels that the bot knows now."""
    channel = guild.get_channel(thread.parent_id)
    return channel is not None and permissions.lacking(channel.permissions_for(person), channel.type) is None


def _check_person(theirs: discord.Permissions, kind: discord.ChannelType) -> None:
    if permissions.lacking(theirs, kind):
        raise WrongPlace
