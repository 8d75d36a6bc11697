"""Waiting until something holds of a state that others change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Changes:
    """Whoever changes the state calls `notify`; whoever waits gives a condition to `until`."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, holds: Callable[[], bool], within: float | None) -> None:
        """Raises TimeoutError after `within` seconds; None waits for as long as it takes."""
        async with asyncio.timeout(within):
            while not holds():
                await self._next.wait()
