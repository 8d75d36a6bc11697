"""The connections of one port, and how much of it strangers may use: time, connections, bytes.

The server waits for a client as long as an honest one needs, and no longer. If there are too many connections, or too
many bytes of requests that nobody has vouched for, it closes the worst connection in favour of new ones, so that nobody
can keep others out by taking everything.

Behind a proxy a connection is the proxy's, and carries anybody's requests. So each request is judged by itself, and a
connection by the best that came on it.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

from bot.http.log_throttle import ThrottledLogger

SECONDS_FOR_HEADERS = 10.0
"""From the start of a connection, or from the first byte of a later request, until its headers are complete."""

SECONDS_IDLE = 620.0
"""How long a connection may be idle between two requests. Longer than most proxies keep an idle connection (nginx and
AWS 60 s by default, Caddy 120 s, Google Cloud 600 s): if the bot closed it first, a command that is sent at that moment
could be lost."""

SECONDS_TO_READ = 10.0
"""How long a client may leave an answer unread that fills the buffers of its connection."""

MOST_CONNECTIONS = 256
"""The most connections of one port. A proxy needs some tens."""

SHARE_OF_FILES = 4
"""One port uses at most this fraction (one in `SHARE_OF_FILES`) of the files that the process may open."""

FEWER = 8
"""Connections that are closed when no more files can be opened, so that others can open what they need."""

SECONDS_OF_GRACE = 1.0
"""How long a new connection, which may be an honest one, is closed only if there is no other to close."""

OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

SECONDS_UNTIL_NEXT_TRY = 0.1
"""How long to wait after accepting a connection failed and there was none to close."""

BACKLOG = 1024
"""Connections that wait to be accepted. The system ignores further ones, and a proxy tries them again after 1 s."""

log = ThrottledLogger(logging.getLogger(__name__))


class Connection(asyncio.Protocol):
    """Passes on what comes to aiohttp's own protocol, `http`, and closes a connection whose client is too slow.

    `trusted`: an honest request came on it; `since`: the loop's time when it was opened, or when the last honest one
    came; `busy`: a handler has a request of it; `vouched`: that request is known to be honest; `received`: bytes of a
    request that is not, and `lines`: its lines.
    """

    def __init__(self, connections: Connections, http: asyncio.Protocol) -> None:
        self._connections = connections
        self._http = http
        self._loop = asyncio.get_running_loop()
        self._headers_begun = False
        self._deadline: asyncio.TimerHandle | None = None
        self._reading_deadline: asyncio.TimerHandle | None = None
        self.since = self._loop.time()
        self.trusted = self.busy = self.vouched = False
        self.received = self.lines = 0

    # ------------------------------------------------------------ called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.open.add(self)
        self._close_after(SECONDS_FOR_HEADERS)
        self._http.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self.busy and not self._headers_begun:
            self._headers_begun = True
            self._close_after(SECONDS_FOR_HEADERS)
        if not self.vouched:
            self._connections.count(self, data)
        if not self._transport.is_closing():
            self._http.data_received(data)

    def eof_received(self) -> bool | None:
        return self._http.eof_received()

    def pause_writing(self) -> None:
        self._reading_deadline = self._loop.call_later(SECONDS_TO_READ, self.abort)
        self._http.pause_writing()

    def resume_writing(self) -> None:
        _cancel(self._reading_deadline)
        self._http.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        _cancel(self._deadline)
        _cancel(self._reading_deadline)
        self._connections.remove(self)
        self._http.connection_lost(error)

    # ------------------------------------------------------------ called by handlers

    def begin(self) -> None:
        """A handler starts on a request. How long that takes is up to the handler."""
        self.busy, self._headers_begun = True, False
        _cancel(self._deadline)

    def end(self) -> None:
        self.busy = self.vouched = False
        self._connections.forget(self)
        self._close_after(SECONDS_IDLE)

    def vouch(self) -> None:
        """The request that the handler is working on is honest."""
        self.trusted, self.vouched = True, self.busy
        self.since = self._loop.time()
        self._connections.forget(self)

    def abort(self) -> None:
        """Close it at once, without sending what is still buffered."""
        self._connections.remove(self)
        self._transport.abort()

    def _close_after(self, seconds: float) -> None:
        _cancel(self._deadline)
        if self in self._connections.open:
            self._deadline = self._loop.call_later(seconds, self.abort)


class Connections:
    """The connections of one port. `open`: those that are open; `bytes`: the size of all requests that nobody has
    vouched for, at most `most_bytes`; `port`: its number, once connections are accepted.

    `most_lines`: of one such request, headers and body; None: unlimited. `http`: makes aiohttp's protocol for a
    connection.
    """

    def __init__(self, http: Callable[[], asyncio.Protocol], most_bytes: int, most_lines: int | None = None) -> None:
        self._http = http
        self._most_bytes = most_bytes
        self._most_lines = most_lines
        self._most = _most_connections()
        self._changed = asyncio.Event()
        self.open: set[Connection] = set()
        self.bytes = 0
        self.port = 0

    @asynccontextmanager
    async def accepted(self, host: str, port: int) -> AsyncIterator[None]:
        """Accept connections during the block. `port` 0: a free one. Raises OSError: cannot listen there."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(one) for one in await _listening(host, port)]
            self.port = sockets[0].getsockname()[1]
            accepting = [asyncio.create_task(self._accept(one)) for one in sockets]
            try:
                yield
            finally:
                for task in accepting:
                    task.cancel()
                await asyncio.gather(*accepting, return_exceptions=True)

    def close(self) -> None:
        """Close all that are open."""
        for connection in list(self.open):
            connection.abort()

    def count(self, connection: Connection, data: bytes) -> None:
        """Count more of a request. One with too many lines is cut off; if there are too many bytes in all, the largest
        is.
        """
        connection.received += len(data)
        self.bytes += len(data)
        if self._most_lines is not None:
            connection.lines += data.count(b"\n")
            if connection.lines > self._most_lines:
                log.warning("an unsigned request of more than %d lines is cut off", self._most_lines)
                connection.abort()
        while self.bytes > self._most_bytes:
            log.warning("more than %d bytes of unsigned requests at once: the largest is cut off", self._most_bytes)
            max(self.open, key=lambda one: one.received).abort()

    def forget(self, connection: Connection) -> None:
        """Stop counting its bytes."""
        self.bytes -= connection.received
        connection.received = connection.lines = 0
        self._changed.set()

    def remove(self, connection: Connection) -> None:
        self.open.discard(connection)
        self.forget(connection)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listening)
                try:
                    await self._make_room()
                    await loop.connect_accepted_socket(lambda: Connection(self, self._http()), client)
                except BaseException:
                    client.close()
                    raise
            except ConnectionError:  # it was closed before it was accepted
                continue
            except OSError as error:
                log.warning("cannot accept a connection: %s", error.strerror)
                closed = error.errno in OUT_OF_FILES and self._close_worst(FEWER)
                await asyncio.sleep(0 if closed else SECONDS_UNTIL_NEXT_TRY)

    async def _make_room(self) -> None:
        while len(self.open) >= self._most:
            log.warning("more than %d connections at once: the oldest untrusted or idle one is closed", self._most)
            if not self._close_worst():
                self._changed.clear()
                await self._changed.wait()

    def _close_worst(self, count: int = 1) -> bool:
        """Close the worst connections without an honest request in progress; return whether there were any."""
        closable = sorted((one for one in self.open if not (one.busy and one.vouched)), key=self._worth)[:count]
        for connection in closable:
            connection.abort()
        return bool(closable)

    def _worth(self, connection: Connection) -> tuple[int, float]:
        """A sort key: the oldest untrusted connection comes first, then the trusted one that was idle for longest."""
        if connection.trusted:
            return 1, connection.since
        is_new = asyncio.get_running_loop().time() - connection.since < SECONDS_OF_GRACE
        return 2 if is_new else 0, connection.since


def _most_connections() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, files // SHARE_OF_FILES)


async def _listening(host: str, port: int) -> list[socket.socket]:
    """Open a socket for each address of `host`; "": all addresses of this machine. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with ExitStack() as stack:
        sockets = []
        for family, _, _, _, address in dict.fromkeys(found):
            one = stack.enter_context(socket.create_server(address, family=family, backlog=BACKLOG))
            one.setblocking(False)
            sockets.append(one)
        stack.pop_all()
    return sockets


def _cancel(deadline: asyncio.TimerHandle | None) -> None:
    if deadline is not None:
        deadline.cancel()
