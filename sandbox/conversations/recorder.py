"""Records what people do in the sandbox, photos included, and only when asked to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.conditions import Conditions
from sandbox.conversations.names import components, places
from sandbox.feed import ActionTaken, ConditionsChanged, Event, MessageShown
from sandbox.files import private_folder, safe_name, write_private
from sandbox.invocation import Invocation
from sandbox.server import Sandbox
from sandbox.state import Attachment, Channel, File, Json, Message, Role, User


class Recorder:
    """`file`: where the conversation is written. Its photos go into a folder next to it, named after it.

    Other accounts on the machine can read neither.
    """

    def __init__(self, sandbox: Sandbox, file: Path, *, samples: bool) -> None:
        self.files = file.with_suffix(".files")
        self._sandbox = sandbox
        self._file = file
        self._lines: list[Json] = []
        self._made: dict[int, int] = {}
        self._invocations: dict[int, Invocation] = {}
        self._start: Json = {"conversation": 1, "samples": samples}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Records everything until the block ends. Raises OSError."""
        self._write()
        with self._sandbox.feed.subscribed(self._on_event):
            yield

    def _on_event(self, event: Event) -> None:
        match event:
            case ActionTaken():
                self._add(event.action, self._line(event))
                self._made[event.result.id] = len(self._lines)
                if isinstance(event.result, Invocation):
                    self._invocations[len(self._lines)] = event.result
            case ConditionsChanged(conditions):
                usual = Conditions().to_json()
                changed = {key: value for key, value in conditions.to_json().items() if value != usual[key]}
                self._add("conditions", {"conditions": changed})
            case MessageShown(message) if message.author.id == self._sandbox.bot.id:
                self._write()  # adds the answer to the line that asked for it

    def _add(self, what: str, line: Json) -> None:
        self._lines.append({"id": len(self._lines) + 1, "do": what, **line})
        self._write()

    def _write(self) -> None:
        """Rewrites the whole file atomically: there is never half a line, and answers are part of their lines."""
        lines = [self._start, *({**line, **self._answer(line["id"])} for line in self._lines)]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        write_private(self._file, text.encode())

    def _answer(self, id: int) -> Json:  # noqa: A002
        invocation = self._invocations.get(id)
        answer = invocation.answer if invocation else None
        if answer is None:
            return {}
        return {"answer": {"content": answer.text, "files": [file.filename for file in answer.files]}}

    # ------------------------------------------------------------ one line

    def _line(self, taken: ActionTaken) -> Json:
        line: Json = {"who": taken.user.name, "locale": taken.locale, "in": self._place(taken.channel)}
        given = dict(taken.arguments)
        custom_id = given.pop("custom_id", None)
        for key, value in given.items():
            match key, value:
                case "target", User():
                    line["person"] = value.name
                case "target" | "message", Message():
                    line["message"] = self._message(value)
                case "reply_to" | "forward", Message():
                    line[key] = self._message(value)
                case "opened", Invocation():
                    line["form"] = self._made[value.id]
                case _:
                    line[key] = self._value(value)
        if custom_id is not None and isinstance(taken.arguments["message"], Message):
            line["component"] = components(taken.arguments["message"]).index(str(custom_id)) + 1
        return line

    def _value(self, value: object) -> object:
        match value:
            case Mapping():
                return {name: self._value(inner) for name, inner in value.items()}
            case list() | tuple():
                return [self._value(inner) for inner in value]
            case File() | Attachment():
                return self._kept(value)
        return self._named(value)

    def _named(self, value: object) -> object:
        match value:
            case User():
                return {"person": value.name}
            case Channel():
                return {"place": self._place(value)}
            case Role():
                return {"role": value.name}
        return value

    def _place(self, channel: Channel) -> str:
        return next(name for name, one in places(self._sandbox).items() if one is channel)

    def _message(self, message: Message) -> Json:
        if message.id in self._made:
            return {"id": self._made[message.id]}
        for id_, invocation in self._invocations.items():
            if message.id in (invocation.original, invocation.instead):
                return {"id": id_}
            for number, further in enumerate(invocation.followups, 1):
                if message.id == further.id:
                    return {"id": id_, "further": number}
        return {"in": self._place(message.channel), "number": [*message.channel.messages].index(message.id) + 1}

    def _kept(self, file: File | Attachment) -> Json:
        """Writes a file to the folder, once per content, and returns how a line refers to it."""
        name = file.name if isinstance(file, File) else file.filename
        safe = Path(safe_name(name))
        private_folder(self.files)
        path, number = self.files / safe, 1
        while path.exists() and not (path.is_file() and path.read_bytes() == file.data):
            number += 1
            path = self.files / f"{safe.stem}-{number}{safe.suffix}"
        write_private(path, file.data)
        kept: Json = {"file": path.relative_to(self._file.parent).as_posix(), "name": name}
        return kept | ({"description": file.description} if file.description else {})
