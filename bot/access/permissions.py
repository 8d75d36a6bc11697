"""What the bot needs to be allowed, looked at before anything is begun, so that a refusal is quick and private.

A reply to a command needs no permission to send messages; of what it may hold, Discord lists Attach Files among what
the permissions decide, which come with each interaction for the place it is from.
https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object
"""

from __future__ import annotations

import discord

from bot.errors import MissingPermission, NotInstalledHere
from bot.interaction import Interaction

READING = ("view_channel", "read_message_history")
"""Without the second, Discord answers with an empty history and no error."""

VOICE = (discord.ChannelType.voice, discord.ChannelType.stage_voice)
"""Where messages are read by those alone who may connect, too.
https://discord.com/developers/docs/resources/message#get-channel-messages"""


def check_pictures(interaction: Interaction) -> None:
    """Whether the answer to this may hold pictures. Raises MissingPermission."""
    if not interaction.app_permissions.attach_files:
        raise MissingPermission("attach_files", f"<#{interaction.channel_id}>")


def lacking(permissions: discord.Permissions, kind: discord.ChannelType) -> str | None:
    """What whoever has these `permissions` in a place of this kind lacks for reading messages there."""
    needed = (*READING, "connect") if kind in VOICE else READING
    return next((name for name in needed if not getattr(permissions, name)), None)


def check_reading(permissions: discord.Permissions, kind: discord.ChannelType, place: str) -> None:
    """Whether the bot, which has these `permissions` in `place`, may read messages there. Raises MissingPermission."""
    if (name := lacking(permissions, kind)) is not None:
        raise MissingPermission(name, place)


def check_content(place: str, *, message_content: bool) -> None:
    """Whether the bot is shown what is in other people's messages. Raises MissingPermission."""
    if not message_content:
        raise MissingPermission("message_content", place)


def check_membership(interaction: Interaction) -> None:
    """Whether the bot itself is in the server: somebody may have brought only its commands. Raises NotInstalledHere."""
    if interaction.guild_id is not None and not interaction.is_guild_integration():
        raise NotInstalledHere
