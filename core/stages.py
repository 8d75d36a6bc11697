"""Reports which stage of its work this process is in, to whoever supervises it.

A process that does somebody's work can hang or die in any line of it, and from outside that is only silence. So it
reports what it is about to do, and with which photo, before it does it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[str, str], None]
"""Called with the stage that is entered, and the name of the photo that it is about ("": none, or all of them)."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call `listener` for every stage from now on, in the thread that enters it."""
    _listeners.append(listener)


def enter(stage: str, photo: str = "") -> None:
    for listener in _listeners:
        listener(stage, photo)


class Stopwatch:
    """Seconds by stage; a stage entered again adds up. Each is reported, with its photo, when it is entered."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str, photo: str = "") -> Iterator[None]:
        enter(stage, photo)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start
