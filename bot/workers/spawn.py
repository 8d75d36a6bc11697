"""Starts processes that only the bot ends."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""A terminal or a service manager sends these to the whole process group, but only the bot handles them."""


def started(target: Callable[..., None], args: tuple[Any, ...], name: str) -> SpawnProcess:
    """Start a process that runs `target` and ignores the STOP_SIGNALS."""
    process = multiprocessing.get_context("spawn").Process(target=target, args=args, name=name)
    # (A fork of a process with threads may hang.) The process inherits the mask, and so is deaf to them from its very
    # first moment. The tracker that starts with the first process would undo the mask, so it is started before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process
