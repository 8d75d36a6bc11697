"""One use of the bot, from the click to the answer, as the person sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from sandbox.changes import Changes
from sandbox.state import Channel, Json, Message, User


class InteractionType(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class CallbackType(IntEnum):
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class InvocationFailed(Exception):
    """Discord showed the person "The application did not respond"."""


@dataclass(eq=False)
class Invocation:
    """The state of one interaction.

    `created`: on the sandbox's clock; `command_kind`: 1 slash, 2 user, 3 message, 0 if it is no command; `source`: the
    message whose component was used; `acknowledged_after`: seconds from the click to the bot's first response, None
    until then; `answer`: the current reply, None before there is one and after it was deleted (`deleted`), when the
    next message of the bot becomes the reply (`instead`); `history`: every version of the reply that a person could
    read, the newest last; `followups`: further messages; `choices`: the suggestions for autocomplete; `modal`: the form
    that was opened.
    """

    id: int
    token: str = field(repr=False)
    type: InteractionType
    user: User
    channel: Channel
    name: str
    created: float
    attachment_size_limit: int
    command_kind: int = 0
    source: Message | None = None
    metadata: Json = field(default_factory=dict, repr=False)
    acknowledged_after: float | None = None
    callback: CallbackType | None = None
    failed: bool = False
    deleted: bool = False
    original: int | None = None
    instead: int | None = None
    replies: dict[int, Message] = field(default_factory=dict, repr=False)
    history: list[Message] = field(default_factory=list, repr=False)
    choices: list[Json] | None = None
    modal: Json | None = None
    changes: Changes = field(default_factory=Changes, repr=False)

    @property
    def answer(self) -> Message | None:
        return self.history[-1] if self.history and (self.instead or not self.deleted) else None

    def show(self, message: Message) -> None:
        """Adds a new reply, or a new version of one."""
        if self.deleted and self.instead is None and message.id not in self.replies:
            self.instead = message.id
        self.replies[message.id] = message
        if message.id in (self.original, self.instead) and not message.loading:
            self.history.append(message)
        self.changes.notify()

    @property
    def followups(self) -> list[Message]:
        return [message for id_, message in self.replies.items() if id_ not in (self.original, self.instead)]

    async def acknowledged(self, within: float = 5.0) -> float:
        """Waits for the bot's first response and returns the seconds until it.

        Raises InvocationFailed when three seconds pass without one, TimeoutError after `within` seconds.
        """
        await self._until(lambda: self.acknowledged_after is not None, within, "acknowledged")
        assert self.acknowledged_after is not None
        return self.acknowledged_after

    async def answered(self, within: float = 30.0, *, until: Callable[[Message], bool] | None = None) -> Message:
        """Waits for the bot's reply, sent directly or in place of "thinking", and returns it.

        `until`: waits for the first version that it accepts. A bot that reports its progress edits its reply several
        times: `until=lambda reply: reply.files`.

        Raises InvocationFailed when the bot never acknowledged, and TimeoutError, which says what there was so far,
        after `within` seconds.
        """

        def found() -> Message | None:
            return next((version for version in self.history if until is None or until(version)), None)

        await self._until(lambda: found() is not None, within, "answered")
        version = found()
        assert version is not None
        return version

    async def followed_up(self, count: int = 1, within: float = 30.0) -> list[Message]:
        """Waits for at least `count` further messages and returns them all."""
        await self._until(lambda: len(self.followups) >= count, within, f"followed up {count} times")
        return self.followups

    async def chosen(self, within: float = 5.0) -> list[Json]:
        """Waits for the bot's suggestions to a person who types."""
        await self._until(lambda: self.choices is not None, within, "answered by choices")
        return self.choices or []

    async def opened(self, within: float = 5.0) -> Json:
        """Waits for the form (modal) that the bot opens."""
        await self._until(lambda: self.modal is not None, within, "answered by a form")
        assert self.modal is not None
        return self.modal

    async def _until(self, holds: Callable[[], bool], within: float, what: str) -> None:
        try:
            await self.changes.until(lambda: self.failed or holds(), within)
        except TimeoutError:
            raise TimeoutError(f"{self.name} was not {what} in {within:g} s; {self._so_far()}") from None
        if not holds():
            raise InvocationFailed(f"{self.name} was not acknowledged in 3 s: the application did not respond")

    def _so_far(self) -> str:
        if self.acknowledged_after is None:
            return "it was never acknowledged"
        callback = self.callback.name if self.callback else "?"
        last = f", last version: {self.history[-1].text!r}" if self.history else ""
        return f"acknowledged after {self.acknowledged_after:.3f} s with {callback}, {len(self.history)} versions{last}"
