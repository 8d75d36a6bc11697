"""A small web server of the bot's own, for the time of a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.config import ConfigError


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, section: str) -> AsyncIterator[None]:
    """Raises ConfigError, which names the port of this `section` of the settings: it is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(f"{section}.port: cannot listen on {host}:{port}: {error}") from None
        yield
    finally:
        await runner.cleanup()
