"""Workers do the work outside of the bot's own process, behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self, TypeVar

from core.contracts import CoreSettings

Request = TypeVar("Request")
Result = TypeVar("Result")

Task = Callable[[CoreSettings, Request], Result]
"""A function at the top level of a module, so that its name can be sent (see `core.tasks`)."""


class Slot(Protocol):
    """One worker, reserved: what a task leaves in its process, the next task finds."""

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        """Like `Workers.submit`, on this worker."""


class Workers(Protocol):
    """Workers, opened with `async with`. Once closed, nothing that they started keeps running."""

    @property
    def count(self) -> int:
        """How many requests are worked on at once; further ones wait inside `submit`."""

    @property
    def ready(self) -> int:
        """How many workers are alive and have loaded their models."""

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        """Run `task` with `request` in a worker and return the result.

        `deadline`: seconds that the work may take once it has begun. Cancelling the call ends the work. Raises what the
        task raises; WorkerLost: the worker died; DeadlineExceeded: the deadline passed, and the work was ended.
        """

    def reserve(self) -> AbstractAsyncContextManager[Slot]:
        """Wait for a free worker and reserve it for several requests in a row."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
