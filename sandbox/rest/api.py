"""Turns HTTP requests into calls: checks the token, applies faults on purpose, and records all exchanges.

https://discord.com/developers/docs/reference
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web

from bot.http.listening import vouch
from sandbox import refused
from sandbox.refused import Refusal, Refused
from sandbox.rest.calls import Answer, Body, Call, Route, read
from sandbox.rest.exchanges import Exchange, Exchanges, SentFile
from sandbox.services import Services
from sandbox.world import World

ROOT = "/api/v10"
SECONDS_TO_WAIT = 0.5
MOST_CHARACTERS = 1000
"""Longest path or reason that is recorded."""
MOST_LIMITED = 1000
"""Calls that were told to wait and have not come again."""


@dataclass
class Fault:
    """The response to the next `times` requests whose path matches. `status` 0: none, the connection is cut."""

    path: re.Pattern[str]
    times: int
    status: int
    body: Any
    headers: Mapping[str, str]


class Faults:
    """What the API does wrong on purpose: a number of times, or for as long as the conditions say so.

    `path`: a regular expression that is searched for in the path below /api/v10.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults: list[Fault] = []
        self._limited: dict[tuple[str, str], None] = {}  # the oldest first

    def rate_limit(self, retry_after: float = 0.1, *, times: int = 1, path: str = "") -> None:
        """Answers 429 with `retry_after` seconds."""
        self._faults.append(_rate_limit(retry_after, times, path))

    def fail(self, status: int = 500, *, times: int = 1, path: str = "") -> None:
        """Answers with a server error."""
        self._faults.append(_failure(status, times, path))

    def cut(self, *, times: int = 1, path: str = "") -> None:
        """Cuts the connection instead of answering."""
        self._faults.append(Fault(re.compile(path), times, 0, None, {}))

    def next(self, method: str, path: str) -> Fault | None:
        """Returns the fault for this call, None if it is to be carried out."""
        for fault in self._faults:
            if fault.times > 0 and fault.path.search(path):
                fault.times -= 1
                return fault
        if self._world.conditions.server_errors:
            return _failure(500)
        call = method[:MOST_CHARACTERS], path[:MOST_CHARACTERS]
        if self._world.conditions.rate_limited and call not in self._limited:
            self._limited[call] = None
            if len(self._limited) > MOST_LIMITED:
                del self._limited[next(iter(self._limited))]
            return _rate_limit(SECONDS_TO_WAIT)
        self._limited.pop(call, None)
        return None


def _rate_limit(retry_after: float, times: int = 1, path: str = "") -> Fault:
    body = {"message": "You are being rate limited.", "code": 0, "retry_after": retry_after, "global": False}
    headers = {"Retry-After": str(retry_after), "Via": "1.1 google", "X-RateLimit-Scope": "user"}
    return Fault(re.compile(path), times, 429, body, headers)


def _failure(status: int, times: int = 1, path: str = "") -> Fault:
    return Fault(re.compile(path), times, status, {"message": f"{status}: Internal Server Error", "code": 0}, {})


class Api:
    """Records every exchange in `requests` and every refusal in `services.refusals`."""

    def __init__(self, services: Services, requests: Exchanges) -> None:
        self.faults = Faults(services.world)
        self._authorization = f"Bot {services.application.token}".encode()
        self._world = services.world
        self._requests = requests
        self._refusals = services.refusals
        self._trace = services.trace

    def serve(self, routes: Iterable[Route]) -> list[web.RouteDef]:
        """Serves `routes`, and answers 404 to everything else."""
        nowhere = Route("*", "/{rest:.*}", _nowhere, token=False)
        return [web.route(one.method, ROOT + one.path, self._handle(one)) for one in (*routes, nowhere)]

    def _handle(self, route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            path, began = request.path.removeprefix(ROOT), time.monotonic()
            headers: Mapping[str, str] = {}
            now = {"Date": formatdate(self._world.clock.now(), usegmt=True)}
            body: Body | None = None
            no: Refused | None = None
            await asyncio.sleep(self._world.conditions.seconds_late)
            try:
                self._admit(request, route)
                if route.token or route.check:  # nobody else may send a body
                    vouch(request)
                    body = await read(request)
                if fault := self.faults.next(request.method, path):
                    status, answer, headers = fault.status, fault.body, fault.headers
                else:
                    sent = body or Body()
                    status, answer = await route.handler(Call(request.match_info, request.query, sent.json, sent.files))
            except Refused as caught:
                no = caught
                status, answer = no.status, no.body
                self._refusals.append(Refusal(f"{request.method} {path}"[:MOST_CHARACTERS], status, no.code, _why(no)))
            text = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
            self._remember(request, path, body, status, text)
            self._trace.call(
                request.method,
                path,
                sent=body.json if body else None,
                files=body.files.values() if body else (),
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
            return web.Response(status=status, body=text, content_type="application/json", headers={**now, **headers})

        return handle

    def _admit(self, request: web.Request, route: Route) -> None:
        """Checks, before the body is read, that the request holds the bot's token or an interaction's."""
        given = request.headers.get("Authorization", "")
        if route.token and not hmac.compare_digest(given.encode(errors="replace"), self._authorization):
            raise refused.unauthorized()
        if route.check is not None:
            route.check(Call(request.match_info, request.query))

    def _remember(self, request: web.Request, path: str, body: Body | None, status: int, answered: bytes) -> None:
        files = body.files if body else {}
        sent_files = tuple(SentFile(f"files[{n}]", file.name, len(file.data)) for n, file in files.items())
        multipart = request.content_type == "multipart/form-data"
        query, is_read = dict(request.query), body is not None
        exchange = Exchange(request.method, path, query, None, multipart, sent_files, status, None, is_read)
        self._requests.add(exchange, body.raw if body else b"", answered)


async def _nowhere(call: Call) -> Answer:
    raise refused.no_route()


def _why(no: Refused) -> str:
    why = f"{no.message} {json.dumps(no.errors)}" if no.errors else no.message
    return why[:MOST_CHARACTERS]
