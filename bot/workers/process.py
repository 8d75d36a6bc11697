"""One worker process, from both ends of its pipe: the bot's, and its own."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from asyncio import Future
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Literal, cast

import psutil

from bot import memory
from bot.workers import limits, spawn
from core import stages
from core.contracts import CoreSettings, SokkuriError, WorkerLost

Warm = Callable[[CoreSettings], None]
Outcome = tuple[Literal["done", "failed", "lost"], Any]
"""`done` and the result, `failed` and the exception, or `lost` and the cause, as in WorkerLost."""

Pickled = tuple[Literal["done", "failed", "lost"], bytes]
"""An outcome whose second half is pickled."""

DIED: Outcome = ("lost", "died")
OUTGREW: Outcome = ("lost", "memory")
INTERRUPTED: Outcome = ("lost", "interrupted")

Told = tuple[Literal["stage"], tuple[str, str]] | tuple[Literal["done", "failed", "lost"], None]
"""What comes out of a worker's pipe: what it is about to do, and with which photo, until at last the outcome comes,
whose second half follows as pickled bytes.
"""

FIRST_STAGE = "begin"
"""What a worker does with a request until it says what."""

GIVE_BACK_SECONDS = 5.0
"""A worker gives its free memory back after so long without a request, and as often between requests: what lies free
between what is in use adds up, to half as much again as it needs. Whoever comes next pays for it, for all of it is
asked for again: a tenth of the time of an answer. So it is not done within a burst. Until then a worker holds what its
work took: 370 MB after two photos of 12 megapixels, and 270 when it has given back."""

REST_SECONDS = 30.0
"""How long a worker that could not start is left alone, before another one is started in its place."""

INTERRUPT = signal.SIGUSR1

log = logging.getLogger(__name__)


class WorkerProcess:
    """One process, seen from the bot's side.

    `stage`, `photo`: what it said last that it is about to do, `entered` at this time (monotonic). `failures`: how many
    before it, one after the other, could not start. `at_rest`: it has given an answer to all that it was asked.
    `outgrew`: it was ended because of the memory that it held.
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
            self._process = spawn.started(_serve, args, "sokkuri-worker")
        self.pid = cast(int, self._process.pid)
        self.served = 0
        self.at_rest = True
        self.outgrew = False
        self.failures = failures
        self._started = time.monotonic()
        self.enter("start", "")

    def enter(self, stage: str, photo: str) -> None:
        self.stage, self.photo, self.entered = stage, photo, time.monotonic()

    @property
    def is_ready(self) -> bool:
        return self.ready.done() and self.ready.result()[0] == "done"

    @property
    def could_not_start(self) -> bool:
        return self.ready.done() and self.ready.result()[0] != "done"

    @property
    def start_error(self) -> Exception:
        outcome, value = self.ready.result()
        return cast(Exception, value) if outcome == "failed" else WorkerLost("start")

    @property
    def may_be_replaced(self) -> bool:
        """One that died at its start may have been killed by chance. Of a second one, or of a model that cannot be
        loaded, the next would tell the same.
        """
        by_chance = self.ready.result()[0] == "lost" and not self.failures
        return by_chance or self.rest_left <= 0

    @property
    def rest_left(self) -> float:
        """Seconds."""
        return self._started + REST_SECONDS - time.monotonic()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def memory(self) -> int:
        """Bytes that it holds."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def wait_until_ready(self) -> Outcome:
        outcome, pickled = self._outcome()
        value = pickle.loads(pickled)
        if outcome == "failed":
            log.error("worker %d could not load its models, so that no request can be answered: %s", self.pid, value)
        return outcome, value

    def call(self, work: bytes | memoryview, seconds: float) -> Pickled:
        self.served += 1
        self.at_rest = False
        try:
            self._pipe.send(seconds)
            self._pipe.send_bytes(work)
        except OSError:
            return _pickled(DIED)
        outcome = self._outcome()
        self.at_rest = outcome[0] != "lost" or outcome == _pickled(INTERRUPTED)
        return outcome

    def release(self) -> None:
        """Nobody has it in hand any more: it keeps nothing of what it did."""
        with contextlib.suppress(OSError):
            self._pipe.send(None)

    def interrupt(self) -> None:
        """Ask it to drop its work where it enters the next stage; the outcome tells whether it did."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, INTERRUPT)

    def kill(self) -> None:
        self._process.kill()

    def bury(self) -> None:
        """Wait until the process is gone. The pipe is left to its last reader, who sees its end."""
        self._process.join()
        self._process.close()

    def _outcome(self) -> Pickled:
        try:
            while (told := cast(Told, self._pipe.recv()))[0] == "stage":
                self.enter(*told[1])
            return told[0], self._pipe.recv_bytes()
        except (EOFError, OSError):
            return _pickled(OUTGREW if self.outgrew else DIED)


def _serve(
    pipe: Connection, settings: CoreSettings, warm: Warm, forget: Callable[[], None] | None, memory_bytes: int
) -> None:
    """The worker's own side: answer requests until the pipe ends, be it that the bot closes it or is no more."""
    limits.confine(memory_bytes)
    with contextlib.suppress(OSError):
        os.nice(5)  # acknowledging a command must not wait for pixels
    speaking = threading.Lock()  # stages may be entered in any thread
    interrupted = threading.Event()
    signal.signal(INTERRUPT, lambda *_: interrupted.set())

    def tell(outcome: Outcome) -> None:
        kind, pickled = _pickled(outcome)
        with speaking:
            pipe.send((kind, None))
            pipe.send_bytes(pickled)

    def entered(stage: str, photo: str) -> None:
        if interrupted.is_set():  # only here, where no library is in the middle of anything, such as of its own import
            raise _Interrupted
        with speaking:
            pipe.send(("stage", (stage, photo)))

    stages.listen(entered)
    with contextlib.suppress(EOFError, OSError):
        warmed = _outcome(lambda: warm(settings))
        memory.give_back()  # what reading the models took, a quarter of all
        tell(warmed)
        given_back = time.monotonic()
        while True:
            if not pipe.poll(GIVE_BACK_SECONDS) or time.monotonic() - given_back >= GIVE_BACK_SECONDS:
                memory.give_back()
                given_back = time.monotonic()
            seconds = pipe.recv()
            if seconds is None:  # released
                if forget is not None:
                    forget()
                continue
            task, request = pickle.loads(pipe.recv_bytes())
            interrupted.clear()
            limits.allow(seconds)
            outcome = _outcome(lambda task=task, request=request: task(settings, request))  # type: ignore[misc]
            del request
            tell(outcome)
            del outcome


class _Interrupted(BaseException):
    """Nobody waits for the work any more. No library may take it for an error of its own."""


def _pickled(outcome: Outcome) -> Pickled:
    return outcome[0], pickle.dumps(outcome[1], protocol=pickle.HIGHEST_PROTOCOL)


def _outcome(call: Callable[[], Any]) -> Outcome:
    try:
        return "done", call()
    except SokkuriError as error:
        return "failed", error
    except MemoryError:
        return "lost", "memory"
    except _Interrupted:
        return INTERRUPTED
    except Exception as error:
        # Any other exception may not survive the pipe; its text always does, for the log.
        return "failed", RuntimeError(f"{type(error).__name__} in a worker\n{traceback.format_exc()}")
