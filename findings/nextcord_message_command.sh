#!/usr/bin/env bash
# nextcord 2.6.0 (3.2.0 has the same lines): without the Message Content intent, a message command gets a message
# without its text and files, although Discord sends both with the command, if the bot has seen that message before.
#
# Without the intent, Discord leaves text and files out of MESSAGE_CREATE. It puts them into the `resolved` of a message
# command, which needs no intent. nextcord takes the message from its cache, as it was in MESSAGE_CREATE, and ignores
# `resolved`. So the command works on old messages and fails on new ones. Client(max_messages=None) avoids it.
# https://discord.com/developers/docs/events/gateway#message-content-intent
#
# Prints:
#   nextcord 2.6.0: Discord sends 'the text'; the command gets '',
#   and with max_messages=None 'the text'
# Needs Python 3.11 or 3.12 and a package registry. Exits 0 if nextcord still does this, 1 if not.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nextcord==2.6.0 aiohttp==3.14.5 setuptools==80.10.2

cat >"$folder/program.py" <<'PROGRAM'
import asyncio
import json
import sys

import nextcord
from aiohttp import WSMsgType, web
from nextcord.http import Route

BOT = {"id": "1", "username": "bot", "discriminator": "0", "avatar": None, "bot": True}
USER = {"id": "2", "username": "user", "discriminator": "0", "avatar": None}
MEMBER = {"roles": [], "joined_at": "2024-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}
CHANNEL = {"id": "4", "type": 0, "name": "general", "position": 0, "permission_overwrites": [], "parent_id": None}
ROLE = {"id": "3", "name": "@everyone", "permissions": "8", "position": 0, "color": 0, "hoist": False}
GUILD = {
    "id": "3", "name": "guild", "owner_id": "2", "member_count": 2, "joined_at": MEMBER["joined_at"],
    "channels": [CHANNEL], "roles": [{**ROLE, "managed": False, "mentionable": False}],
    "members": [{**MEMBER, "user": BOT}], "emojis": [],
}
MESSAGE = {
    "id": "5", "channel_id": "4", "type": 0, "author": USER, "content": "the text", "timestamp": MEMBER["joined_at"],
    "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
    "attachments": [], "embeds": [], "components": [], "pinned": False, "flags": 0,
}
COMMAND = {
    "id": "6", "application_id": "1", "type": 2, "token": "token", "version": 1, "guild_id": "3", "channel_id": "4",
    "member": {**MEMBER, "user": USER, "permissions": "8"}, "locale": "en-US",
    "data": {"id": "7", "type": 3, "name": "Look", "target_id": "5", "resolved": {"messages": {"5": MESSAGE}}},
}


async def gateway(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)

    async def send(op, data, number=None, name=None):
        await socket.send_json({"op": op, "d": data, "s": number, "t": name})

    await send(10, {"heartbeat_interval": 41250})
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.json()["op"] == 2:
            ready = {"v": 10, "user": BOT, "guilds": [{"id": "3", "unavailable": True}], "session_id": "s",
                     "resume_gateway_url": request.app["gateway"], "application": {"id": "1", "flags": 0}}
            await send(0, ready, 1, "READY")
            await send(0, GUILD, 2, "GUILD_CREATE")
            seen = {**MESSAGE, "guild_id": "3", "member": MEMBER, "content": ""}  # as without the intent
            await send(0, seen, 3, "MESSAGE_CREATE")
            await send(0, COMMAND, 4, "INTERACTION_CREATE")
        elif message.type is WSMsgType.TEXT and message.json()["op"] == 1:
            await send(11, None)
    return socket


async def rest(request):
    look = {"id": "7", "application_id": "1", "version": "1", "type": 3, "name": "Look", "description": ""}
    answers = {"/users/@me": BOT, "/gateway": {"url": request.app["gateway"]}, "/applications/1/commands": [look]}
    return web.Response(body=json.dumps(answers.get(request.path, [])).encode(), content_type="application/json")


async def content(**options):
    """Returns the text of the message that the command gets."""
    got = asyncio.get_running_loop().create_future()
    bot = nextcord.Client(intents=nextcord.Intents.default(), **options)

    @bot.message_command("Look")
    async def look(interaction, message):
        got.set_result(message.content)

    @bot.event
    async def on_connect():
        bot.add_all_application_commands()  # and registers none: Discord knows them

    running = asyncio.create_task(bot.start("token"))
    try:
        await asyncio.wait({running, got}, timeout=120, return_when=asyncio.FIRST_COMPLETED)
        return got.result()
    finally:
        await bot.close()
        await asyncio.wait({running})


async def main():
    app = web.Application()
    app.router.add_get("/socket", gateway)
    app.router.add_route("*", "/{rest:.*}", rest)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    Route.BASE, app["gateway"] = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/socket"
    texts = await content(), await content(max_messages=None)
    await runner.cleanup()
    print(f"nextcord {nextcord.__version__}: Discord sends 'the text'; the command gets {texts[0]!r},")
    print(f"and with max_messages=None {texts[1]!r}")
    return 0 if texts == ("", "the text") else 1


sys.exit(asyncio.run(main()))
PROGRAM
"$folder/venv/bin/python" -W ignore "$folder/program.py"
