"""Logs once, for all workers, on which device their networks run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.config import WorkersSection
from bot.workers import Workers
from core import tasks
from core.contracts import SokkuriError

log = logging.getLogger(__name__)


@asynccontextmanager
async def log_devices(workers: Workers, settings: WorkersSection) -> AsyncIterator[None]:
    """Ask a worker during the block, if the settings want a GPU, and log its answer."""
    asking = asyncio.create_task(_ask(workers, settings)) if settings.device == "cuda" else None
    try:
        yield
    finally:
        if asking is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


async def _ask(workers: Workers, settings: WorkersSection) -> None:
    try:
        found = await workers.submit(tasks.devices, None, settings.start_seconds)
    except SokkuriError as error:  # every request will fail in the same way, and say why
        log.warning("it is unknown where the networks run: %s", error.code)
        return
    if found.why:
        log.warning("workers.device is %s, but not all runs on a GPU: %s", settings.device, found.why)
    else:
        log.info("the networks run on the GPU")
