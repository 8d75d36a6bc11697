"""Admits requests, queues them, runs them, and ends them.

A job is one person's request from its first moment to the answer. Their number is limited: in all, for a server, and
for a person. Of the admitted jobs of a person, one is running or queued at a time. One more job than there are workers
may hold photos in memory, so that a worker finds the next request ready when it has finished one; queued jobs hold
none. Long jobs, which send workers a few photos at a time, have a queue of their own, so that no short job waits for a
long one to end.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal
from weakref import WeakValueDictionary

from bot import logs
from bot.config import LimitsSection
from bot.errors import Busy, Stopped, Stopping
from bot.http.metrics import Metrics
from bot.requests.line import Line
from bot.workers import Request, Result, Slot, Task, Workers
from bot.workers.retry import Blocklist, Retries
from core.contracts import SokkuriError

SECONDS_TO_REPORT = 5.0
"""How long a request that the shutdown has cut off may take to say so."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Requester:
    """Discord's ids of the person who asks, and of the server (None: a direct conversation)."""

    person: int
    guild: int | None = None


Stage = Literal["queue", "photos", "wait", "work", "reply"]
"""In the queue, fetching photos, waiting for a worker, at work, and answering."""


@dataclass(frozen=True)
class Phase:
    """Where a job is: behind its person's `own` other one, in the `line`, or at a stage.

    `place`: its place in the queue, from 1; `seconds`: how long it will probably wait.
    """

    name: Literal["own", "line"] | Stage
    place: int = 0
    seconds: float = 0.0


class Job:
    """One request. `id`: short enough to be read out; the log and an apology show it.

    A `long` job is done in pieces, and returns what is ready when it is stopped. `on_phase`: called with each new
    phase. `outcome`: its outcome in the log unless an error ends it; `out_of_time`: nobody stopped it, but its time was
    over.
    """

    def __init__(self, job_id: str, name: str, requester: Requester, jobs: Jobs, line: Line, *, long: bool) -> None:
        self.id = job_id
        self.name = name
        self.requester = requester
        self.long = long
        self.stages: dict[str, float] = {}
        self.outcome = "done"
        self.stopped = False
        self.out_of_time = False
        self.on_phase: Callable[[Phase], None] = lambda phase: None
        self._jobs = jobs
        self._line = line
        self._turn = AsyncExitStack()
        self._stoppable: set[asyncio.Timeout] = set()
        self._in_line = 0
        self._working = 0

    async def begin(self) -> None:
        """Wait until this person's earlier request has ended, then in the queue. After that it may hold photos."""
        with self.stage("queue"):
            one_at_a_time = self._jobs.lock_of(self.requester.person)
            if one_at_a_time.locked():
                self.on_phase(Phase("own"))
            await self._turn.enter_async_context(one_at_a_time)
            await self._turn.enter_async_context(self._line.turn(self._on_move))

    def _on_move(self, place: int, seconds: float) -> None:
        self.on_phase(Phase("line", place, seconds))

    async def end(self) -> None:
        """Let the next job begin: this one holds no photos any more, and has only to answer."""
        await self._turn.aclose()

    @property
    def at_once(self) -> int:
        """The most pieces of work that can be done at once."""
        return self._jobs.workers.count

    @property
    def waits(self) -> bool:
        """Whether it has work to do, and no worker is doing any of it."""
        return self._in_line > 0 and not self._working

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Add the seconds that the block takes to `stages`."""
        if name not in ("queue", "reply"):  # `begin` reports the first in more detail, and nobody sees the second
            self.on_phase(Phase(name))
        begin = time.monotonic()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.monotonic() - begin

    @property
    def blocklist(self) -> Blocklist:
        """Photos that have ended workers, for callers who retry on their own instead of using `run`."""
        return self._jobs.retries.blocklist

    async def run(self, task: Task[Request, Result], request: Request) -> Result:
        """Run `task` with `request` in a worker, when it is this job's turn. Raises what `Retries.submit` raises."""
        async with self._at_work():
            with self.stage("work"):
                return await self._jobs.retries.submit(task, request, self._jobs.deadline)

    @asynccontextmanager
    async def turn(self, *, stoppable: bool = False) -> AsyncIterator[Turn]:
        """Reserve a worker for the block, when it is this job's turn. Work that is lost with the worker is not retried.

        `stoppable`: raises Stopped if the job is stopped before a worker is free.
        """
        async with self._at_work(stoppable), self._jobs.workers.reserve() as slot:
            yield Turn(self, self._jobs, slot)

    @asynccontextmanager
    async def _at_work(self, stoppable: bool = False) -> AsyncIterator[None]:
        """Hold one of as many permits as there are workers."""
        jobs = self._jobs
        jobs.in_line += 1
        self._in_line += 1
        try:
            with self.stage("wait"):
                async with self.unless_stopped() if stoppable else nullcontext():
                    await jobs.turns.acquire()
        finally:
            jobs.in_line -= 1
            self._in_line -= 1
        jobs.working += 1
        self._working += 1
        try:
            yield
        finally:
            jobs.working -= 1
            self._working -= 1
            jobs.turns.release()

    def stop(self, *, out_of_time: bool = False) -> None:
        """End what `unless_stopped` guards: the person has stopped the job, or it is `out_of_time`."""
        self.out_of_time = out_of_time and not self.stopped
        self.stopped = True
        for waiting in self._stoppable:
            waiting.reschedule(0)  # a time in the past

    @asynccontextmanager
    async def unless_stopped(self) -> AsyncIterator[None]:
        """Raise Stopped instead of running the block, or within it, once the job is stopped."""
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
    """A worker that is reserved for a job."""

    def __init__(self, job: Job, jobs: Jobs, slot: Slot) -> None:
        self._job = job
        self._jobs = jobs
        self._slot = slot

    @property
    def others_wait(self) -> bool:
        """Whether another job waits and has no worker."""
        return self._jobs.anybody_waits

    async def run(self, task: Task[Request, Result], request: Request) -> Result:
        with self._job.stage("work"):
            return await self._slot.submit(task, request, self._jobs.deadline)


class Jobs:
    """All requests. `limits`: how many are admitted; `deadline`: seconds for the work of one; `refuse_seconds`: for how
    long photos that ended two workers are refused.

    `open`: how many requests are being answered; `working`: how many pieces of work workers are doing; `in_line`: how
    many wait for a worker; `stopping`: no more are admitted.
    """

    def __init__(
        self,
        workers: Workers,
        *,
        limits: LimitsSection,
        deadline: float,
        refuse_seconds: float = 900.0,
        metrics: Metrics | None = None,
    ) -> None:
        self.workers = workers
        self.metrics = metrics or Metrics()
        self.retries = Retries(workers, refuse_seconds)
        self.deadline = deadline
        self.turns = asyncio.Semaphore(workers.count)
        self.working = 0
        self.in_line = 0
        self._limits = limits
        self._short = Line(workers.count + 1)
        self._long = Line(workers.count + 1)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._open: dict[Job, asyncio.Task[object]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self.stopping = False

    @property
    def open(self) -> int:
        return len(self._open)

    @property
    def anybody_waits(self) -> bool:
        return any(job.waits for job in self._open)

    def lock_of(self, person: int) -> asyncio.Lock:
        """The lock of a person's one request that is running or queued; the next ones wait in their order."""
        return self._locks.setdefault(person, asyncio.Lock())

    @asynccontextmanager
    async def admit(self, job_id: str, name: str, requester: Requester, *, long: bool = False) -> AsyncIterator[Job]:
        """Yield a job, which the current asyncio task runs. `long`: it holds a few photos at a time.

        Raises Busy at once if a limit is reached, and Stopping if the bot is shutting down; Stopping also in the block.
        """
        current = asyncio.current_task()
        assert current is not None
        self._tasks.add(current)  # `drain` waits for the answer to a refused request, too
        current.add_done_callback(self._tasks.discard)
        self.metrics.requested(name)
        line = self._long if long else self._short
        try:
            if self.stopping:
                raise Stopping
            self._check(requester, line)
        except (Stopping, Busy) as refusal:
            logs.request(logs.RequestLine(job_id, name, requester.guild, refusal.code, 0.0))
            self.metrics.ended(name, refusal.code, {})
            raise
        job = Job(job_id, name, requester, self, line, long=long)
        self._open[job] = current
        began = time.monotonic()
        outcome = "fault"
        try:
            try:
                yield job
            finally:
                await job.end()
            outcome = job.outcome
        except asyncio.CancelledError:
            if self.stopping:
                outcome = Stopping.code
                current.uncancel()
                raise Stopping from None
            outcome = "cancelled"
            raise
        except Exception as error:
            if isinstance(error, SokkuriError):
                outcome = error.code
            raise
        finally:
            del self._open[job]
            seconds = time.monotonic() - began
            logs.request(logs.RequestLine(job.id, job.name, requester.guild, outcome, seconds, job.stages))
            self.metrics.ended(job.name, outcome, job.stages)

    def _check(self, requester: Requester, line: Line) -> None:
        """Raise Busy if a limit is reached, with the time after which there is probably room again."""
        own = sum(job.requester.person == requester.person for job in self._open)
        here = sum(job.requester.guild == requester.guild is not None for job in self._open)
        most: list[tuple[Literal["person", "guild", "everybody"], int, int]] = [
            ("person", own, self._limits.person_requests),
            ("guild", here, self._limits.guild_requests),
            ("everybody", self.open, self.workers.count + self._limits.waiting),
        ]
        for scope, there, cap in most:
            if there >= cap:
                raise Busy(scope, there, line.seconds(len(line) + 1))

    async def drain(self, grace: float) -> None:
        """Refuse new requests, and return when all others are answered.

        Requests that still run after `grace` seconds are cut off, and the people who asked are told.
        """
        self.stopping = True
        if self._tasks:
            log.info("waiting for %d requests to end", len(self._tasks))
            await asyncio.wait(self._tasks, timeout=grace)
        for running in self._open.values():
            running.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SECONDS_TO_REPORT)
