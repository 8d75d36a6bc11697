"""Answers that arrive, though Discord is unwell or busy for a while.

discord.py itself tries a call five times in a row, and gives up at once where a connection breaks. An answer that took
work, and that a person waits for, is worth more than that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord
import tenacity

T = TypeVar("T")

SECONDS = 180.0
"""After which no further try is begun. Its token lives for 15 minutes, but who waits has gone by then."""


async def persistently(send: Callable[[], Awaitable[T]]) -> T:
    """What `send` returns; done again, with files made anew, where it fails by chance. Raises the last failure."""

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
