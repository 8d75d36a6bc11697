"""What a worker process and its parent say to each other through their pipe."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, Literal

from bot.workers import Request, Result, Task
from core.contracts import CoreSettings

Warm = Callable[[CoreSettings], None]

Outcome = tuple[Literal["done", "failed", "lost"], Any]
"""`done` and the result, `failed` and the exception, or `lost` and the cause, as in WorkerLost."""

Pickled = tuple[Literal["done", "failed", "lost"], bytes]
"""An outcome whose value is pickled."""

Message = tuple[Literal["stage"], tuple[str, str]] | tuple[Literal["done", "failed", "lost"], None]
"""What a worker sends: each stage that it enters, with the photo that the stage is about, and at last the kind of the
outcome. The outcome's value follows that as pickled bytes.
"""

DIED: Outcome = ("lost", "died")
OUT_OF_MEMORY: Outcome = ("lost", "memory")
INTERRUPTED: Outcome = ("lost", "interrupted")

FIRST_STAGE = "begin"
"""The stage of a request until the worker names one."""


def pack_work(task: Task[Request, Result], request: Request) -> bytes:
    """A task and its request as they are sent to a worker."""
    return pickle.dumps((task, request), protocol=pickle.HIGHEST_PROTOCOL)


def pack_outcome(outcome: Outcome) -> Pickled:
    return outcome[0], pickle.dumps(outcome[1], protocol=pickle.HIGHEST_PROTOCOL)


def unwrap(kind: str, value: Any) -> Any:
    """Return the result of work that is `done`; raise the exception of work that `failed`."""
    if kind == "done":
        return value
    try:
        raise value
    finally:
        del value  # or it would hold this frame by its traceback, and those around it with the photos
