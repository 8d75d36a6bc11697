"""`sokkuri doctor --online`: whether Discord and the settings agree. It changes nothing there, and shows no token."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from cli.checks import NEW_TOKEN, PORTAL, Finding

if TYPE_CHECKING:
    from bot.config import Settings

SECONDS = 10.0
"""The timeout of one request."""

MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""Application flags GATEWAY_MESSAGE_CONTENT and, for bots in fewer than 100 servers, ..._LIMITED."""

NEEDED = (
    *("view_channel", "send_messages", "send_messages_in_threads"),
    *("attach_files", "embed_links", "read_message_history"),
)
"""Permissions in a server, by discord.py's names."""

LATE_SECONDS = 5.0
"""How far a clock may be off: Discord sends whole seconds, and an answer takes a while."""

FEW_STARTS = 50
GUILDS_ASKED, GUILDS_NAMED = 200, 3


class Silence(Exception):
    """Discord gave no answer that could be read."""


@dataclass(eq=False)
class Refused(Exception):
    """Discord answered with this status."""

    status: int


@dataclass(frozen=True)
class Answer:
    """`body`: JSON; `ahead`: seconds by which the clock here is ahead of Discord's, None if Discord sent no time."""

    body: Any
    ahead: float | None


class Api:
    """Discord's HTTP API, asked as the bot."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.discord.api
        self._token = settings.discord.token.get_secret_value()

    def get(self, path: str) -> Answer:
        """Raises Refused and Silence."""
        agent = f"DiscordBot (https://github.com/sokkuri, {version('sokkuri')})"
        headers = {"Authorization": f"Bot {self._token}", "User-Agent": agent}
        try:
            began = time.time()
            with urllib.request.urlopen(
                urllib.request.Request(self._base + path, headers=headers), timeout=SECONDS
            ) as response:
                here = (began + time.time()) / 2
                date = response.headers["Date"]
                body = json.load(response)
        except urllib.error.HTTPError as error:
            raise Refused(error.code) from None
        except (OSError, ValueError) as error:
            raise Silence(str(error)) from None
        return Answer(body, here - parsedate_to_datetime(date).timestamp() if date else None)


def online(settings: Settings) -> Iterator[Finding]:
    if not settings.discord.token.get_secret_value():
        yield Finding("token", "missing", "not set, so Discord cannot be asked", NEW_TOKEN)
        return
    api = Api(settings)
    try:
        answer = api.get("/applications/@me")
        application = answer.body
        yield Finding("token", "ok", f"Discord knows it as {application['name']}")
        yield intent(settings, int(application.get("flags", 0)))
        yield from portal(settings, application)
        ours = asyncio.run(_commands(settings))
        yield from installs(application, ours)
        yield commands(api.get(f"/applications/{application['id']}/commands?with_localizations=true").body, ours)
        if settings.interactions.port:
            yield from endpoint(settings, application)
        else:
            yield from gateway(settings, api.get("/gateway/bot").body)
        yield clock(answer.ahead)
        yield servers(api.get(f"/users/@me/guilds?limit={GUILDS_ASKED}").body, application["id"])
    except Refused as refused:
        if refused.status == 401:
            yield Finding("token", "missing", "Discord does not know this token", NEW_TOKEN)
        else:
            yield Finding("discord", "note", f"it answered {refused.status}, so no more is known", "try again later")
    except Silence as silence:
        remedy = "fix the network of this machine, or api under [discord]"
        yield Finding("discord", "missing", f"{settings.discord.api} gave no answer ({silence})", remedy)


async def _commands(settings: Settings) -> list[dict[str, Any]]:
    from bot import app

    return await app.commands(settings)


def intent(settings: Settings, flags: int) -> Finding:
    """Check that the bot can see attachments of other people's messages, if the settings want that."""
    if flags & MESSAGE_CONTENT:
        return Finding("intent", "ok", "Message Content is on")
    lost = "Message Content is off: attachments of other people's messages come empty"
    if not settings.discord.message_content:
        return Finding("intent", "note", lost, "as set by message_content under [discord]")
    return Finding("intent", "missing", lost, f"switch it on at {PORTAL} (Bot, Privileged Gateway Intents)")


def portal(settings: Settings, application: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the switches that make the bot unusable."""
    if application.get("interactions_endpoint_url") and not settings.interactions.port:
        found = "an Interactions Endpoint URL is set: commands go there, and never reach this bot"
        remedy = f"clear it at {PORTAL} (General Information), or set port under [interactions] to take them there"
        yield Finding("portal", "missing", found, remedy)
    if application.get("bot_require_code_grant"):
        found = "Requires OAuth2 Code Grant is on: the bot cannot be added to servers"
        yield Finding("portal", "missing", found, f"switch it off at {PORTAL} (Bot)")


def installs(application: Mapping[str, Any], ours: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Check that the application allows all ways to install the bot that its commands offer."""
    allowed = {int(kind) for kind in application.get("integration_types_config") or {0: {}}}
    wanted = {kind for command in ours for kind in command.get("integration_types") or ()}
    for kind, name in ((0, "Guild Install"), (1, "User Install")):
        if kind in wanted - allowed:
            found = f"{name} is off, though there are commands for it"
            yield Finding("portal", "note", found, f"switch it on at {PORTAL} (Installation)")


def commands(theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> Finding:
    from bot.registration import difference

    differs = difference(theirs, ours)
    if not differs:
        return Finding("commands", "ok", f"the {len(ours)} of this version are registered")
    changes = [
        f"{what}: {', '.join(names)}"
        for what, names in (
            ("not registered", differs.missing),
            ("out of date", differs.outdated),
            ("there no more", differs.superfluous),
        )
        if names
    ]
    return Finding("commands", "note", "; ".join(changes), "restart the bot: it registers them itself")


def gateway(settings: Settings, body: Mapping[str, Any]) -> Iterator[Finding]:
    limit, advised = body["session_start_limit"], body["shards"]
    shards = settings.discord.shards or advised
    mine = len(settings.discord.shard_ids) or shards
    left, total = limit["remaining"], limit["total"]
    found = (
        f"{left:,} of {total:,} session starts left, {limit['max_concurrency']} at once; {advised} shards recommended"
    )
    remedy = f"wait {limit['reset_after'] / 3_600_000:.1f} hours, and find out what starts the bot again and again"
    if left < mine:
        yield Finding("gateway", "missing", found, remedy)
    elif left < FEW_STARTS:
        yield Finding("gateway", "note", found, remedy)
    else:
        yield Finding("gateway", "ok", found)
    if shards < advised:
        found = f"shards is {shards}, where Discord recommends {advised}"
        yield Finding(
            "gateway", "note", found, f"set shards = {advised} under [discord], for every process of this bot"
        )


def endpoint(settings: Settings, application: Mapping[str, Any]) -> Iterator[Finding]:
    """Check where Discord sends commands over HTTP, and that the server there refuses what Discord did not sign."""
    key = settings.interactions.public_key.lower()
    if key not in ("", application["verify_key"]):
        found = "public_key under [interactions] is another application's"
        yield Finding(
            "endpoint", "missing", found, f"copy it again from {PORTAL} (General Information), or leave it out"
        )
    url = application.get("interactions_endpoint_url")
    if not url:
        found = "no Interactions Endpoint URL is set: Discord sends commands by the gateway, where nobody listens"
        remedy = f"start the bot, then set it at {PORTAL} (General Information): the https address that leads to it"
        yield Finding("endpoint", "missing", found, remedy)
        return
    start = "start the bot, and fix what is between it and the internet (a proxy, its certificate)"
    headers = {"X-Signature-Ed25519": "00" * 64, "X-Signature-Timestamp": "0", "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b'{"type": 1}', headers), timeout=SECONDS):
            found = f"what answers at {url} lets in what Discord did not sign"
            yield Finding("endpoint", "missing", found, "set another address: that is not this bot")
    except urllib.error.HTTPError as error:
        if error.code == 401:
            yield Finding("endpoint", "ok", f"{url} answers, and refuses what Discord did not sign")
        else:
            yield Finding("endpoint", "missing", f"{url} answers {error.code} where it should be 401", start)
    except (OSError, ValueError) as error:
        yield Finding("endpoint", "missing", f"{url} cannot be reached from here ({error})", start)


def clock(ahead: float | None) -> Finding:
    if ahead is None:
        return Finding("clock", "note", "Discord sent no time")
    if abs(ahead) < LATE_SECONDS:
        return Finding("clock", "ok", "agrees with Discord's")
    found = (
        f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Discord's: time limits end too soon or too late"
    )
    return Finding("clock", "note", found, "let it be set by the network (timedatectl set-ntp true)")


def servers(guilds: Sequence[Mapping[str, Any]], application: str) -> Finding:
    """Check the bot's permissions on its servers; a channel's own settings may remove more."""
    import discord

    needed = discord.Permissions(**dict.fromkeys(NEEDED, True))
    address = discord.utils.oauth_url(application, permissions=needed, scopes=("bot", "applications.commands"))
    invite = f"to add the bot, open {address}"
    if not guilds:
        return Finding("permissions", "note", "the bot is on no server", invite)
    lacking: dict[str, list[str]] = {}
    for guild in guilds:
        there = discord.Permissions(int(guild["permissions"]))
        lacks = [name for name in NEEDED if not (there.administrator or getattr(there, name))]
        if lacks:
            lacking[str(guild["name"])] = lacks
    of = f"the first {len(guilds)} servers" if len(guilds) == GUILDS_ASKED else f"{len(guilds)} servers"
    if not lacking:
        return Finding("permissions", "ok", f"all that are needed, on {of}")
    named = [f"{name} (no {', '.join(lacks)})" for name, lacks in list(lacking.items())[:GUILDS_NAMED]]
    more = [f"{len(lacking) - GUILDS_NAMED} more"] if len(lacking) > GUILDS_NAMED else []
    found = f"too few on {len(lacking)} of {of}: {', '.join([*named, *more])}"
    return Finding("permissions", "note", found, f"give them to the bot's role there, or {invite}")
