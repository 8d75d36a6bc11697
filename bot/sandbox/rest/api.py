"""From HTTP to a call and back: the token, faults on purpose, and the memory of all that was said.

https://discord.com/developers/docs/reference
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web

from bot.sandbox import refused
from bot.sandbox.parts import Parts
from bot.sandbox.refused import Refusal, Refused
from bot.sandbox.rest.calls import Answer, Call, Handler, Route, read
from bot.sandbox.state import File, World

ROOT = "/api/v10"
SECONDS_TO_WAIT = 0.5


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
    """The next `times` requests whose path matches are answered so, whatever they are; `status` 0: not at all."""

    path: re.Pattern[str]
    times: int
    status: int
    body: Any
    headers: Mapping[str, str]


class Faults:
    """What the API does wrong on purpose: so many times, or for as long as the conditions say so.

    `path`: a regular expression searched for in the path below /api/v10.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._troubles: list[Trouble] = []
        self._told_to_wait: set[tuple[str, str]] = set()

    def rate_limit(self, retry_after: float = 0.1, *, times: int = 1, path: str = "") -> None:
        """429 with `retry_after` seconds."""
        self._troubles.append(_rate_limit(retry_after, times, path))

    def fail(self, status: int = 500, *, times: int = 1, path: str = "") -> None:
        """A server error."""
        self._troubles.append(_failure(status, times, path))

    def cut(self, *, times: int = 1, path: str = "") -> None:
        """The connection breaks instead of an answer."""
        self._troubles.append(Trouble(re.compile(path), times, 0, None, {}))

    def next(self, method: str, path: str) -> Trouble | None:
        """What becomes of this call, None where it is carried out."""
        for trouble in self._troubles:
            if trouble.times > 0 and trouble.path.search(path):
                trouble.times -= 1
                return trouble
        if self._world.conditions.server_errors:
            return _failure(500)
        if self._world.conditions.rate_limited and (method, path) not in self._told_to_wait:
            self._told_to_wait.add((method, path))
            return _rate_limit(SECONDS_TO_WAIT)
        self._told_to_wait.discard((method, path))
        return None


def _rate_limit(retry_after: float, times: int = 1, path: str = "") -> Trouble:
    body = {"message": "You are being rate limited.", "code": 0, "retry_after": retry_after, "global": False}
    headers = {"Retry-After": str(retry_after), "Via": "1.1 google", "X-RateLimit-Scope": "user"}
    return Trouble(re.compile(path), times, 429, body, headers)


def _failure(status: int, times: int = 1, path: str = "") -> Trouble:
    return Trouble(re.compile(path), times, status, {"message": f"{status}: Internal Server Error", "code": 0}, {})


class Api:
    """`requests` and `parts.refusals` remember what happened."""

    def __init__(self, parts: Parts, requests: deque[Exchange]) -> None:
        self.faults = Faults(parts.world)
        self._token = parts.application.token
        self._world = parts.world
        self._requests = requests
        self._refusals = parts.refusals
        self._trace = parts.trace

    def serve(self, routes: Iterable[Route]) -> list[web.RouteDef]:
        """`routes`, and 404 for all others."""
        served = [web.route(one.method, ROOT + one.path, self._handle(one.handler, token=one.token)) for one in routes]
        return [*served, web.route("*", ROOT + "/{rest:.*}", self._handle(_nowhere, token=False))]

    def _handle(self, handler: Handler, *, token: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            path, began = request.path.removeprefix(ROOT), time.monotonic()
            headers: Mapping[str, str] = {}
            now = {"Date": formatdate(self._world.clock.now(), usegmt=True)}
            body: Any = None
            files: dict[int, File] = {}
            no: Refused | None = None
            await asyncio.sleep(self._world.conditions.seconds_late)
            try:
                body, files = await read(request)
                if trouble := self.faults.next(request.method, path):
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
            self._trace.call(
                request.method,
                path,
                sent=body,
                files=files.values(),
                status=status,
                answered=answer,
                seconds=time.monotonic() - began,
                refused=_why(no) if no else None,
            )
            if status == 0:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            if answer is None:
                return web.Response(status=status, headers={**now, **headers})
            text = json.dumps(answer, ensure_ascii=False).encode()
            return web.Response(status=status, body=text, content_type="application/json", headers={**now, **headers})

        return handle


async def _nowhere(call: Call) -> Answer:
    raise refused.no_route()


def _why(no: Refused) -> str:
    return f"{no.message} {json.dumps(no.errors)}" if no.errors else no.message
