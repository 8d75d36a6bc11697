"""The process whose network the local workers share, if the settings want that (`workers.batch_seconds`).

If it dies, another one replaces it at the same socket, and workers repeat their requests: nothing is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from bot.workers import limits, spawn
from core import tasks
from core.contracts import CoreSettings

PAUSE_SECONDS = 0.5
"""The time before a process that died is replaced."""

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def shared(settings: CoreSettings, window: float) -> AsyncIterator[CoreSettings]:
    """Run the shared network during the block, and yield the settings of workers that use it.

    `window`: how long a worker's request waits for others', in seconds.
    """
    with (
        tempfile.TemporaryDirectory(prefix="sokkuri-") as folder,  # which nobody else may read
        socket.socket(socket.AF_UNIX) as listener,
    ):
        address = str(Path(folder, "network"))
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
        keeping = asyncio.create_task(_keep(settings, listener, window))
        try:
            yield replace(settings, shared=address)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def _keep(settings: CoreSettings, listener: socket.socket, window: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        ours, theirs = multiprocessing.Pipe()
        with ours:
            with theirs:
                process = spawn.started(_serve, (settings, listener, theirs, window), "sokkuri-network")
            ended = asyncio.Event()
            loop.add_reader(process.sentinel, ended.set)
            try:
                await ended.wait()
            finally:
                loop.remove_reader(process.sentinel)
                process.kill()
                process.join()
                process.close()
        log.warning("the process with the shared network died; a new one takes its place")
        await asyncio.sleep(PAUSE_SECONDS)


def _serve(settings: CoreSettings, listener: socket.socket, parent: Connection, window: float) -> None:
    limits.confine(0)
    # alone with the network, where its workers only read and draw
    tasks.embed_for_others(replace(settings, threads=0), listener, parent, window)
