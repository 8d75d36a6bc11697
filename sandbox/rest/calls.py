"""Reads requests and makes the checks that every route needs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from sandbox import refused
from sandbox.messages import Sent
from sandbox.parse import check_characters, parse
from sandbox.refused import Form
from sandbox.state import File, Json

MOST_FILE_BYTES = 25 * 1024 * 1024
"""Limit for all files of a request together. https://discord.com/developers/docs/reference#uploading-files"""
MOST_JSON_BYTES = 4 * 1024 * 1024
MOST_BYTES = MOST_FILE_BYTES + MOST_JSON_BYTES
WITH_BODY = ("POST", "PUT", "PATCH")

_NUMBER = re.compile(r"[0-9]{1,20}")
_FILE_FIELD = re.compile(r"files\[([0-9]{1,20})\]")


@dataclass(frozen=True)
class Call:
    """A request as the routes see it."""

    match: Mapping[str, str]
    query: Mapping[str, str]
    json: Any = None
    files: Mapping[int, File] = field(default_factory=dict)

    def id(self, name: str) -> int:
        text = self.match[name]
        if not _NUMBER.fullmatch(text):
            form = Form()
            form.wrong((name,), "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
            form.refuse_if_wrong()
        return int(text)

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")

    def limit(self, default: int, most: int) -> int:
        text = self.query.get("limit", str(default))
        if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
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
    """`path`: below /api/v10; `handler`: returns a status and JSON.

    `token`: whether the request must hold the bot's token; `check`: raises Refused if the path is invalid. Both are
    checked before the body is read.
    """

    method: str
    path: str
    handler: Handler
    token: bool = True
    check: Callable[[Call], object] | None = None


@dataclass(frozen=True)
class Body:
    """`raw`: the JSON as bytes; `json`: the same parsed, None if there is none; `files`: by number."""

    raw: bytes = b""
    json: Any = None
    files: Mapping[int, File] = field(default_factory=dict)


async def read(request: web.Request) -> Body:
    """Raises Refused: the body is larger than Discord accepts, or is malformed."""
    if request.method not in WITH_BODY:
        return Body()
    if (request.content_length or 0) > MOST_BYTES:
        raise refused.entity_too_large()
    try:
        if request.content_type == "multipart/form-data":
            return await _multipart(request)
        return _body(await _bounded(request.content.iter_any(), MOST_JSON_BYTES), {})
    except (ValueError, HttpProcessingError):
        raise refused.invalid_json() from None


async def _multipart(request: web.Request) -> Body:
    """Raises Refused, and for a malformed body or header what aiohttp raises: ValueError, HttpProcessingError."""
    raw, room = b"", MOST_BYTES
    files: dict[int, File] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = await _bounded(_chunks(part), min(room, MOST_JSON_BYTES) if part.name == "payload_json" else room)
        room -= len(data)
        if part.name == "payload_json":
            raw = data
        elif found := _FILE_FIELD.fullmatch(part.name or ""):
            name = part.filename or "file"
            check_characters(name)
            files[int(found[1])] = File(name, data)
    return _body(raw, files)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while not part.at_eof():
        yield await part.read_chunk()


async def _bounded(chunks: AsyncIterable[bytes], most: int) -> bytes:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > most:
            raise refused.entity_too_large()
    return bytes(data)


def _body(raw: bytes, files: Mapping[int, File]) -> Body:
    return Body(raw, parse(raw) if raw else None, files)
