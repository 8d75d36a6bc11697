"""Events for whoever watches the sandbox, such as an open page.

The bot gets its events from the gateway alone, and only those it may see; subscribers here get all of them.
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
    """There is a new message, or a new version of one."""

    message: Message


@dataclass(frozen=True)
class MessageDeleted:
    """A message was deleted."""

    message: Message


@dataclass(frozen=True)
class ChannelChanged:
    """A channel or thread is new or has changed."""

    channel: Channel


@dataclass(frozen=True)
class ConditionsChanged:
    """The conditions were replaced."""

    conditions: Conditions


@dataclass(frozen=True)
class ActionTaken:
    """A person did something.

    `action`: the name of the method of `sandbox.actions`; `arguments`: what else it was called with; `result`: what it
    returned.
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
        """Calls `listener` with every event, in order, until the block ends. It must not block."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
