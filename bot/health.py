"""Whether the bot is well, for whoever looks after the machine: `GET /healthz`.

200 while the connection to Discord is up, 503 while it is not. That there is an answer at all says that the bot's loop
is alive.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
from aiohttp import web

from bot.config import ConfigError, HealthSection
from bot.jobs import Jobs

log = logging.getLogger(__name__)


@asynccontextmanager
async def served(settings: HealthSection, client: discord.Client, jobs: Jobs) -> AsyncIterator[None]:
    """Answer for the time of the block, unless no port is set. Raises ConfigError: the port is taken."""
    if not settings.port:
        yield
        return

    async def healthz(_: web.Request) -> web.Response:
        well = client.is_ready() and not client.is_closed()
        latency = round(client.latency * 1000) if math.isfinite(client.latency) else None
        state = {"connected": well, "latency_ms": latency, "requests": jobs.open, "working": jobs.working}
        return web.json_response(state, status=200 if well else 503)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise ConfigError(f"health.port: cannot listen on {settings.host}:{settings.port}: {error}") from None
        log.info("/healthz answers on %s, port %d", settings.host, settings.port)
        yield
    finally:
        await runner.cleanup()
