"""Sends answers although Discord has an outage or is busy for a while.

discord.py itself tries a call five times in a row, and gives up at once if a connection breaks. An answer that took
work, and that a person waits for, deserves more tries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord
import tenacity

T = TypeVar("T")

SECONDS = 180.0
"""After this time, no further try begins. The token is valid for 15 minutes, but nobody waits that long."""


async def persistently(send: Callable[[], Awaitable[T]]) -> T:
    """Call `send` until it succeeds, and return its result. Only passing failures are retried. Raises the last one."""

    @tenacity.retry(
        retry=tenacity.retry_if_exception(_is_passing),
        stop=tenacity.stop_after_delay(SECONDS),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=8),
        reraise=True,
    )
    async def again_and_again() -> T:
        return await send()

    return await again_and_again()


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, discord.HTTPException):
        return error.status >= 500 or error.status == 429
    return isinstance(error, aiohttp.ClientError | TimeoutError)
