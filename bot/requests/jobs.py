"""Who waits, who runs, and how it all ends.

A job is one person's request from its first moment to the answer. How many there may be is bounded: in all, of one
server, and of one person. Of those admitted each person has one that runs or stands in line. From the line, one more
than there are workers may hold photos in memory, so that a worker's next request is at hand when it has ended one; the
others wait with empty hands. Long jobs, which come to the workers with a few photos at a time, have a line of their
own, so that nobody's short one waits for a long one to end.
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
from bot.workers.retry import Retries, Suspects
from core.contracts import SokkuriError

LAST_WORDS = 5.0
"""Seconds that a request which was cut off by the end of the bot gets to say so."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Requester:
    """Who asks, and in which server (None: in none), by Discord's ids."""

    person: int
    guild: int | None = None


Stage = Literal["queue", "photos", "wait", "work", "reply"]
"""Standing in line, fetching photos, waiting for a worker, at work, and answering."""


@dataclass(frozen=True)
class Phase:
    """Where a job is: behind its person's `own` other one, in the `line`, or at a stage.

    `place` in the line, from 1, and likely `seconds` to wait.
    """

    name: Literal["own", "line"] | Stage
    place: int = 0
    seconds: float = 0.0


class Job:
    """One request. `id` is short enough to be read out, and stands in the log and in an apology.

    A `long` one is done in pieces, and gives what is ready when it is stopped. `on_phase` hears where it is, each time
    that changes. `outcome`: what the log says of it where no error ends it; `out_of_time`: nobody stopped it, but its
    time was over.
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
        """Wait for this person's request before this one to end, then in the line. Now photos may be held."""
        with self.stage("queue"):
            one_at_a_time = self._jobs.one_of(self.requester.person)
            if one_at_a_time.locked():
                self.on_phase(Phase("own"))
            await self._turn.enter_async_context(one_at_a_time)
            await self._turn.enter_async_context(self._line.turn(self._moved))

    def _moved(self, place: int, seconds: float) -> None:
        self.on_phase(Phase("line", place, seconds))

    async def end(self) -> None:
        """No photos are held any more: the next one's turn. What is left is to answer."""
        await self._turn.aclose()

    @property
    def at_once(self) -> int:
        """How many pieces of work can be done at once, at most."""
        return self._jobs.workers.count

    @property
    def waits(self) -> bool:
        """Whether it has work to do, and no worker that does any of it."""
        return self._in_line > 0 and not self._working

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Add the seconds that the block takes to `stages`."""
        if name not in ("queue", "reply"):  # of the one more is known, and the other is not shown any more
            self.on_phase(Phase(name))
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
        async with self._at_work(stoppable), self._jobs.workers.reserve() as slot:
            yield Turn(self, self._jobs, slot)

    @asynccontextmanager
    async def _at_work(self, stoppable: bool = False) -> AsyncIterator[None]:
        """One of those who work, of whom there are as many as workers."""
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
        """The person wants no more of it than there is, or it is `out_of_time`: end what `unless_stopped` guards."""
        self.out_of_time = out_of_time and not self.stopped
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

    def __init__(self, job: Job, jobs: Jobs, slot: Slot) -> None:
        self._job = job
        self._jobs = jobs
        self._slot = slot

    @property
    def others_wait(self) -> bool:
        """Whether there is a job without any worker."""
        return self._jobs.anybody_waits

    async def run(self, task: Task[Request, Result], request: Request) -> Result:
        with self._job.stage("work"):
            return await self._slot.submit(task, request, self._jobs.deadline)


class Jobs:
    """`limits`: how many requests are admitted; `deadline`: seconds for one's work; `refuse_seconds`: for how long
    photos that ended two workers are refused.

    `open` requests are being answered, `working` pieces of work are in workers' hands, and `in_line` wait for one;
    `stopping`: no more are taken.
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
        self._one_each: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._open: dict[Job, asyncio.Task[object]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self.stopping = False

    @property
    def open(self) -> int:
        return len(self._open)

    @property
    def anybody_waits(self) -> bool:
        return any(job.waits for job in self._open)

    def one_of(self, person: int) -> asyncio.Lock:
        """Held by the one request of this person that runs or stands in line; the next ones wait in their order."""
        return self._one_each.setdefault(person, asyncio.Lock())

    @asynccontextmanager
    async def admit(self, job_id: str, name: str, requester: Requester, *, long: bool = False) -> AsyncIterator[Job]:
        """A job for the time of the block, run by the current asyncio task. `long`: it holds a few photos at a time.

        Raises at once Busy when there are as many as may be, and Stopping when the bot is about to end; Stopping in the
        block, too.
        """
        current = asyncio.current_task()
        assert current is not None
        self._tasks.add(current)  # a refused request too has an answer on its way that `drain` waits for
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
        """Raises Busy, with the time after which there likely is room again."""
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
        """Admit nobody from now on, and return when all requests are answered.

        What still runs after `grace` seconds is cut off; the people who wait for it are told.
        """
        self.stopping = True
        if self._tasks:
            log.info("waiting for %d requests to end", len(self._tasks))
            await asyncio.wait(self._tasks, timeout=grace)
        for running in self._open.values():
            running.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WORDS)
