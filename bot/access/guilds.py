"""Servers that the bot is on, with their channels and roles.

The gateway tells a process of those on its own shards alone, and one without a gateway of none. What is not told is
asked for when it is needed, and not kept: nobody would say when it changes.
"""

from __future__ import annotations

import asyncio
from typing import Any

import discord

from bot.errors import NotInstalledHere
from bot.interaction import Interaction


async def find(interaction: Interaction, id_: int) -> discord.Guild:
    """As the gateway told, or asked for where it tells this process nothing of that server. Raises NotInstalledHere."""
    guild: discord.Guild | None = interaction.client.get_guild(id_)
    if guild is not None:
        return guild
    if interaction.client.is_told_of(id_):
        raise NotInstalledHere
    return await _asked(interaction.client, id_)


async def _asked(client: discord.Client, id_: int) -> discord.Guild:
    """Made of what the API says in the form in which the gateway would have told it."""
    assert client.user is not None
    try:
        guild, channels, threads, me = await asyncio.gather(
            client.http.get_guild(id_, with_counts=False),
            client.http.get_all_guild_channels(id_),
            client.http.get_active_threads(id_),
            client.http.get_member(id_, client.user.id),
        )
    except (discord.Forbidden, discord.NotFound):
        raise NotInstalledHere from None
    whole: Any = {**guild, "channels": channels, "threads": threads["threads"], "members": [me]}
    return discord.Guild(data=whole, state=client._connection)
