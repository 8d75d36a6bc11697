"""Health pages for the bot's operator.

`GET /healthz`: 200 if the bot's event loop is alive; restart a bot that does not answer. `GET /readyz`: 200 while the
bot can work, 503 while one of its shards has no connection to Discord or it has no worker, which recovers by itself,
and while it shuts down. Both give the reason as JSON. `GET /metrics`: figures for Prometheus.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from discord import ShardInfo

from bot.config import HealthSection
from bot.http.listening import listening
from bot.http.metrics import CONTENT_TYPE
from bot.requests.jobs import Jobs

log = logging.getLogger(__name__)


class Client(Protocol):
    """The part of the bot's client that the pages report. `shards`: those of this process, of `shard_count` in all
    (None: not yet known); empty if commands come over HTTP.
    """

    @property
    def shard_count(self) -> int | None: ...

    @property
    def latency(self) -> float: ...

    @property
    def shards(self) -> Mapping[int, ShardInfo]: ...

    def connected(self) -> bool: ...


@asynccontextmanager
async def served(settings: HealthSection, client: Client, jobs: Jobs) -> AsyncIterator[None]:
    """Serve the pages during the block, if a port is set. Raises ConfigError: the port is taken."""
    if not settings.port:
        yield
        return

    def state() -> dict[str, object]:
        latency = round(client.latency * 1000) if math.isfinite(client.latency) else None
        return {
            "connected": client.connected(),
            "latency_ms": latency,
            "shards": {str(number): not shard.is_closed() for number, shard in sorted(client.shards.items())},
            "shard_count": client.shard_count,
            "workers": jobs.workers.ready,
            "requests": jobs.open,
            "working": jobs.working,
            "stopping": jobs.stopping,
        }

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response(state())

    async def readyz(_: web.Request) -> web.Response:
        ready = client.connected() and jobs.workers.ready and not jobs.stopping
        return web.json_response(state(), status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=jobs.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    watch = jobs.metrics.watch
    watch("connected", "Whether commands can come, for all servers of this process.", client.connected)
    watch("shards", "Shards of all processes of this bot together.", lambda: client.shard_count or 0)
    watch("requests_open", "Requests that are being answered, waiting ones among them.", lambda: jobs.open)
    watch("requests_waiting", "Pieces of work that wait for a worker.", lambda: jobs.in_line)
    watch("workers_ready", "Workers that are alive and have loaded their models.", lambda: jobs.workers.ready)
    watch("workers_busy", "Pieces of work in workers' hands.", lambda: jobs.working)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    async with listening(app, settings.host, settings.port, "health"):
        log.info("/healthz answers on %s, port %d", settings.host, settings.port)
        yield
