"""Where the work is done: away from the bot's own process, behind one interface."""

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
    """One worker, and nobody else's for the while: what a task leaves in its process, the next one finds."""

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        """As `Workers.submit`."""


class Workers(Protocol):
    """Opened with `async with`. Once closed, nothing that it started is left running."""

    @property
    def count(self) -> int:
        """How many requests are worked on at once; further ones wait inside `submit`."""

    @property
    def ready(self) -> int:
        """How many workers there are right now that have loaded their models and are alive."""

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        """What `task` makes of `request`, worked out elsewhere.

        `deadline`: seconds the work may take once begun. Cancelling the call ends the work too. Raises what the task
        raises; WorkerLost when the worker dies on it; DeadlineExceeded when the deadline passes, and the work is ended.
        """

    def reserve(self) -> AbstractAsyncContextManager[Slot]:
        """A worker for several requests in a row, once there is one."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
