"""Worker processes on this machine.

Each worker has a pipe of its own, with nothing shared between workers, neither lock nor queue. So whichever moment a
worker dies or is killed at (idle, at work, in the middle of an answer), the pipe's end is seen at once, its own request
is lost at most, and the others never notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import traceback
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Literal, Self, cast

from bot.workers import Request, Result, Task
from core.contracts import CoreSettings, DeadlineExceeded, SokkuriError, WorkerLost

Warm = Callable[[CoreSettings], None]
Outcome = tuple[Literal["done", "failed", "lost"], Any]
"""`done` and the result, `failed` and the exception, or `lost`: the worker died."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""A terminal or a service manager sends them to the whole group of processes, but they are the bot's to handle."""

log = logging.getLogger(__name__)


class LocalWorkers:
    """`count` processes that stay, each started afresh after a death, a kill, or `tasks` requests (0: never).

    They load their models by `warm` as soon as they start, while the caller goes on; a request that comes sooner waits
    for at most `start_seconds`.
    """

    def __init__(self, settings: CoreSettings, warm: Warm, *, count: int, tasks: int, start_seconds: float) -> None:
        self._settings = settings
        self._warm = warm
        self._count = count
        self._tasks = tasks
        self._start_seconds = start_seconds
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._all: set[_Worker] = set()
        self._endings: set[asyncio.Future[None]] = set()
        self._threads: ThreadPoolExecutor  # pipes block, and a photo is larger than a pipe's buffer

    @property
    def count(self) -> int:
        return self._count

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._all]

    async def __aenter__(self) -> Self:
        self._threads = ThreadPoolExecutor(max_workers=3 * self._count, thread_name_prefix="worker-pipe")
        for _ in range(self._count):
            self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in list(self._all):
            self._end(worker)
        await asyncio.gather(*self._endings)
        self._threads.shutdown()

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        async with self.reserve() as seat:
            return await seat.submit(task, request, deadline)

    @contextlib.asynccontextmanager
    async def reserve(self) -> AsyncIterator[_Seat]:
        worker = await self._idle.get()
        if not worker.alive:  # it died while it had nothing to do, so nothing is lost
            log.warning("worker %d died while idle; a new one takes its place", worker.pid)
            self._end(worker)
            worker = self._start(idle=False)
        seat = _Seat(self, worker)
        try:
            await self.within(worker.ready, self._start_seconds)
            seat.usable = True
            yield seat
        finally:
            if not seat.usable or 0 < self._tasks <= worker.served:
                self._replace(worker)
            else:
                self._idle.put_nowait(worker)

    @staticmethod
    async def within(outcome: asyncio.Future[Outcome], seconds: float) -> Outcome:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(outcome)
        except TimeoutError:
            raise DeadlineExceeded(seconds) from None

    def in_thread(self, call: Callable[..., Outcome], *args: Any) -> asyncio.Future[Outcome]:
        return asyncio.get_running_loop().run_in_executor(self._threads, call, *args)

    def _start(self, *, idle: bool = True) -> _Worker:
        worker = _Worker(self._settings, self._warm)
        worker.ready = self.in_thread(worker.wait_until_ready)
        self._all.add(worker)
        if idle:
            self._idle.put_nowait(worker)
        return worker

    def _replace(self, worker: _Worker) -> None:
        if worker in self._all:  # else all of them are being ended
            self._end(worker)
            self._start()

    def _end(self, worker: _Worker) -> None:
        self._all.discard(worker)
        worker.kill()
        ending = asyncio.get_running_loop().run_in_executor(self._threads, worker.bury)
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


class _Seat:
    """A worker in one request's hands. `usable`: not lost, and not at something that nobody waits for any more."""

    def __init__(self, workers: LocalWorkers, worker: _Worker) -> None:
        self.usable = False
        self._workers = workers
        self._worker = worker

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        self.usable = False  # cancelled or overdue: what it does then is of no use to anybody
        outcome, value = await self._workers.within(self._workers.in_thread(self._worker.call, task, request), deadline)
        self.usable = outcome != "lost"
        if outcome == "done":
            return cast(Result, value)
        raise value if outcome == "failed" else WorkerLost()


class _Worker:
    """One process, seen from the bot's side."""

    ready: asyncio.Future[Outcome]

    def __init__(self, settings: CoreSettings, warm: Warm) -> None:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, settings, warm), name="sokkuri-worker")
        # The worker inherits the mask, and so is deaf to them from its very first moment. The tracker that comes with
        # the first process of all would undo the mask, so it goes before.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self.pid = cast(int, self._process.pid)
        self.served = 0

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def wait_until_ready(self) -> Outcome:
        outcome = self._receive()
        if outcome[0] == "failed":  # each request will meet the same error and answer with it
            log.warning("worker %d could not warm up: %s", self.pid, outcome[1])
        return outcome

    def call(self, task: Task[Any, Any], request: Any) -> Outcome:
        self.served += 1
        try:
            self._pipe.send((task, request))
        except OSError:
            return "lost", None
        return self._receive()

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> None:
        """Wait until the process is gone. The pipe is left to its last reader, who sees its end."""
        self._process.join()
        self._process.close()

    def _receive(self) -> Outcome:
        try:
            return cast(Outcome, self._pipe.recv())
        except (EOFError, OSError):
            return "lost", None


def _serve(pipe: Connection, settings: CoreSettings, warm: Warm) -> None:
    """The worker's own side: answer requests until the pipe ends, be it that the bot closes it or is no more."""
    with contextlib.suppress(OSError):
        os.nice(5)  # acknowledging a command must not wait for pixels
    with contextlib.suppress(EOFError, OSError):
        pipe.send(_outcome(lambda: warm(settings)))
        while True:
            task, request = pipe.recv()
            outcome = _outcome(lambda task=task, request=request: task(settings, request))  # type: ignore[misc]
            del request
            pipe.send(outcome)
            del outcome


def _outcome(call: Callable[[], Any]) -> Outcome:
    try:
        return "done", call()
    except SokkuriError as error:
        return "failed", error
    except Exception as error:
        # Any other exception may not survive the pipe; its text always does, for the log.
        return "failed", RuntimeError(f"{type(error).__name__} in a worker\n{traceback.format_exc()}")
