"""The parent's side of a worker process and its pipe. `bot.workers.child` is the other side."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import time
from asyncio import Future
from collections.abc import Callable
from typing import cast

import psutil

from bot.workers import child, spawn
from bot.workers.pipe import DIED, INTERRUPTED, OUT_OF_MEMORY, Message, Outcome, Pickled, Warm, pack_outcome
from core.contracts import CoreSettings, WorkerLost

BACKOFF_SECONDS = 30.0
"""How long after the start of a worker that failed to start another one may be started in its place."""

log = logging.getLogger(__name__)


class WorkerProcess:
    """One process, seen from the bot's side.

    `stage`, `photo`: what it last said that it is about to do, `entered` at this time (monotonic). `failures`: how many
    workers before it, one after the other, failed to start. `is_idle`: it has answered all that it was asked.
    `over_limit`: it was killed because of the memory that it held.
    """

    ready: Future[Outcome]

    def __init__(
        self,
        settings: CoreSettings,
        warm: Warm,
        forget: Callable[[], None] | None,
        memory_bytes: int,
        failures: int,
    ) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs:
            args = (theirs, settings, warm, forget, memory_bytes)
            self._process = spawn.started(child.serve, args, "sokkuri-worker")
        self.pid = cast(int, self._process.pid)
        self.served = 0
        self.is_idle = True
        self.over_limit = False
        self.failures = failures
        self._started = time.monotonic()
        self.enter("start", "")

    def enter(self, stage: str, photo: str) -> None:
        self.stage, self.photo, self.entered = stage, photo, time.monotonic()

    @property
    def is_ready(self) -> bool:
        return self.ready.done() and self.ready.result()[0] == "done"

    @property
    def failed_to_start(self) -> bool:
        return self.ready.done() and self.ready.result()[0] != "done"

    @property
    def start_error(self) -> Exception:
        kind, value = self.ready.result()
        return cast(Exception, value) if kind == "failed" else WorkerLost("start")

    @property
    def may_be_replaced(self) -> bool:
        """Whether another worker, started now, may do better.

        The first one that died at its start may have been killed by chance. After a second one, or a model that cannot
        be loaded, the next would fail in the same way, until `BACKOFF_SECONDS` are over.
        """
        by_chance = self.ready.result()[0] == "lost" and not self.failures
        return by_chance or self.backoff_left <= 0

    @property
    def backoff_left(self) -> float:
        """Seconds until another worker may be started in its place."""
        return self._started + BACKOFF_SECONDS - time.monotonic()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def memory(self) -> int:
        """Bytes that it holds; 0 if it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def wait_until_ready(self) -> Outcome:
        kind, pickled = self._receive()
        value = pickle.loads(pickled)
        if kind == "failed":
            log.error("worker %d could not load its models, so that no request can be answered: %s", self.pid, value)
        return kind, value

    def call(self, work: bytes | memoryview, seconds: float) -> Pickled:
        """Send the pickled work, which may take `seconds` of computing, and wait for its outcome."""
        self.served += 1
        self.is_idle = False
        try:
            self._pipe.send(seconds)
            self._pipe.send_bytes(work)
        except OSError:
            return pack_outcome(DIED)
        outcome = self._receive()
        self.is_idle = outcome[0] != "lost" or outcome == pack_outcome(INTERRUPTED)
        return outcome

    def release(self) -> None:
        """Have it forget what it kept for its last user."""
        with contextlib.suppress(OSError):
            self._pipe.send(None)

    def interrupt(self) -> None:
        """Ask it to drop its work when it enters the next stage; the outcome says whether it did."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, child.INTERRUPT)

    def kill(self) -> None:
        self._process.kill()

    def join(self) -> None:
        """Wait until the process is gone. The pipe is left to its last reader, who sees its end."""
        self._process.join()
        self._process.close()

    def _receive(self) -> Pickled:
        try:
            while (message := cast(Message, self._pipe.recv()))[0] == "stage":
                self.enter(*message[1])
            return message[0], self._pipe.recv_bytes()
        except (EOFError, OSError):
            return pack_outcome(OUT_OF_MEMORY if self.over_limit else DIED)
