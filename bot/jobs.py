"""Who waits, who runs, and how it all ends.

A job is one person's request from its first moment to the answer. How many there may be is bounded. Of those admitted,
in the order in which they came, one more than there are workers may hold photos in memory, so that a worker's next
request is at hand when it has ended one; the others wait with empty hands. Long jobs, which come to the workers with a
few photos at a time, have as many places of their own, so that nobody's short one waits for a long one to end.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

from bot.workers import Request, Result, Seat, Task, Workers
from bot.workers.retry import Retries, Suspects
from core.contracts import Busy, Stopped, Stopping

LAST_WORDS = 5.0
"""Seconds that a request which was cut off by the end of the bot gets to say so."""

log = logging.getLogger(__name__)


class Job:
    """One request. `id` is short enough to be read out, and stands in the log and in an apology."""

    def __init__(self, job_id: str, name: str, jobs: Jobs) -> None:
        self.id = job_id
        self.name = name
        self.stages: dict[str, float] = {}
        self.stopped = False
        self._jobs = jobs
        self._stoppable: set[asyncio.Timeout] = set()

    @property
    def at_once(self) -> int:
        """How many pieces of work can be done at once, at most."""
        return self._jobs.workers.count

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the seconds that the block takes to `stages`."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.monotonic() - begin

    @property
    def suspects(self) -> Suspects:
        """Photos that have ended workers, for those who go on without `run`'s second try."""
        return self._jobs.retries.suspects

    async def run(self, task: Task[Request, Result], request: Request) -> Result:
        """What `task` makes of `request` in a worker, after those who came before. Errors: see `Retries.submit`."""
        async with self._at_work():
            with self.stage("work"):
                return await self._jobs.retries.submit(task, request, self._jobs.deadline)

    @asynccontextmanager
    async def turn(self, *, stoppable: bool = False) -> AsyncIterator[Turn]:
        """A worker for the time of the block, after those who came before. What is lost with it is not tried again.

        `stoppable`: raises Stopped where the job is stopped before there is one.
        """
        async with self._at_work(stoppable), self._jobs.workers.reserve() as seat:
            yield Turn(self, self._jobs, seat)

    @asynccontextmanager
    async def _at_work(self, stoppable: bool = False) -> AsyncIterator[None]:
        """One of those who work, of whom there are as many as workers."""
        jobs = self._jobs
        jobs.in_line += 1
        try:
            with self.stage("wait"):
                async with self.unless_stopped() if stoppable else nullcontext():
                    await jobs.turns.acquire()
        finally:
            jobs.in_line -= 1
        jobs.working += 1
        try:
            yield
        finally:
            jobs.working -= 1
            jobs.turns.release()

    def stop(self) -> None:
        """The person wants no more of it than there is: end what `unless_stopped` guards."""
        self.stopped = True
        for waiting in self._stoppable:
            waiting.reschedule(0)  # a time long past

    @asynccontextmanager
    async def unless_stopped(self) -> AsyncIterator[None]:
        """Raises Stopped in place of the block, or out of whatever the block waits for, once the job is stopped."""
        if self.stopped:
            raise Stopped
        try:
            async with asyncio.timeout(None) as waiting:
                self._stoppable.add(waiting)
                try:
                    yield
                finally:
                    self._stoppable.discard(waiting)
        except TimeoutError:
            if waiting.expired():
                raise Stopped from None
            raise


class Turn:
    """A worker in a job's hands."""

    def __init__(self, job: Job, jobs: Jobs, seat: Seat) -> None:
        self._job = job
        self._jobs = jobs
        self._seat = seat

    @property
    def others_wait(self) -> bool:
        return self._jobs.in_line > 0

    async def run(self, task: Task[Request, Result], request: Request) -> Result:
        with self._job.stage("work"):
            return await self._seat.submit(task, request, self._jobs.deadline)


class Jobs:
    """`waiting`: how many requests are admitted beyond those that work; `deadline`: seconds for one's work;
    `refuse_seconds`: for how long photos that ended two workers are refused.

    `open` requests are being answered, `working` pieces of work are in workers' hands, and `in_line` wait for one.
    """

    def __init__(self, workers: Workers, *, waiting: int, deadline: float, refuse_seconds: float = 900.0) -> None:
        self.workers = workers
        self.retries = Retries(workers, refuse_seconds)
        self.deadline = deadline
        self.turns = asyncio.Semaphore(workers.count)
        self.working = 0
        self.in_line = 0
        self._holding = asyncio.Semaphore(workers.count + 1)
        self._holding_long = asyncio.Semaphore(workers.count + 1)
        self._waiting = waiting
        self._open: dict[Job, asyncio.Task[object]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._stopping = False

    @property
    def open(self) -> int:
        return len(self._open)

    @asynccontextmanager
    async def admit(self, job_id: str, name: str, *, long: bool = False) -> AsyncIterator[Job]:
        """A job for the time of the block, run by the current asyncio task. `long`: it holds a few photos at a time.

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
        holding = self._holding_long if long else self._holding
        self._open[job] = current
        try:
            with job.stage("queue"):
                await holding.acquire()
            try:
                yield job
            finally:
                holding.release()
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
