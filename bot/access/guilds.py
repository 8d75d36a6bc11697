"""Servers that the bot is on, with their channels and roles.

The gateway sends a process only the servers of its own shards, and a process without a gateway gets none. The others
are requested when they are needed and not kept: no event would say when they change.
"""

from __future__ import annotations

import asyncio
from typing import Any

import discord

from bot.errors import NotInstalledHere
from bot.interaction import Interaction


async def find(interaction: Interaction, id_: int) -> discord.Guild:
    """Return the server that the gateway sent, or request one that it does not send here. Raises NotInstalledHere."""
    guild: discord.Guild | None = interaction.client.get_guild(id_)
    if guild is not None:
        return guild
    if interaction.client.receives_guild(id_):
        raise NotInstalledHere
    return await _request(interaction.client, id_)


async def _request(client: discord.Client, id_: int) -> discord.Guild:
    """Build it from the HTTP API's answers, in the form in which the gateway would have sent it."""
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
