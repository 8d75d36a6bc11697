"""Replays a recorded conversation."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import samples
from sandbox.commands import CannotInvoke, Value
from sandbox.conditions import DEFAULT_SIZE_LIMIT, Conditions
from sandbox.conversations import lines
from sandbox.conversations.lines import Unplayable
from sandbox.conversations.names import components, places
from sandbox.files import read_regular
from sandbox.invocation import CallbackType, Invocation, InvocationFailed
from sandbox.server import Sandbox
from sandbox.state import Channel, File, Json, Message

PATIENCE = 180.0
"""Seconds to wait for an answer: the first heatmap waits for torch, which takes a while to load on small machines."""
IN_PROGRESS = "…"
"""The end of a text that an answer will replace."""
QUIET = 2.0
"""Seconds without another version after which an answer without a file counts as final."""


@dataclass(frozen=True)
class Done:
    """`line`: as in the file; `answer`: the bot's reply, None if there was none; `failure`: why the line failed."""

    line: Json
    answer: Message | None = None
    failure: str | None = None


class Player:
    """Raises Unplayable if `file` is no conversation."""

    def __init__(self, sandbox: Sandbox, file: Path) -> None:
        self._sandbox = sandbox
        self._file = file.resolve()
        self._made: dict[int, Message | Invocation] = {}
        start, self._lines = lines.read(file)
        self._samples = bool(start.get("samples"))

    async def prepare(self) -> None:
        """Creates the channels and people that existed before."""
        if self._samples:
            await samples.fill(self._sandbox)

    async def play(self) -> AsyncIterator[Done]:
        """Plays line after line, each as soon as the one before is answered. Raises Unplayable."""
        for line in self._lines:
            try:
                yield await self._do(line)
            except (CannotInvoke, InvocationFailed, TimeoutError) as error:
                yield Done(line, failure=str(error))
            except (KeyError, IndexError, TypeError, ValueError, AttributeError, OSError) as error:
                raise Unplayable(f"line {line['id']} cannot be done: {type(error).__name__}: {error}") from error

    async def _do(self, line: Json) -> Done:
        sandbox = self._sandbox
        if line["do"] == "conditions":
            await sandbox.set_conditions(Conditions.from_json(line["conditions"]))
            return Done(line)
        who, locale, here = sandbox.person(line["who"]), line["locale"], self._place(line["in"])
        match line["do"]:
            case "open_thread":
                await sandbox.open_thread(here, line["name"], who)
                return Done(line)
            case "post":
                files = [self._read(one) for one in line["files"]]
                reply_to, forward = [
                    await self._message(line[key]) if key in line else None for key in ("reply_to", "forward")
                ]
                posted = await sandbox.post(here, who, line["content"], files, reply_to=reply_to, forward=forward)
                self._made[line["id"]] = posted
                return Done(line)
            case "slash":
                options = {name: self._value(value) for name, value in line["options"].items()}
                made = await sandbox.slash(line["command"], options, user=who, channel=here, locale=locale)
            case "message_command":
                target = await self._message(line["message"])
                made = await sandbox.message_command(line["command"], target, user=who, locale=locale)
            case "user_command":
                person = sandbox.person(line["person"])
                made = await sandbox.user_command(line["command"], person, user=who, channel=here, locale=locale)
            case "click":
                message = await self._message(line["message"])
                made = await sandbox.click(message, self._component(message, line), user=who, locale=locale)
            case "select":
                message = await self._message(line["message"])
                values = [self._value(value) for value in line["values"]]
                made = await sandbox.select(message, self._component(message, line), values, user=who, locale=locale)
            case "submit":
                opened = self._made[line["form"]]
                if not isinstance(opened, Invocation):
                    raise ValueError("that line opened no form")
                made = await sandbox.submit(opened, line["texts"], locale=locale)
            case unknown:
                raise ValueError(f"unknown action {unknown!r}")
        self._made[line["id"]] = made
        return Done(line, await self._answered(made, line))

    async def _answered(self, invocation: Invocation, line: Json) -> Message | None:
        """Returns the complete reply: with the recorded text or as many files, or the last version there is."""
        await invocation.acknowledged()
        if invocation.callback is CallbackType.MODAL:
            return None
        if invocation.callback is CallbackType.DEFERRED_UPDATE and "answer" not in line:
            return None  # it was only acknowledged
        before: Json = line.get("answer", {})
        files = len(before.get("files", ()))
        answer = await invocation.answered(PATIENCE)
        while len(answer.files) < max(files, 1) and (files or answer.text != before.get("content")):
            versions = len(invocation.history)
            sure_of_more = files or answer.text.endswith(IN_PROGRESS)
            try:
                await invocation.changes.until(
                    lambda known=versions: len(invocation.history) > known,  # type: ignore[misc]
                    PATIENCE if sure_of_more else QUIET,
                )
            except TimeoutError:
                break
            answer = invocation.history[-1]
        return answer

    # ------------------------------------------------------------ looking things up

    def _place(self, name: str) -> Channel:
        return places(self._sandbox)[name]

    def _component(self, message: Message, line: Json) -> str:
        return components(message)[int(line["component"]) - 1]

    async def _message(self, reference: Json) -> Message:
        if "in" in reference:
            return list(self._place(reference["in"]).messages.values())[int(reference["number"]) - 1]
        made = self._made[reference["id"]]
        if isinstance(made, Message):
            return made
        if "further" in reference:
            further = await made.followed_up(reference["further"])
            return self._sandbox.newest(further[int(reference["further"]) - 1])
        return self._sandbox.newest(await made.answered(PATIENCE))

    def _value(self, value: Any) -> Value:
        match value:
            case {"file": str()}:
                return self._read(value)
            case {"person": str(name)}:
                return self._sandbox.person(name)
            case {"place": str(name)}:
                return self._place(name)
            case {"role": str(name)}:
                return {role.name: role for role in self._sandbox.guild.roles.values()}[name]
            case str() | int() | float():
                return value
        raise ValueError(f"{value!r} is not a value")

    def _read(self, value: Json) -> File:
        """Reads a file of the recording's own folder or one of the sample faces, and no other, wherever links lead."""
        path = Path(os.path.realpath(self._file.parent / value["file"]))
        allowed = self._file.with_suffix(".files"), samples.FACES.resolve()
        if not any(path.is_relative_to(folder) for folder in allowed):
            raise ValueError(f"{value['file']} lies outside {allowed[0].name}, the recording's folder")
        data = read_regular(path, DEFAULT_SIZE_LIMIT)
        return File(value.get("name") or path.name, data, value.get("description"))
