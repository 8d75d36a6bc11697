"""The client: start, command tree, errors, stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import logs, memory, registration, reload
from bot.commands import Services, about, average, context_menus, gradcam, lookalikes, similar
from bot.config import DISCORD_API, DiscordSection, Settings, hide_token
from bot.errors import ConfigError, Stopped, Stopping
from bot.http import health
from bot.http.metrics import Metrics
from bot.interaction import Interaction
from bot.messages import failures, replies, welcome
from bot.messages.menus import Menus
from bot.messages.progress import Progresses
from bot.photos import Photos
from bot.requests.cooldown import Cooldown
from bot.requests.jobs import SECONDS_TO_REPORT, Jobs
from bot.requests.state import ended_at_once, job_id, state_of
from bot.workers import Workers, devices, engine, limits
from core.contracts import PersonError, SokkuriError
from words import locales

COMMANDS = (similar, gradcam, lookalikes, average, about)

GUILD_SECONDS = 0.5
"""How long after the last server that Discord sent at the start until its list counts as complete."""

log = logging.getLogger(__name__)


async def run(settings: Settings, read: Callable[[], Settings] | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT; then refuse new requests, finish the running ones, and return.

    `read`: reads the settings again, on SIGHUP; None: SIGHUP ends the process as usual.

    Raises ConfigError: Discord cannot be reached, or refuses the token or an intent; a port is taken.
    """
    logs.to_stderr(settings.log_level, settings.log_format)
    memory.give_back_at_once()
    limits.leave_no_core()
    limits.deny_inspection()
    hide_token()
    if not settings.discord.token.get_secret_value():
        raise ConfigError("there is no token: set SOKKURI_TOKEN, or token under [discord] in config.toml")
    async with (
        aiohttp.ClientSession() as session,
        engine.chosen(settings) as workers,
        memory.giving_back(),
    ):
        languages = reload.locales_of(settings)
        services = build_services(settings, languages, session, workers)
        client = Client(services)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(client)
            if settings.workers.engine == "local":
                await stack.enter_async_context(devices.log_devices(workers, settings.workers))
            await stack.enter_async_context(health.served(settings.health, client, services.jobs))
            if read is not None:
                await stack.enter_async_context(reload.on_hangup(settings, languages, read, client.apply_settings))
            await _run_until_stopped(client, services.jobs, services.menus, settings, session)
    log.info("stopped")


async def commands(settings: Settings) -> list[dict[str, Any]]:
    """All commands in the form in which they would be registered. Raises ConfigError: see `reload.locales_of`."""
    languages = reload.locales_of(settings)
    async with aiohttp.ClientSession() as session:
        client = Client(build_services(settings, languages, session, engine.local(settings)))
        return await registration.payloads(client.tree, registration.CommandTranslator(languages))


def build_services(
    settings: Settings, languages: locales.Languages, session: aiohttp.ClientSession, workers: Workers
) -> Services:
    """All services of the bot."""

    def words(interaction: Interaction) -> locales.Language:
        return languages.of(interaction.locale.value)

    metrics = Metrics(settings.model.name)
    jobs = Jobs(
        workers,
        limits=settings.limits,
        deadline=settings.workers.deadline_seconds,
        refuse_seconds=settings.workers.refuse_seconds,
        metrics=metrics,
    )
    photos = Photos(session, settings.limits, settings.discord, metrics.photo)
    others = bool(settings.interactions.port)  # other instances may receive the click
    menus = Menus(settings.limits.menu_seconds, words, "menu-elsewhere" if others else "menu-over")
    progresses = Progresses(words, "stop-elsewhere" if others else "stop-over")
    return Services(settings, languages, photos, jobs, menus, progresses, Cooldown(settings.limits))


class Client(discord.AutoShardedClient):
    """Answers commands, which come by Discord's gateway or over HTTP.

    It does not subscribe to messages as they are posted: commands bring what is needed, and the history of a channel is
    read on request. The Message Content intent decides what is in those messages.
    """

    def __init__(self, services: Services) -> None:
        settings = services.settings.discord
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot uses no voice
        super().__init__(
            intents=discord.Intents(guilds=True, message_content=settings.message_content),
            shard_count=settings.shards or None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=GUILD_SECONDS,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.shard_ids = list(settings.shard_ids) or None
        self._over_http = bool(services.settings.interactions.port)
        self._listening = False
        self._services = services
        self.tree = Tree(self, services)
        for module in COMMANDS:
            self.tree.add_command(module.command(services))
        for menu in context_menus.menus(services):
            self.tree.add_command(menu)

    async def login(self, token: str) -> None:
        with _suppressed("discord.client", "static token"):  # there is no other kind, and in a sandbox nobody set one
            await super().login(token)

    async def setup_hook(self) -> None:
        if self._services.settings.discord.api != DISCORD_API and not self._over_http:
            _, gateway, _ = await self.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
        await self._register()

    def receives_guild(self, guild_id: int) -> bool:
        """Whether the gateway sends this process that server, provided that the bot is on it."""
        if self._over_http:
            return False
        count = self.shard_count or 1
        return (guild_id >> 22) % count in (self.shard_ids or range(count))

    async def _register(self) -> None:
        """Register the commands, if this process has the first shard: an older version might undo it otherwise."""
        translator = registration.CommandTranslator(self._services.languages)
        change = not self.shard_ids or 0 in self.shard_ids
        self.tree.ids = await registration.register(self.tree, translator, change=change)

    async def apply_settings(self) -> None:
        """Apply limits and languages that have changed."""
        self._services.menus.seconds = self._services.settings.limits.menu_seconds
        try:
            await self._register()
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("the commands could not be registered again: %s", error)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        if self._services.settings.about.welcome:
            await welcome.greet(guild, self._services.languages, self.tree.mention)

    async def on_interaction(self, interaction: Interaction) -> None:
        await self._services.menus.answer(interaction)
        await self._services.progresses.answer(interaction)

    def connected(self) -> bool:
        """Whether commands can arrive, for all servers of this process."""
        if self._over_http:
            return self._listening
        closed = self.is_closed() or any(shard.is_closed() for shard in self.shards.values())
        return self.is_ready() and not closed

    async def listen(self, token: str, session: aiohttp.ClientSession) -> None:
        """Log in and serve interactions over HTTP until cancelled. Raises ConfigError, and what `login` raises."""
        from bot.http import endpoint  # its libraries are needed over HTTP only

        settings, services = self._services.settings.interactions, self._services
        with _suppressed("discord.client", "interaction endpoint URL"):  # which is intended here
            await self.login(token)
        assert self.application is not None
        key = self.application.verify_key
        if settings.public_key.lower() not in ("", key):
            raise ConfigError(
                "interactions.public_key does not belong to the application of the token: copy it again from "
                "https://discord.com/developers/applications, page General Information, or leave it out"
            )

        def is_elsewhere(custom_id: str) -> bool:
            return services.menus.lacks(custom_id) or services.progresses.lacks(custom_id)

        peers = endpoint.Peers(session, settings.peers)
        accept = self._connection.parse_interaction_create
        async with endpoint.served(settings, key, peers, accept=accept, is_elsewhere=is_elsewhere):
            log.info("taking commands of %s over HTTP, on %s, port %d", self.user, settings.host, settings.port)
            if self.application.interactions_endpoint_url is None:
                log.warning(
                    "no Interactions Endpoint URL is set, so Discord sends nothing here: set it at "
                    "https://discord.com/developers/applications, page General Information"
                )
            memory.settle()
            self._listening = True
            try:
                await asyncio.Event().wait()
            finally:
                self._listening = False

    async def on_shard_connect(self, shard: int) -> None:
        self._services.jobs.metrics.shard(shard, connected=True)

    async def on_shard_resumed(self, shard: int) -> None:
        self._services.jobs.metrics.shard(shard, connected=True)

    async def on_shard_disconnect(self, shard: int) -> None:
        self._services.jobs.metrics.shard(shard, connected=False)

    async def on_ready(self) -> None:
        memory.settle()
        servers = len(self.guilds)
        log.info(
            "connected as %s to %d %s, with %d of %d shards: %s",
            self.user,
            servers,
            "server" if servers == 1 else "servers",
            len(self.shards),
            self.shard_count,
            ", ".join(map(str, sorted(self.shards))),
        )


class Tree(app_commands.CommandTree[Client]):
    """The commands, and the answer when one of them fails."""

    def __init__(self, client: Client, services: Services) -> None:
        super().__init__(client)
        self._services = services
        self.ids: Mapping[str, int] = {}
        self._beginning = asyncio.Lock()

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Let one command begin in each round of the event loop, so that many at once do not block everything else.

        Each takes some 3 ms until it is acknowledged, over as many rounds as there are steps on the way.
        """
        async with self._beginning:
            await asyncio.sleep(0)
        return True

    def mention(self, name: str, words: locales.Language) -> str:
        """The command `name`, clickable once Discord has assigned its id."""
        called = words.text(f"command-{name}")  # its name in the list of commands; Discord goes by the id alone
        return f"</{called}:{self.ids[name]}>" if name in self.ids else f"`/{called}`"

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        problem = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        request = job_id(interaction)
        words = self._services.words(interaction)
        if not state_of(interaction).admitted:
            name = interaction.command.name if interaction.command else "click"
            outcome = problem.code if isinstance(problem, SokkuriError) else "fault"
            ended_at_once(interaction, name, outcome)
            self._services.jobs.metrics.requested(name)
            self._services.jobs.metrics.ended(name, outcome, {})
        if not isinstance(problem, PersonError | Stopping):
            log.error("request %s failed", request, exc_info=problem)
        try:
            # everyone could see who stopped it
            stopped = isinstance(problem, Stopped)
            await failures.send_error(interaction, replies.error(problem, request, words), words, in_place=stopped)
        finally:  # otherwise the frames of what failed keep its photos until the next garbage collection
            traceback.clear_frames(problem.__traceback__)


async def _run_until_stopped(
    client: Client, jobs: Jobs, menus: Menus, settings: Settings, session: aiohttp.ClientSession
) -> None:
    connection = asyncio.create_task(_connect(client, settings, session))
    with _stop_signal() as stop_requested:
        stop = asyncio.create_task(stop_requested.wait())
        try:
            await asyncio.wait({connection, stop}, return_when=asyncio.FIRST_COMPLETED)
            if connection.done():  # Discord has closed the connection for good; answers still arrive
                await jobs.drain(settings.workers.grace_seconds)
                connection.result()
                return
            log.info("told to stop")
            await jobs.drain(settings.workers.grace_seconds)
            await asyncio.wait([asyncio.create_task(menus.close())], timeout=SECONDS_TO_REPORT)
        finally:
            stop.cancel()
            await client.close()
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)


async def _connect(client: Client, all_settings: Settings, session: aiohttp.ClientSession) -> None:
    """Log in and stay connected until the client is closed, or serve over HTTP until cancelled."""
    settings = all_settings.discord
    if settings.api != DISCORD_API:
        Route.BASE = settings.api
    Asset.BASE = settings.cdn
    try:
        if all_settings.interactions.port:
            await client.listen(settings.token.get_secret_value(), session)
        else:
            await client.start(settings.token.get_secret_value())
    except discord.LoginFailure:
        raise ConfigError(
            "Discord refused the token: copy it again from https://discord.com/developers/applications, page Bot, "
            "into SOKKURI_TOKEN"
        ) from None
    except discord.PrivilegedIntentsRequired:
        raise ConfigError(
            "Discord refused the Message Content intent: switch it on at https://discord.com/developers/applications, "
            "page Bot, or set message_content = false under [discord], and then photos of threads cannot be seen"
        ) from None
    except discord.ConnectionClosed as error:
        raise ConfigError(_why_closed(error.code, settings)) from None
    except (aiohttp.ClientConnectionError, discord.GatewayNotFound) as error:
        raise ConfigError(f"Discord cannot be reached at {settings.api}: {error}") from None


def _why_closed(code: int, settings: DiscordSection) -> str:
    """https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes"""
    match code:
        case 4010:
            mine = f", shard_ids = {list(settings.shard_ids)}" if settings.shard_ids else ""
            return (
                f"Discord refused these shards (shards = {settings.shards}{mine}): set both under [discord] as "
                "`sokkuri doctor --online` advises, and the same shards for every process of this bot"
            )
        case 4011:
            return (
                f"Discord wants more shards than {settings.shards}: one may have at most 2,500 servers; raise shards "
                "under [discord], or set 0 for as many as Discord recommends"
            )
    return f"Discord ended the connection for good, with code {code}"


@contextmanager
def _suppressed(logger: str, part: str) -> Iterator[None]:
    """During the block, drop the messages of `logger` that contain `part`."""

    def is_wanted(record: logging.LogRecord) -> bool:
        return part not in str(record.msg)

    logging.getLogger(logger).addFilter(is_wanted)
    try:
        yield
    finally:
        logging.getLogger(logger).removeFilter(is_wanted)


@contextmanager
def _stop_signal() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set during the block."""
    stop_requested = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop_requested.set)
    try:
        yield stop_requested
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
