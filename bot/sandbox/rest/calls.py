"""One request, read and checked as far as every route needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox import refused
from bot.sandbox.messages import Sent
from bot.sandbox.refused import Form
from bot.sandbox.state import File, Json

_FILE_FIELD = re.compile(r"files\[(\d+)\]")


@dataclass(frozen=True)
class Call:
    """One request as the routes see it."""

    match: Mapping[str, str]
    query: Mapping[str, str]
    json: Any
    files: Mapping[int, File]

    def id(self, name: str) -> int:
        text = self.match[name]
        if not text.isdigit():
            form = Form()
            form.wrong((name,), "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
            form.refuse_if_wrong()
        return int(text)

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def limit(self, default: int, most: int) -> int:
        text = self.query.get("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            form = Form()
            form.wrong(("limit",), "NUMBER_TYPE_MAX", f"int value should be between 1 and {most}.")
            form.refuse_if_wrong()
        return int(text)

    @property
    def body(self) -> Json:
        return self.json if isinstance(self.json, dict) else {}

    @property
    def sent(self) -> Sent:
        return Sent(self.body, self.files)


Answer = tuple[int, Any]
Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """`path` is below /api/v10; `token`: whether the bot's token must come with it. Answers a status and JSON."""

    method: str
    path: str
    handler: Handler
    token: bool = True


async def read(request: web.Request) -> tuple[Any, dict[int, File]]:
    """The JSON of a request (None where there is none), and its files by their number."""
    if request.content_type != "multipart/form-data":
        return _parse(await request.read()), {}
    body: Any = None
    files: dict[int, File] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = _parse(data)
        elif found := _FILE_FIELD.fullmatch(part.name or ""):
            files[int(found[1])] = File(part.filename or "file", data)
    return body, files


def _parse(data: bytes) -> Any:
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        raise refused.invalid_json() from None
