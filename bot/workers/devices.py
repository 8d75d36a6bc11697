"""Where the workers' networks run, told in the log once and for all of them."""

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
    """Ask a worker, in the time of the block, if they are to run on a GPU."""
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
    except SokkuriError as error:  # as every request will, and whoever asks is told why
        log.warning("where the networks run is not known: %s", error.code)
        return
    if found.why:
        log.warning("workers.device is %s, but not all runs on a GPU: %s", settings.device, found.why)
    else:
        log.info("the networks run on the GPU")
