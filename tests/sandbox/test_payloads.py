"""Payloads to bots have the fields of Discord's own, in those details that only some libraries notice."""

from __future__ import annotations

import aiohttp
import discord
import openapi
import pytest

from sandbox import Sandbox
from sandbox.gateway import PRIVILEGED_INTENTS
from sandbox.state import Json


async def test_a_bot_with_all_intents_knows_everyone(connect) -> None:
    async def names(client: discord.Client) -> list[str]:
        return [one["user"]["username"] for one in await client.http.get_members(client.guilds[0].id, 10, None)]

    async with Sandbox(privileged=PRIVILEGED_INTENTS) as sandbox:
        sandbox.person("Aoi")
        async with connect(sandbox, intents=discord.Intents.all()) as bot:
            assert [member.name for member in bot.guilds[0].members] == ["kei", "Sokkuri", "aoi"]
            assert await names(bot) == ["kei", "Sokkuri", "aoi"]
            assert [guild.approximate_member_count async for guild in bot.fetch_guilds()] == [3]
            found = discord.http.Route("GET", "/guilds/{guild_id}/members/search", guild_id=sandbox.guild.id)
            (member,) = await bot.http.request(found, params={"query": "A"})
            assert member["user"]["username"] == "aoi"
    openapi.check_where_it_is(sandbox.requests)
    async with Sandbox() as sandbox, connect(sandbox) as bot:
        assert [member.name for member in bot.guilds[0].members] == ["Sokkuri"]
        with pytest.raises(discord.Forbidden):
            await names(bot)


async def test_lists_come_in_pages(sandbox, connect) -> None:
    guilds = [sandbox.guild, *(sandbox.add_guild(f"G{number}") for number in range(3))]
    ids = [guild.id for guild in guilds]
    async with connect(sandbox) as bot:

        async def page(**where: int) -> list[int]:
            return [int(one["id"]) for one in await bot.http.get_guilds(**where)]

        assert await page(limit=200) == ids
        assert await page(limit=2) == ids[:2]
        assert await page(limit=2, after=ids[1]) == ids[2:]
        assert await page(limit=2, before=ids[3]) == ids[1:3]
        assert await page(limit=2, after=ids[3]) == []


async def test_what_is_null_counts_as_left_out(sandbox) -> None:
    button = {"type": 2, "style": 1, "label": "A", "custom_id": "a", "emoji": None, "url": None}
    menu = {"type": 3, "custom_id": "m", "options": [{"label": "A", "value": "a", "emoji": None}], "min_values": None}
    rows = [{"type": 1, "id": None, "components": [component]} for component in (button, menu)]
    embed = {"title": "T", "image": None}
    option = {"type": 7, "name": "o", "description": "O.", "channel_types": None}
    command = {"name": "c", "description": "C.", "options": [option], "contexts": None}

    async def post(path: str, body: Json) -> Json:
        headers = {"Authorization": f"Bot {sandbox.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(sandbox.api + path, json=body) as response,
        ):
            return await response.json()

    answer = await post(f"/channels/{sandbox.channel('general').id}/messages", {"components": rows, "embeds": [embed]})
    first, second = answer["components"]
    assert first["components"] == [{"id": 2, "type": 2, "style": 1, "label": "A", "custom_id": "a"}]
    assert (first["id"], second["id"], second["components"][0]["min_values"]) == (1, 3, 1)
    assert second["components"][0]["options"] == [{"label": "A", "value": "a"}]
    assert answer["embeds"] == [{"type": "rich", "title": "T"}]
    registered = await post(f"/applications/{sandbox.application.id}/commands", command)
    assert registered["options"] == [{"type": 7, "name": "o", "description": "O."}]
    assert registered["contexts"] is None
