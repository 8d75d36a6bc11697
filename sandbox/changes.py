"""Waiting for a condition on state that others change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Changes:
    """Call `notify` after changing the state, and `until` to wait for a condition on it."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, holds: Callable[[], bool], within: float | None) -> None:
        """Waits until `holds()` is true. Raises TimeoutError after `within` seconds; None waits indefinitely."""
        async with asyncio.timeout(within):
            while not holds():
                await self._next.wait()
