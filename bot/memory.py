"""How the process keeps its memory small."""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def give_back_at_once() -> None:
    """From now on a block of a megabyte and more goes back to the system as soon as it is free.

    Photos, pictures and sums come and go in threads of their own. glibc learns from the first large block that is freed
    to keep the next ones in a heap, one for each thread, and then holds on to them. Elsewhere than on glibc: nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
