"""Permissions that the bot needs, checked before anything else, so that a refusal is quick and private.

A reply to a command needs no permission to send messages, but its pictures need Attach Files. Each interaction carries
the bot's permissions in the place that it comes from.
https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
"""

from __future__ import annotations

import discord

from bot.errors import MissingPermission, NotInstalledHere
from bot.interaction import Interaction

READING = ("view_channel", "read_message_history")
"""Without the second, Discord answers with an empty history and no error."""

VOICE = (discord.ChannelType.voice, discord.ChannelType.stage_voice)
"""Kinds of channels where reading messages also takes the permission to connect.
https://discord.com/developers/docs/resources/message#get-channel-messages"""


def check_pictures(interaction: Interaction) -> None:
    """Check that the answer may contain pictures. Raises MissingPermission."""
    if not interaction.app_permissions.attach_files:
        raise MissingPermission("attach_files", f"<#{interaction.channel_id}>")


def lacking(permissions: discord.Permissions, kind: discord.ChannelType) -> str | None:
    """The permission that is missing from `permissions` for reading messages in a place of this kind, if any."""
    needed = (*READING, "connect") if kind in VOICE else READING
    return next((name for name in needed if not getattr(permissions, name)), None)


def check_reading(permissions: discord.Permissions, kind: discord.ChannelType, place: str) -> None:
    """Check that the bot, with these `permissions`, may read messages in `place`. Raises MissingPermission."""
    if (name := lacking(permissions, kind)) is not None:
        raise MissingPermission(name, place)


def check_content(place: str, *, message_content: bool) -> None:
    """Check that the bot receives the content of other people's messages. Raises MissingPermission."""
    if not message_content:
        raise MissingPermission("message_content", place)


def check_membership(interaction: Interaction) -> None:
    """Check that the bot is a member of the server: maybe only its commands are installed. Raises NotInstalledHere."""
    if interaction.guild_id is not None and not interaction.is_guild_integration():
        raise NotInstalledHere
