"""Waiting for what must come, however busy the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds. Only what hangs takes so long."""


async def until(holds: Callable[[], bool]) -> None:
    """Waits until `holds()` is true. Raises TimeoutError after `PATIENCE`."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


async def unless_ended(process: asyncio.subprocess.Process, waiting: Coroutine[Any, Any, T]) -> T:
    """Waits for something that `process` does. Raises AssertionError if that has ended before."""
    doing, ended = asyncio.create_task(waiting), asyncio.create_task(process.wait())
    try:
        await asyncio.wait({doing, ended}, return_when=asyncio.FIRST_COMPLETED)
        assert doing.done(), f"the process ended with status {process.returncode}"
        return doing.result()
    finally:
        for task in (doing, ended):
            task.cancel()
