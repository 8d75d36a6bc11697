"""Limits what a worker process may take of the machine, whatever its decoders and networks are made to do.

The kernel enforces the limits; see setrlimit(2). On macOS it does not count memory. It never counts memory that can be
shared, so the parent process checks that (`held`). Threads and processes are not limited here: RLIMIT_NPROC counts
those of a user in all programs, and root's not at all.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
import resource
from pathlib import Path

OPEN_FILES = 256
"""A worker with all its models holds some 20."""

FILE_BYTES = 1 << 30
"""The largest file that a worker may write; it writes model files only."""


PR_SET_DUMPABLE = 4


def confine(memory_bytes: int) -> None:
    """Limit this process for good. `memory_bytes`: the most data, see `workers.memory_bytes`; 0: no limit."""
    leave_no_core()
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, FILE_BYTES)
    if memory_bytes:
        # Not the address space (RLIMIT_AS): the networks' libraries reserve far more of that than they use.
        _lower(resource.RLIMIT_DATA, memory_bytes)


def held(pid: int) -> int:
    """Bytes of data that a process has in memory, including what can be shared (mmap, memfd, shmget), which RLIMIT_DATA
    does not count. 0: the process is gone, or this is not Linux. See proc_pid_status(5).
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return 1024 * sum(map(int, re.findall(r"^Rss(?:Anon|Shmem):\s*(\d+) kB$", status, re.MULTILINE)))


def leave_no_core() -> None:
    """Prevent core files: they would put photos on the disk, and the bot's own the token, too."""
    _lower(resource.RLIMIT_CORE, 0)


def deny_inspection() -> None:
    """Keep other processes of the same user, workers above all, from reading this one's memory, and the environment
    that it was started with, which holds the token. Only on Linux; see PR_SET_DUMPABLE in prctl(2).
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_DUMPABLE, 0)


def allow(seconds: float) -> None:
    """Let this process compute for `seconds` from now on, on every processor; then the kernel kills it.

    The bot kills an overdue worker itself. This ends a worker in an endless loop whose bot is gone.
    """
    spent = resource.getrusage(resource.RUSAGE_SELF)
    more = math.ceil(spent.ru_utime + spent.ru_stime + seconds * (os.cpu_count() or 1)) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (more if hard == resource.RLIM_INFINITY else min(more, hard), hard))


def _lower(limit: int, most: int) -> None:
    """Lower a limit to `most`, unless it is lower already."""
    _, hard = resource.getrlimit(limit)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(limit, (most, most))
