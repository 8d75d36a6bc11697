"""A worker process as the bot has it, for benchmarks to ask."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

from bot.workers import Request, Result, Task
from bot.workers.pool import LocalWorkers
from core import tasks
from core.contracts import CoreSettings

THREADS = 1
DEADLINE = 600.0


class Asked:
    """One worker process, warm."""

    def __init__(self, workers: LocalWorkers) -> None:
        self._workers = workers
        self.process = psutil.Process(workers.pids[0])

    async def timed(self, task: Task[Request, Result], request: Request) -> tuple[float, Result]:
        """Seconds from the request to the result, the way there and back included."""
        start = time.perf_counter()
        result = await self._workers.submit(task, request, DEADLINE)
        return time.perf_counter() - start, result


@asynccontextmanager
async def asked(*, heatmaps: bool = False) -> AsyncIterator[Asked]:
    """`heatmaps`: whether the worker is warm for those, too."""
    warm = tasks.warm_for_heatmaps if heatmaps else tasks.warm
    workers = LocalWorkers(CoreSettings(threads=THREADS), warm, count=1, tasks=0, start_seconds=120)
    async with workers:
        await workers.submit(nothing, None, DEADLINE)  # once it is warm
        yield Asked(workers)


def nothing(settings: CoreSettings, request: None) -> None:
    """A task for which a worker need only be there."""
