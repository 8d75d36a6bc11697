"""Which stage of its work this process is in, told to whoever watches over it.

A process that does somebody's work can hang or die in any line of it. From outside nothing is seen of that but silence;
so it says beforehand what it is about to do, and with which photo.
"""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, str], None]
"""Called with the stage that is entered, and the name of the photo that it is about ("": none, or all of them)."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Tell `listener` of every stage from now on, in the thread that enters it."""
    _listeners.append(listener)


def enter(stage: str, photo: str = "") -> None:
    for listener in _listeners:
        listener(stage, photo)
