"""How processes keep their memory small. Elsewhere than on glibc nothing is done."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SECONDS_BETWEEN = 10.0
"""Each time holds the event loop up for a millisecond or two."""

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def give_back_at_once() -> None:
    """From now on a block of a megabyte and more goes back to the system as soon as it is free.

    Photos, pictures and sums come and go in threads of their own. glibc learns from the first large block that is freed
    to keep the next ones in a heap, one for each thread, and then holds on to them.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """What is free now, also between what is still in use: a heap shrinks by itself at its end alone."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@asynccontextmanager
async def giving_back(seconds: float = SECONDS_BETWEEN) -> AsyncIterator[None]:
    """Give back every so many `seconds` for the time of the block.

    The end of a request is no time for it: others are on their way, what it held is let go of a moment later, and what
    stands under its answer minutes later.
    """
    giving = asyncio.create_task(_give_back_every(seconds))
    try:
        yield
    finally:
        giving.cancel()
        await asyncio.gather(giving, return_exceptions=True)


async def _give_back_every(seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        gc.collect()  # else what refers to itself in a circle piles up, and heaps grow by that
        give_back()


def settle() -> None:
    """What is there now mostly stays: leave it out of the collections of garbage to come.

    Else every now and then one goes through all modules, commands and words, which takes some 35 ms, for which the
    event loop stands still. What an earlier call left out, and nobody has needed since, is freed.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
