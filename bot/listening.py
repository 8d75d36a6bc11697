"""Small web servers of the bot's own, for the time of a block: how they treat what strangers send.

Bodies are never inflated: a few bytes would be many, before anybody has looked at who sent them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from bot.config import ConfigError
from bot.connections import Connection, Connections
from bot.repeats import Repeats

MOST_BYTES_UNSIGNED = 8 * 1024 * 1024
"""Of all requests at once that are not known to be honest. With `MOST_CONNECTIONS` of them that is 32 KiB for each, and
those of Discord have some thousand bytes."""

MOST_LINES_UNSIGNED = 1000
"""Of one such request. Headers have some tens, JSON none. But a body that comes in chunks of one byte has two for each,
and requests that are sent before the one ahead of them is answered have some each: half a second's work in what is read
at once of a few connections, for which all others wait."""

SECONDS_TO_LINGER = 2.0
"""How long the body of a request that was refused unread is thrown away, so that its client gets to read the answer."""

SECONDS_TO_END = 2.0
"""For requests that are being answered when the server stops."""


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, section: str) -> AsyncIterator[None]:
    """Raises ConfigError, which names the port of this `section` of the settings: it is taken."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(serving(app, host, port, most_lines=MOST_LINES_UNSIGNED))
        except OSError as error:
            raise ConfigError(f"{section}.port: cannot listen on {host}:{port}: {error}") from None
        yield


@asynccontextmanager
async def serving(
    app: web.Application,
    host: str,
    port: int,
    *,
    most_bytes: int = MOST_BYTES_UNSIGNED,
    most_lines: int | None = None,
) -> AsyncIterator[Connections]:
    """Yields its connections, which know the port: a free one for 0.

    `most_bytes`: of all requests at once that are not known to be honest, `most_lines`: of each. One is when it is
    answered with a status from 200 to 399, or when `vouch` is called for it. Raises OSError: cannot listen there.
    """
    app.middlewares.insert(0, _watch)
    app.on_response_prepare.append(_judge)
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        lingering_time=SECONDS_TO_LINGER,
        logger=_HttpLog(logging.getLogger(__name__)),
        shutdown_timeout=SECONDS_TO_END,
    )
    await runner.setup()
    assert runner.server is not None
    connections = Connections(runner.server, most_bytes, most_lines)
    try:
        async with connections.accepted(host, port):
            yield connections
    finally:
        await runner.cleanup()
        connections.close()


def vouch(request: web.Request) -> None:
    """The request is honest: its bytes are no longer counted, and its connection is kept in preference to others."""
    if connection := _connection(request):
        connection.vouch()


def _connection(request: web.Request) -> Connection | None:
    """None: it is closed already."""
    if request.transport is None:
        return None
    protocol = request.transport.get_protocol()
    return protocol if isinstance(protocol, Connection) else None


@web.middleware
async def _watch(request: web.Request, handler: Handler) -> web.StreamResponse:
    connection = _connection(request)
    if connection is None:
        raise web.HTTPBadRequest(text="The connection was closed.")
    connection.begin()
    try:
        encodings = request.headers.getall(hdrs.CONTENT_ENCODING, [])
        if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings):
            raise web.HTTPUnsupportedMediaType(text="Compressed bodies are not accepted.")
        response = await handler(request)
        await response.prepare(request)  # here, so that its status is looked at before `end`
        return response
    except web.HTTPException as refusal:
        _drop_tracebacks(refusal)
        raise
    finally:
        connection.end()


def _drop_tracebacks(error: BaseException | None) -> None:
    """aiohttp keeps errors in cycles, and tracebacks keep what functions held: bodies, until garbage is collected."""
    while error is not None:
        error.__traceback__, error = None, error.__context__


async def _judge(request: web.Request, response: web.StreamResponse) -> None:
    """Not for a WebSocket: who is at its other end is still to be heard."""
    if web.HTTPOk.status_code <= response.status < web.HTTPBadRequest.status_code:
        vouch(request)
    elif (connection := _connection(request)) and not connection.busy:
        connection.begin()  # aiohttp refuses what it does not expect (`Expect: anything`) before `_watch` hears of it
        connection.end()


class _HttpLog(Repeats):
    """What is no HTTP is its sender's fault, and no error of ours."""

    def log(self, level: int, msg: object, *args: object, exc_info: Any = None, **kwargs: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            super().log(logging.INFO, "a request that is no HTTP was refused with 400")
        else:
            kind = f" ({type(exc_info).__name__})" if isinstance(exc_info, Exception) else ""
            super().log(level, f"{msg}{kind}", *args, exc_info=exc_info, **kwargs)
