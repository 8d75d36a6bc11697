"""From HTTP to a call and back: the token, faults on purpose, and the memory of all that was said.

https://discord.com/developers/docs/reference
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox import refused
from bot.sandbox.refused import Refusal, Refused
from bot.sandbox.rest.calls import Answer, Call, Handler, Route, read
from bot.sandbox.state import File

ROOT = "/api/v10"


@dataclass(frozen=True)
class SentFile:
    """What is remembered of an uploaded file: its form field, its name, its size in bytes."""

    field: str
    name: str
    size: int


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `path` is below /api/v10; `json`: the body, of multipart requests `payload_json`."""

    method: str
    path: str
    query: Mapping[str, str]
    json: Any
    multipart: bool
    files: tuple[SentFile, ...]
    status: int
    response: Any


@dataclass
class Trouble:
    """The next `times` requests whose path matches are answered so, whatever they are."""

    path: re.Pattern[str]
    times: int
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(eq=False)
class Faults:
    """What the API does wrong on purpose. `path`: a regular expression searched for in the path below /api/v10."""

    troubles: list[Trouble] = field(default_factory=list)

    def rate_limit(self, retry_after: float = 0.1, *, times: int = 1, path: str = "") -> None:
        """429 with `retry_after` seconds."""
        body = {"message": "You are being rate limited.", "code": 0, "retry_after": retry_after, "global": False}
        headers = {"Retry-After": str(retry_after), "Via": "1.1 google", "X-RateLimit-Scope": "user"}
        self.troubles.append(Trouble(re.compile(path), times, 429, body, headers))

    def fail(self, status: int = 500, *, times: int = 1, path: str = "") -> None:
        """A server error."""
        body = {"message": f"{status}: Internal Server Error", "code": 0}
        self.troubles.append(Trouble(re.compile(path), times, status, body, {}))

    def next(self, path: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.times > 0 and trouble.path.search(path):
                trouble.times -= 1
                return trouble
        return None


class Api:
    """`requests` and `refusals` remember what happened."""

    def __init__(self, token: str, requests: deque[Exchange], refusals: deque[Refusal]) -> None:
        self.faults = Faults()
        self._token = token
        self._requests = requests
        self._refusals = refusals

    def serve(self, routes: Iterable[Route]) -> list[web.RouteDef]:
        """`routes`, and 404 for all others."""
        served = [web.route(one.method, ROOT + one.path, self._handle(one.handler, token=one.token)) for one in routes]
        return [*served, web.route("*", ROOT + "/{rest:.*}", self._handle(_nowhere, token=False))]

    def _handle(self, handler: Handler, *, token: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            path = request.path.removeprefix(ROOT)
            headers: Mapping[str, str] = {}
            body: Any = None
            files: dict[int, File] = {}
            no: Refused | None = None
            try:
                body, files = await read(request)
                if trouble := self.faults.next(path):
                    status, answer, headers = trouble.status, trouble.body, trouble.headers
                else:
                    if token and request.headers.get("Authorization") != f"Bot {self._token}":
                        raise refused.unauthorized()
                    status, answer = await handler(Call(request.match_info, request.query, body, files))
            except web.HTTPRequestEntityTooLarge:
                no = refused.entity_too_large()
            except Refused as caught:
                no = caught
            if no is not None:
                status, answer = no.status, no.body
                self._refusals.append(Refusal(f"{request.method} {path}", status, no.code, _why(no)))
            remembered = tuple(SentFile(f"files[{n}]", file.name, len(file.data)) for n, file in files.items())
            multipart = request.content_type == "multipart/form-data"
            query = dict(request.query)
            self._requests.append(Exchange(request.method, path, query, body, multipart, remembered, status, answer))
            if answer is None:
                return web.Response(status=status, headers=headers)
            text = json.dumps(answer, ensure_ascii=False).encode()
            return web.Response(status=status, body=text, content_type="application/json", headers=headers)

        return handle


async def _nowhere(call: Call) -> Answer:
    raise refused.no_route()


def _why(no: Refused) -> str:
    return f"{no.message} {json.dumps(no.errors)}" if no.errors else no.message
