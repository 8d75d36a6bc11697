"""The pool of worker processes on this machine.

Each worker has a pipe of its own, and workers share neither lock nor queue. So at whatever moment a worker dies or is
killed (idle, at work, in the middle of an answer), the bot sees the pipe's end at once, at most its own request is
lost, and the others never notice. `bot.workers.limits` says what a worker may take of the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, cast

from bot.errors import DeadlineExceeded, StartTooSlow
from bot.workers import Request, Result, Task, limits, network
from bot.workers.pipe import FIRST_STAGE, Pickled, Warm, pack_work, unwrap
from bot.workers.process import WorkerProcess
from core.contracts import CoreSettings, WorkerLost

WATCH_SECONDS = 0.25
"""Between two checks of the memory of all workers. A check takes some 0.05 ms for each worker."""

SECONDS_TO_LET_GO = 0.7
"""How long a worker gets to drop work that nobody waits for any more. One that is still in a long stage is killed then,
and its successor has to load the models first."""

log = logging.getLogger(__name__)


class LocalWorkers:
    """`count` long-lived processes, each replaced after it died, was killed, or served `tasks` requests (0: never).

    They load their models by `warm` as soon as they start, while the caller goes on; a request that comes sooner waits
    for at most `start_seconds`. If loading fails, no other worker is started in its place for `BACKOFF_SECONDS`.
    Meanwhile the others do its work; if none can, requests are answered with what was wrong.

    A stage of the work (see `core.stages`) that takes longer than `stage_seconds` is overdue. `memory_bytes`: the most
    that a worker may take (0: no limit); `recycle_bytes`: a worker that holds more after a request is replaced, too (0:
    never). `forget`: what a worker calls when it is released, so that it keeps nothing of what it did.
    `batch_seconds`: how long an embedding waits for those of other workers in a network that they share (see
    `bot.workers.network`); 0: each worker has its own network.
    """

    def __init__(
        self,
        settings: CoreSettings,
        warm: Warm,
        *,
        forget: Callable[[], None] | None = None,
        count: int,
        tasks: int,
        start_seconds: float,
        stage_seconds: float = 25.0,
        memory_bytes: int = 0,
        recycle_bytes: int = 0,
        batch_seconds: float = 0.0,
    ) -> None:
        self._settings = settings
        self._warm = warm
        self._forget = forget
        self._count = count
        self._tasks = tasks
        self._start_seconds = start_seconds
        self._stage_seconds = stage_seconds
        self._memory_bytes = memory_bytes
        self._recycle_bytes = recycle_bytes
        self._batch_seconds = batch_seconds
        self._opened = contextlib.AsyncExitStack()
        self._idle: asyncio.Queue[WorkerProcess] = asyncio.Queue()
        self._all: set[WorkerProcess] = set()
        self._endings: set[asyncio.Future[None]] = set()
        self._watching: asyncio.Task[None]
        self._threads: ThreadPoolExecutor  # pipes block, and a photo is larger than a pipe's buffer

    @property
    def count(self) -> int:
        return self._count

    @property
    def ready(self) -> int:
        return sum(worker.is_ready and worker.alive for worker in self._all)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._all]

    async def __aenter__(self) -> Self:
        if self._batch_seconds:
            shared = network.shared(self._settings, self._batch_seconds)
            self._settings = await self._opened.enter_async_context(shared)
        self._threads = ThreadPoolExecutor(max_workers=3 * self._count, thread_name_prefix="worker-pipe")
        for _ in range(self._count):
            self._idle.put_nowait(self._start())
        self._watching = asyncio.create_task(self._kill_oversized())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.cancel()
        for worker in list(self._all):
            self._end(worker)
        await asyncio.gather(*self._endings)
        self._threads.shutdown()
        await self._opened.aclose()

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        async with self.reserve() as slot:
            return await slot.submit(task, request, deadline)

    @contextlib.asynccontextmanager
    async def reserve(self) -> AsyncIterator[LocalSlot]:
        worker = await self._take()
        slot = LocalSlot(self, worker)
        try:
            yield slot
        finally:
            if not slot.usable or 0 < self._tasks <= worker.served or self._has_grown(worker):
                self._replace(worker)
            else:
                worker.release()
                self._idle.put_nowait(worker)

    async def _take(self) -> WorkerProcess:
        """Wait for a worker that is ready for work."""
        while True:
            worker = await self._make_ready(self._choose(await self._idle.get()))
            if worker is not None:
                return worker

    def _choose(self, first: WorkerProcess) -> WorkerProcess:
        """Choose the first idle worker that is ready, or else the first one."""
        waiting = [first, *(self._idle.get_nowait() for _ in range(self._idle.qsize()))]
        idle = [self._replaced_if_dead(worker) for worker in waiting]
        best = next((worker for worker in idle if worker.is_ready), idle[0])
        for worker in idle:
            if worker is not best:
                self._idle.put_nowait(worker)
        return best

    def _replaced_if_dead(self, worker: WorkerProcess) -> WorkerProcess:
        """The worker, or a new one if it died while idle: nothing is lost."""
        if worker in self._all and worker.is_ready and not worker.alive:
            log.warning("worker %d died while idle; a new one takes its place", worker.pid)
            return self._successor_of(worker)
        return worker

    async def _make_ready(self, worker: WorkerProcess) -> WorkerProcess | None:
        """The worker, or its successor, ready for work. None: it is left alone for a while, and others do the work."""
        may_start = True
        try:
            while not (worker.is_ready and worker.alive):
                if worker not in self._all:  # the pool is closing, and no other may be started
                    raise WorkerLost("start")
                worker = self._replaced_if_dead(worker)
                if worker.failed_to_start:
                    if not (may_start and worker.may_be_replaced):
                        if all(other.failed_to_start for other in self._all):
                            raise worker.start_error
                        asyncio.get_running_loop().call_later(worker.backoff_left, self._idle.put_nowait, worker)
                        return None
                    may_start = False
                    worker = self._successor_of(worker, failures=worker.failures + 1)
                async with asyncio.timeout(self._start_seconds):
                    await asyncio.shield(worker.ready)
        except TimeoutError:
            self._replace(worker)
            raise StartTooSlow(self._start_seconds) from None
        except BaseException:
            self._idle.put_nowait(worker)
            raise
        return worker

    async def perform(self, worker: WorkerProcess, work: bytes | memoryview, deadline: float) -> Pickled:
        """Have the worker do the work: a task and its request, pickled.

        Raises DeadlineExceeded: the whole work, or one stage, took too long. When cancelled, it asks the worker to drop
        the work, and waits a moment for that.
        """
        worker.enter(FIRST_STAGE, "")
        end = time.monotonic() + deadline
        outcome = self.in_thread(worker.call, work, deadline)
        while not outcome.done():
            left, stage_left = (time_ - time.monotonic() for time_ in (end, worker.entered + self._stage_seconds))
            if left <= 0:
                raise DeadlineExceeded(deadline)
            if stage_left <= 0:
                log.warning("worker %d is overdue in the stage %s", worker.pid, worker.stage)
                raise DeadlineExceeded(self._stage_seconds, worker.stage, worker.photo)
            try:
                await asyncio.wait({outcome}, timeout=min(left, stage_left))
            except asyncio.CancelledError:
                worker.interrupt()
                await asyncio.wait({outcome}, timeout=SECONDS_TO_LET_GO)
                raise
        return outcome.result()

    async def _kill_oversized(self) -> None:
        """Kill workers that hold more than `memory_bytes`, which the kernel allows if the memory can be shared."""
        while self._memory_bytes:
            await asyncio.sleep(WATCH_SECONDS)
            for worker in self._all:
                if worker.alive and limits.held(worker.pid) > self._memory_bytes:
                    log.warning("worker %d holds more than workers.memory_bytes and is killed", worker.pid)
                    worker.over_limit = True
                    worker.kill()

    def _has_grown(self, worker: WorkerProcess) -> bool:
        return bool(self._recycle_bytes) and worker.memory() > self._recycle_bytes

    def in_thread(self, call: Callable[..., Result], *args: Any) -> asyncio.Future[Result]:
        return asyncio.get_running_loop().run_in_executor(self._threads, call, *args)

    def _start(self, failures: int = 0) -> WorkerProcess:
        worker = WorkerProcess(self._settings, self._warm, self._forget, self._memory_bytes, failures)
        worker.ready = self.in_thread(worker.wait_until_ready)
        self._all.add(worker)
        return worker

    def _successor_of(self, worker: WorkerProcess, failures: int = 0) -> WorkerProcess:
        self._end(worker)
        return self._start(failures)

    def _replace(self, worker: WorkerProcess) -> None:
        if worker in self._all:  # else the pool is closing
            self._idle.put_nowait(self._successor_of(worker))

    def _end(self, worker: WorkerProcess) -> None:
        self._all.discard(worker)
        worker.kill()
        ending = asyncio.get_running_loop().run_in_executor(self._threads, worker.join)
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


class LocalSlot:
    """A worker reserved for one request. `usable`: neither lost nor busy with what nobody waits for any more."""

    def __init__(self, workers: LocalWorkers, worker: WorkerProcess) -> None:
        self.usable = True
        self._workers = workers
        self._worker = worker

    @property
    def stage(self) -> tuple[str, str]:
        """The stage that it is in now, and the photo that this is about."""
        return self._worker.stage, self._worker.photo

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        # in a thread: many photos are many megabytes, which would block the event loop
        work = await self._workers.in_thread(pack_work, task, request)
        kind, pickled = await self.relay(work, deadline)
        return cast(Result, unwrap(kind, await self._workers.in_thread(pickle.loads, pickled)))

    async def relay(self, work: bytes | memoryview, deadline: float) -> Pickled:
        """Like `submit`, but work and outcome stay pickled, for those who only pass them on.

        Returns `done` and the result, or `failed` and what the task raised.
        """
        worker = self._worker
        self.usable = False  # until it has answered: a worker that is overdue is of no use to anybody
        try:
            outcome, value = await self._workers.perform(worker, work, deadline)
        except asyncio.CancelledError:
            self.usable = worker.is_idle
            raise
        if outcome == "lost":
            cause = pickle.loads(value)
            log.warning("worker %d was lost in the stage %s: %s", worker.pid, worker.stage, cause)
            raise WorkerLost(cause, worker.stage, worker.photo)
        self.usable = True
        return outcome, value
