"""How processes keep their memory small. Without glibc this does nothing."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SECONDS_BETWEEN = 10.0
"""Each time blocks the event loop for a millisecond or two."""

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def give_back_at_once() -> None:
    """Make the allocator return blocks of a megabyte and more to the system as soon as they are freed.

    Photos, pictures and sums come and go in threads of their own. After the first large block is freed, glibc would
    keep the next ones in a heap for each thread, and hold on to them.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Return free memory to the system, also between used blocks: a heap shrinks by itself only at its end."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@asynccontextmanager
async def giving_back(seconds: float = SECONDS_BETWEEN) -> AsyncIterator[None]:
    """Return free memory to the system every `seconds` during the block.

    The end of a request is not a good time: others are under way, what it held is freed a moment later, and what its
    buttons hold minutes later.
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
        gc.collect()  # otherwise reference cycles pile up, and heaps grow
        give_back()


def settle() -> None:
    """Exclude the objects that exist now, most of which stay, from later garbage collections.

    A full collection would visit all modules, commands and words, and block the event loop for some 35 ms. Objects that
    an earlier call excluded and that are garbage by now are freed.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
