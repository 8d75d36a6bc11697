"""Small web servers of the bot, and how they treat what strangers send.

Bodies are never decompressed: a few bytes could become many before anybody has checked who sent them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from bot.errors import ConfigError
from bot.http.connections import Connection, Connections
from bot.http.log_throttle import ThrottledLogger

MOST_BYTES_UNSIGNED = 8 * 1024 * 1024
"""The most bytes of all requests at once that are not known to be honest. With `MOST_CONNECTIONS` of them that is
32 KiB for each, and Discord's have some thousand bytes."""

MOST_LINES_UNSIGNED = 1000
"""The most lines of one such request. Headers have some tens and JSON has none, but a body in chunks of one byte has
two for each byte, and requests sent without waiting for the answers have many: half a second's work in what is read at
once of a few connections, and all others wait for it."""

SECONDS_TO_LINGER = 2.0
"""How long to discard the body of a request that was refused unread, so that its client gets to read the answer."""

SECONDS_TO_END = 2.0
"""How long a stopping server waits for requests that are being answered."""


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int, section: str) -> AsyncIterator[None]:
    """Serve `app` during the block. Raises ConfigError: the port of this `section` of the settings is taken."""
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
    """Serve `app` during the block, and yield its connections, which know the port: a free one for 0.

    `most_bytes`: the size of all requests at once that are not known to be honest; `most_lines`: the lines of each. A
    request is honest when it is answered with a status from 200 to 399, or when `vouch` is called for it. Raises
    OSError: cannot listen there.
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
    """Mark the request as honest: its bytes no longer count, and its connection is kept in preference to others."""
    if connection := _connection(request):
        connection.vouch()


def _connection(request: web.Request) -> Connection | None:
    """The connection of a request; None: it is closed already."""
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
        await response.prepare(request)  # here, so that its status is checked before `end`
        return response
    except web.HTTPException as refusal:
        _drop_tracebacks(refusal)
        raise
    finally:
        connection.end()


def _drop_tracebacks(error: BaseException | None) -> None:
    """Drop the tracebacks of an error: aiohttp keeps errors in cycles, and a traceback would keep bodies until then."""
    while error is not None:
        error.__traceback__, error = None, error.__context__


async def _judge(request: web.Request, response: web.StreamResponse) -> None:
    """Not for a WebSocket: who is at its other end is still to be heard."""
    if web.HTTPOk.status_code <= response.status < web.HTTPBadRequest.status_code:
        vouch(request)
    elif (connection := _connection(request)) and not connection.busy:
        connection.begin()  # aiohttp refuses what it does not expect (`Expect: anything`) before `_watch` hears of it
        connection.end()


class _HttpLog(ThrottledLogger):
    """Logs a request that is not HTTP as its sender's fault, not as an error of ours."""

    def log(self, level: int, msg: object, *args: object, exc_info: Any = None, **kwargs: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            super().log(logging.INFO, "a request that is no HTTP was refused with 400")
        else:
            kind = f" ({type(exc_info).__name__})" if isinstance(exc_info, Exception) else ""
            super().log(level, f"{msg}{kind}", *args, exc_info=exc_info, **kwargs)
