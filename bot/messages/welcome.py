"""Greets a server that has just added the bot: what the bot can do, and what happens to photos."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import discord

from bot.messages import replies
from words.locales import Language, Languages

JUST_NOW = timedelta(minutes=10)
"""How long ago the bot may have joined. Discord also announces servers that are back after an outage."""

log = logging.getLogger(__name__)


async def greet(guild: discord.Guild, languages: Languages, mention: Callable[[str, Language], str]) -> None:
    """Post a greeting in the channel for system messages, in the server's language, if the bot may write there."""
    channel, me = guild.system_channel, guild.me
    if me.joined_at is None or discord.utils.utcnow() - me.joined_at > JUST_NOW or channel is None:
        return
    allowed = channel.permissions_for(me)
    if not (allowed.view_channel and allowed.send_messages):
        return
    words = languages.of(guild.preferred_locale.value)
    try:
        await channel.send(
            replies.welcome(lambda name: mention(name, words), words),
            allowed_mentions=discord.AllowedMentions.none(),
            silent=True,
            suppress_embeds=True,
        )
    except discord.HTTPException as unsent:  # the channel or the permission is gone again
        log.info("a server could not be greeted: %s", unsent)
