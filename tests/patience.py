"""Waiting for what must come, however busy the machine is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE = 120.0
"""Seconds. Only what hangs takes so long."""


async def until(holds: Callable[[], bool]) -> None:
    """Waits until `holds()` is true. Raises TimeoutError after `PATIENCE`."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)
