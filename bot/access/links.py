"""Messages that people point at, by a link or because another one replies to them: for those who may read them.

A person who may not read a message, or of whom that cannot be known, always gets the same answer, as if there were no
such message. So it reveals nothing about hidden channels, private threads, or which servers the bot is on. Only people
who are known to see the place learn what the bot itself lacks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import discord

from bot.access import guilds, permissions
from bot.access.places import Place, is_open_to, member_of
from bot.errors import MissingPermission, NoSuchMessage, NotAMessageLink, NotInstalledHere, NotInThread
from bot.interaction import Interaction

_LINK = re.compile(
    r"<?https://(?:(?:www|ptb|canary)\.)?discord(?:app)?\.com/channels/(?P<guild>@me|\d{1,20})/(?P<channel>\d{1,20})/(?P<message>\d{1,20})/?>?",
    re.ASCII,
)


@dataclass(frozen=True)
class Link:
    """The ids of a message and of where it is. `guild` None: a direct conversation."""

    guild: int | None
    channel: int
    message: int

    @classmethod
    def parse(cls, text: str) -> Link:
        """Raises NotAMessageLink."""
        match = _LINK.fullmatch(text.strip())
        if match is None:
            raise NotAMessageLink
        guild = match["guild"]
        return cls(None if guild == "@me" else int(guild), int(match["channel"]), int(match["message"]))

    def is_in(self, interaction: Interaction) -> bool:
        """Whether the message is in the channel or conversation that `interaction` is from."""
        return (self.guild, self.channel) == (interaction.guild_id, interaction.channel_id)

    @property
    def url(self) -> str:
        return f"https://discord.com/channels/{self.guild or '@me'}/{self.channel}/{self.message}"

    @property
    def mention(self) -> str:
        return f"<#{self.channel}>"


def check(interaction: Interaction, link: Link, *, message_content: bool) -> None:
    """Check whether the bot can read the message, as far as that is known without a request and may be revealed.

    Raises MissingPermission and NotInstalledHere; NoSuchMessage: the person may not read where they are, or the message
    is in another direct conversation. That they may not read another channel is left to `fetch`, so that it looks
    exactly like a message that does not exist.
    """
    if link.is_in(interaction):
        _check_here(interaction, link)
    elif link.guild is None:
        raise NoSuchMessage
    elif link.guild == interaction.guild_id:
        permissions.check_membership(interaction)
    if link.guild is None:
        return  # the bot always sees the content of direct messages to it
    guild = interaction.client.get_guild(link.guild)
    place = guild and guild.get_channel_or_thread(link.channel)
    person = interaction.user
    if isinstance(place, Place) and isinstance(person, discord.Member) and person.guild.id == place.guild.id:
        is_private = isinstance(place, discord.Thread) and place.is_private()  # who is in it, only Discord knows
        if not is_private and _may_read(place, person):
            _check_bot(place)
    permissions.check_content(link.mention, message_content=message_content)


async def fetch(interaction: Interaction, link: Link) -> discord.Message:
    """Fetch a message that has passed `check`.

    Raises NoSuchMessage: it does not exist, or the person may not read it, or that is not known; MissingPermission,
    NotInThread and NotInstalledHere: the person may read it, and the bot may not.
    """
    if link.is_in(interaction):
        _check_here(interaction, link)
        channel = interaction.channel if isinstance(interaction.channel, Place) else None
        return await _message(channel or interaction.client.get_partial_messageable(link.channel), link)
    if link.guild is None:
        raise NoSuchMessage
    is_theirs = link.guild == interaction.guild_id
    try:
        guild = await guilds.find(interaction, link.guild)
        place = guild.get_channel_or_thread(link.channel) or await guild.fetch_channel(link.channel)
    except NotInstalledHere:
        if is_theirs:  # which any other command reveals, too
            raise
        raise NoSuchMessage from None
    except discord.Forbidden:  # Discord returns every channel of a server, so this is a thread
        if is_theirs and interaction.permissions.administrator:  # who sees every thread
            raise NotInThread("bot", link.mention) from None
        raise NoSuchMessage from None
    except (discord.NotFound, discord.InvalidData):
        raise NoSuchMessage from None
    if not isinstance(place, Place):
        raise NoSuchMessage
    await _check_person(interaction, place)
    _check_bot(place)
    return await _message(place, link)


def _check_here(interaction: Interaction, link: Link) -> None:
    """Check the place where the command or click was made, by the permissions that came with it."""
    if link.guild is None:
        if not interaction.context.dm_channel:  # a conversation that the bot is not part of
            raise NotInstalledHere
        return
    place = interaction.channel
    if not isinstance(place, Place) or permissions.lacking(interaction.permissions, place.type):
        raise NoSuchMessage
    permissions.check_membership(interaction)
    permissions.check_reading(interaction.app_permissions, place.type, link.mention)


async def _check_person(interaction: Interaction, place: Place) -> None:
    try:
        person = await member_of(place.guild, interaction.user)
        if not _may_read(place, person) or not await is_open_to(place, person):
            raise NoSuchMessage
    except (discord.NotFound, discord.Forbidden):
        raise NoSuchMessage from None


def _may_read(place: Place, person: discord.Member) -> bool:
    """Also False for a thread whose channel the bot does not know: permissions are the channel's."""
    if isinstance(place, discord.Thread) and place.parent is None:
        return False
    return permissions.lacking(place.permissions_for(person), place.type) is None


def _check_bot(place: Place) -> None:
    permissions.check_reading(place.permissions_for(place.guild.me), place.type, place.mention)


async def _message(channel: discord.abc.Messageable, link: Link) -> discord.Message:
    try:
        return await channel.fetch_message(link.message)
    except discord.NotFound:
        raise NoSuchMessage from None
    except discord.Forbidden:
        if isinstance(channel, discord.Thread):  # a private one that the bot was not added to
            raise NotInThread("bot", link.mention) from None
        raise MissingPermission("view_channel", link.mention) from None
