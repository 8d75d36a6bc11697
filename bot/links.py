"""Messages that people point at, by a link or because another one replies to them: for those who may read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import discord

from bot import guilds, permissions
from bot.photos.sources import of_message
from bot.places import Place, is_open_to, member_of
from core.contracts import MissingPermission, NoSuchMessage, NotAMessageLink, NotInstalledHere, NotInThread

_LINK = re.compile(
    r"<?https://(?:(?:www|ptb|canary)\.)?discord(?:app)?\.com/channels/(?P<guild>@me|\d{1,20})/(?P<channel>\d{1,20})/(?P<message>\d{1,20})/?>?",
    re.ASCII,
)

Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Link:
    """Ids. `guild` None: a direct conversation."""

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

    @property
    def url(self) -> str:
        return f"https://discord.com/channels/{self.guild or '@me'}/{self.channel}/{self.message}"

    @property
    def mention(self) -> str:
        return f"<#{self.channel}>"


def check(interaction: Interaction, link: Link, *, message_content: bool) -> None:
    """What can be told without asking Discord: that the person and the bot may read the channel, and that the bot is
    shown what is in messages.

    Raises NoSuchMessage: the person may not; MissingPermission, NotInstalledHere: the bot may not.
    """
    if link.guild is None:
        _check_conversation(interaction, link)
        return
    guild = guilds.known(interaction, link.guild)
    channel = guild and guild.get_channel_or_thread(link.channel)
    person = interaction.user
    if isinstance(channel, Place) and isinstance(person, discord.Member) and person.guild.id == channel.guild.id:
        _check_channel(channel, person)
    permissions.check_content(link.mention, message_content=message_content)


async def fetch(interaction: Interaction, link: Link) -> discord.Message:
    """The message, which `check` has let pass.

    Raises NoSuchMessage: it is not there, or the person may not read it; MissingPermission, NotInThread and
    NotInstalledHere: the bot may not.
    """
    if link.guild is None:
        _check_conversation(interaction, link)
        return await _message(interaction.client.get_partial_messageable(link.channel), link)
    guild = await guilds.find(interaction, link.guild)
    try:
        channel = guild.get_channel_or_thread(link.channel) or await guild.fetch_channel(link.channel)
    except discord.Forbidden:  # of channels Discord tells, whoever may see them: it is a thread
        raise NotInThread("bot", link.mention) from None
    except (discord.NotFound, discord.InvalidData):
        raise NoSuchMessage from None
    if not isinstance(channel, Place):
        raise NoSuchMessage
    await _check_person(interaction, channel)
    return await _message(channel, link)


def with_pictures(message: discord.Message) -> discord.Message | Link:
    """`message`, or where it shows no picture itself the one that it replies to: a link, if Discord did not tell it."""
    reference = message.reference
    if of_message(message) or reference is None or reference.message_id is None:
        return message
    if reference.type is not discord.MessageReferenceType.reply:  # what is forwarded is in the message itself
        return message
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if isinstance(reference.resolved, discord.DeletedReferencedMessage):
        return message
    return Link(reference.guild_id, reference.channel_id, reference.message_id)


def _check_conversation(interaction: Interaction, link: Link) -> None:
    """The bot reads its own direct conversations alone, and each is for the one who has it."""
    if link.channel != interaction.channel_id:
        raise NoSuchMessage
    if not interaction.context.dm_channel:
        raise NotInstalledHere


async def _check_person(interaction: Interaction, channel: Place) -> None:
    try:
        person = await member_of(channel, interaction.user)
        _check_channel(channel, person)
        is_open = await is_open_to(channel, person)
    except (discord.NotFound, discord.Forbidden):
        raise NoSuchMessage from None
    if not is_open:
        raise NoSuchMessage


def _check_channel(channel: Place, person: discord.Member) -> None:
    if isinstance(channel, discord.Thread) and channel.parent is None:  # permissions are the parent's
        raise MissingPermission("view_channel", channel.mention)
    if permissions.lacking(channel.permissions_for(person), channel.type):
        raise NoSuchMessage
    permissions.check_reading(channel.permissions_for(channel.guild.me), channel.type, channel.mention)


async def _message(channel: discord.abc.Messageable, link: Link) -> discord.Message:
    try:
        return await channel.fetch_message(link.message)
    except discord.NotFound:
        raise NoSuchMessage from None
    except discord.Forbidden:
        if isinstance(channel, discord.Thread):  # a private one that the bot was not added to
            raise NotInThread("bot", link.mention) from None
        raise MissingPermission("view_channel", link.mention) from None
