"""What happens in the sandbox, told to whoever looks on, such as an open page.

A bot hears through the gateway alone, and only what it may hear; onlookers hear all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.conditions import Conditions
from sandbox.invocation import Invocation
from sandbox.state import Channel, Message, User
from sandbox.trace import Entry


@dataclass(frozen=True)
class MessageShown:
    """A message is there, or a new version of it."""

    message: Message


@dataclass(frozen=True)
class MessageDeleted:
    """A message was deleted."""

    message: Message


@dataclass(frozen=True)
class ChannelChanged:
    """A channel or thread is new, or is not as it was."""

    channel: Channel


@dataclass(frozen=True)
class ConditionsChanged:
    """Something is wrong on purpose, or no longer."""

    conditions: Conditions


@dataclass(frozen=True)
class ActionTaken:
    """A person did something.

    `what`: the sandbox's method; `given`: what it was given besides; `made`: what came of it.
    """

    action: str
    user: User
    locale: str
    channel: Channel
    result: Message | Invocation | Channel
    arguments: Mapping[str, object]


Event = MessageShown | MessageDeleted | ChannelChanged | ConditionsChanged | ActionTaken | Entry
Listener = Callable[[Event], None]


class Feed:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    @contextmanager
    def subscribed(self, listener: Listener) -> Iterator[None]:
        """Within, `listener` is called with everything that happens, in its order. It must not wait."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
