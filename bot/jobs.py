"""Who waits, who runs, and how it all ends.

A job is one person's request from its first moment to the answer. How many there may be is bounded. Of those admitted,
in the order in which they came, one more than there are workers may hold photos in memory, so that a worker's next
request is at hand when it has ended one; the others wait with empty hands.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from bot.workers import Request, Result, Task, Workers
from core.contracts import Busy, Stopping

LAST_WORDS = 5.0
"""Seconds that a request which was cut off by the end of the bot gets to say so."""

log = logging.getLogger(__name__)


class Job:
    """One request. `id` is short enough to be read out, and stands in the log and in an apology."""

    def __init__(self, job_id: str, name: str, jobs: Jobs) -> None:
        self.id = job_id
        self.name = name
        self.stages: dict[str, float] = {}
        self._jobs = jobs

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the seconds that the block takes to `stages`."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.monotonic() - begin

    async def run(self, task: Task[Request, Result], request: Request) -> Result:
        """What `task` makes of `request` in a worker, after those who came before. Errors: see `Workers.submit`."""
        with self.stage("wait"):
            await self._jobs.turns.acquire()
        self._jobs.working += 1
        try:
            with self.stage("work"):
                return await self._jobs.workers.submit(task, request, self._jobs.deadline)
        finally:
            self._jobs.working -= 1
            self._jobs.turns.release()


class Jobs:
    """`waiting`: how many requests are admitted beyond those that work; `deadline`: seconds for one's work.

    `open` requests are being answered, `working` of them are in a worker's hands.
    """

    def __init__(self, workers: Workers, *, waiting: int, deadline: float) -> None:
        self.workers = workers
        self.deadline = deadline
        self.turns = asyncio.Semaphore(workers.count)
        self.working = 0
        self._holding = asyncio.Semaphore(workers.count + 1)
        self._waiting = waiting
        self._open: dict[Job, asyncio.Task[object]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._stopping = False

    @property
    def open(self) -> int:
        return len(self._open)

    @asynccontextmanager
    async def admit(self, job_id: str, name: str) -> AsyncIterator[Job]:
        """A job for the time of the block, run by the current asyncio task.

        Raises Busy when as many wait as may, Stopping when the bot is about to end, before the block or in it.
        """
        current = asyncio.current_task()
        assert current is not None
        self._tasks.add(current)  # a refused request too has an answer on its way that `drain` waits for
        current.add_done_callback(self._tasks.discard)
        if self._stopping:
            raise Stopping
        if self.open >= self.workers.count + self._waiting:
            raise Busy(waiting=self.open - self.workers.count)
        job = Job(job_id, name, self)
        self._open[job] = current
        try:
            with job.stage("queue"):
                await self._holding.acquire()
            try:
                yield job
            finally:
                self._holding.release()
        except asyncio.CancelledError:
            if self._stopping:
                current.uncancel()
                raise Stopping from None
            raise
        finally:
            del self._open[job]
            spent = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in job.stages.items())
            log.info("request %s (%s) ended; seconds: %s", job.id, job.name, spent)

    async def drain(self, grace: float) -> None:
        """Admit nobody from now on, and return when all requests are answered.

        What still runs after `grace` seconds is cut off; the people who wait for it are told.
        """
        self._stopping = True
        if self._tasks:
            log.info("waiting for %d requests to end", len(self._tasks))
            await asyncio.wait(self._tasks, timeout=grace)
        for running in self._open.values():
            running.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WORDS)
