"""The worker's side of its pipe: what runs in the process that `bot.workers.process` starts."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from bot import memory
from bot.workers import limits
from bot.workers.pipe import INTERRUPTED, Outcome, Warm, pack_outcome
from core import stages
from core.contracts import CoreSettings, SokkuriError

GIVE_BACK_SECONDS = 5.0
"""How long a worker must be without a request before it returns free memory to the system, and how often it does so
between requests. Free blocks between used ones add up to half as much again as the worker needs. The next request pays
for it with a tenth of its time, since it asks the system for all of it again, so it is not done within a burst. Until
then a worker holds what its work took: 370 MB after two photos of 12 megapixels, and 270 MB afterwards."""

INTERRUPT = signal.SIGUSR1
"""Asks a worker to drop its work."""


def serve(
    pipe: Connection, settings: CoreSettings, warm: Warm, forget: Callable[[], None] | None, memory_bytes: int
) -> None:
    """Answer requests until the pipe ends, because the bot closed it or is gone."""
    limits.confine(memory_bytes)
    with contextlib.suppress(OSError):
        os.nice(5)  # acknowledging a command must not wait for pixels
    sending = threading.Lock()  # stages may be entered in any thread
    interrupted = threading.Event()
    signal.signal(INTERRUPT, lambda *_: interrupted.set())

    def send(outcome: Outcome) -> None:
        kind, pickled = pack_outcome(outcome)
        with sending:
            pipe.send((kind, None))
            pipe.send_bytes(pickled)

    def on_stage(stage: str, photo: str) -> None:
        if interrupted.is_set():  # only here, where no library is in the middle of anything, such as of its own import
            raise _Interrupted
        with sending:
            pipe.send(("stage", (stage, photo)))

    stages.listen(on_stage)
    with contextlib.suppress(EOFError, OSError):
        warmed = _run(lambda: warm(settings))
        memory.give_back()  # what reading the models took, a quarter of all
        send(warmed)
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
            outcome = _run(lambda task=task, request=request: task(settings, request))  # type: ignore[misc]
            del request
            send(outcome)
            del outcome


class _Interrupted(BaseException):
    """Nobody waits for the work any more. A BaseException, so that no library handles it as an error of its own."""


def _run(call: Callable[[], Any]) -> Outcome:
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
