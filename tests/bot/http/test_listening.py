"""bot.http.listening: what strangers send to a listener, on real connections, and what honest ones get meanwhile."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import psutil
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from patience import PATIENCE, until
from yarl import URL

from bot.config import InteractionsSection
from bot.errors import ConfigError
from bot.http import endpoint
from bot.http.endpoint import PATH, SIGNATURE, TIMESTAMP, Peers
from bot.http.listening import listening, serving, vouch
from bot.http.log_throttle import ThrottledLogger
from sandbox import Sandbox

SECONDS = 2.0
"""A limit that a test waits for. What is not to reach it takes a few milliseconds on an idle machine."""

KEY = Ed25519PrivateKey.generate()
PING = b'{"type": 1}'
WRONG = {SIGNATURE: "5a" * 64}
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions": "permessage-deflate",
}


def signed(body: bytes = PING) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {SIGNATURE: KEY.sign(timestamp.encode() + body).hex(), TIMESTAMP: timestamp}


def head(headers: dict[str, str], length: int, path: str = PATH, method: str = "POST", host: str = "bot") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{key}: {value}" for key, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


class Client:
    """One connection, by hand."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port, self._reader, self._writer = port, reader, writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def status(self) -> int:
        async with asyncio.timeout(PATIENCE):
            answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
            await self._reader.readexactly(int(answer.partition("content-length:")[2].partition("\r\n")[0] or 0))
        return int(answer.split()[1])

    async def ping(self) -> int:
        self.send(head(signed(), len(PING)) + PING)
        return await self.status()

    async def closed(self) -> bool:
        """Waits for it. Whether that was without an answer."""
        async with asyncio.timeout(PATIENCE):
            try:
                return not await self._reader.read()
            except ConnectionError:
                return True

    def is_served(self) -> bool:
        """Whether this process, which is the server's, too, has the other end of it."""
        ours = self._writer.get_extra_info("sockname")
        found = psutil.Process().net_connections(kind="tcp4")
        return any(one.laddr.port == self._port and one.raddr == ours for one in found)

    def close(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def connected(port: int, count: int, receive_buffer: int | None = None) -> AsyncIterator[list[Client]]:
    clients: list[Client] = []
    try:
        for _ in range(count):
            ours = socket.socket()
            ours.setblocking(False)
            if receive_buffer is not None:
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            await asyncio.get_running_loop().sock_connect(ours, ("127.0.0.1", port))
            clients.append(Client(port, *await asyncio.open_connection(sock=ours)))
        yield clients
    finally:
        for client in clients:
            client.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def taking_commands() -> AsyncIterator[int]:
    """The port where interactions are taken; each command is accepted."""
    port, public = free_port(), KEY.public_key().public_bytes_raw().hex()
    async with aiohttp.ClientSession() as session:
        settings, peers = InteractionsSection(port=port), Peers(session, ())
        async with endpoint.served(settings, public, peers, accept=lambda _: None, is_elsewhere=lambda _: False):
            yield port


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with taking_commands() as port:
        yield port


@pytest.fixture(autouse=True)
def nothing_was_logged_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bot.http.connections", "bot.http.endpoint"):
        monkeypatch.setattr(f"{name}.log", ThrottledLogger(logging.getLogger(name)))


# ---------------------------------------------------------------- compressed bodies


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x-anything", "identity, GZIP"])
async def test_a_compressed_body_is_refused_before_it_is_sent(port: int, encoding: str) -> None:
    async with connected(port, 1) as (client,):
        client.send(head(signed() | {"Content-Encoding": encoding}, 100))
        assert await client.status() == 415


async def test_a_compressed_body_is_not_inflated(port: int) -> None:
    async with connected(port, 1) as (client,):
        for body in (gzip.compress(bytes(200_000)), b"this is not gzip"):
            client.send(head(signed() | {"Content-Encoding": "gzip"}, len(body)) + body)
            assert await client.status() == 415
            assert await client.ping() == 200  # the connection is as good as before


async def test_a_body_that_says_that_it_is_not_compressed(port: int) -> None:
    async with connected(port, 1) as (client,):
        client.send(head(signed() | {"Content-Encoding": "identity"}, len(PING)) + PING)
        assert await client.status() == 200


async def test_the_sandbox_inflates_nothing() -> None:
    async with Sandbox() as sandbox:
        address = URL(sandbox.address)
        assert address.port
        for method, path, headers in (
            ("GET", "/", {}),
            ("POST", "/page/uploads", {}),
            ("POST", "/api/v10/channels/1/messages", {}),
            ("GET", "/gateway?v=10", UPGRADE),
            ("GET", "/page/socket", UPGRADE),
        ):
            async with connected(address.port, 1) as (client,):
                given = {"Content-Encoding": "gzip", **headers}
                client.send(head(given, 100, path, method, host=f"127.0.0.1:{address.port}"))
                assert await client.status() == 415, path


async def test_the_sandboxs_gateway_takes_no_message_of_any_size() -> None:
    async with Sandbox() as sandbox:
        port = URL(sandbox.address).port
        assert port
        async with connected(port, 1) as (client,):
            client.send(head(UPGRADE, 0, "/gateway?v=10", "GET", host=f"127.0.0.1:{port}"))
            assert await client.status() == 101
            client.send(b"\x81\xff" + (5 * 1024 * 1024).to_bytes(8, "big") + b"mask")  # the message is yet to come
            await client.closed()


# ---------------------------------------------------------------- time


async def test_connections_that_never_end_their_headers_are_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.connections.SECONDS_FOR_HEADERS", SECONDS)
    async with connected(port, 4) as (silent, half, second, honest):
        assert await second.ping() == await honest.ping() == 200
        half.send(head(signed(), len(PING))[:50])
        second.send(head(signed(), len(PING))[:50])
        for one in (silent, half, second):
            assert await one.closed()
        assert await honest.ping() == 200  # which was idle for longer


async def test_a_trickle_of_headers_does_not_help(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.connections.SECONDS_FOR_HEADERS", SECONDS)
    async with connected(port, 1) as (client,):
        client.send(b"POST /interactions HTTP/1.1\r\n")
        waiting = asyncio.create_task(client.closed())
        for number in range(1000):
            if waiting.done():
                break
            client.send(f"X-{number}: 0\r\n".encode())
            await asyncio.wait([waiting], timeout=0.1)
        assert await waiting


async def test_an_idle_connection_may_bring_a_command_though_it_brought_a_strangers_request(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.http.connections.SECONDS_FOR_HEADERS", SECONDS)
    async with connected(port, 2) as (proxy, silent):
        proxy.send(head(signed() | WRONG, len(PING)) + PING)
        assert await proxy.status() == 401
        assert await silent.closed()  # so that headers had their time
        assert await proxy.ping() == 200


async def test_an_idle_connection_may_bring_a_command_though_what_it_brought_was_not_expected(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.http.connections.SECONDS_FOR_HEADERS", SECONDS)
    async with connected(port, 2) as (proxy, silent):
        assert await proxy.ping() == 200
        proxy.send(head(signed() | {"Expect": "anything"}, 0))
        assert await proxy.status() == 417
        async with connected(port, 1) as (later,):
            assert await silent.closed() and await later.closed()  # so that headers had their time
        assert await proxy.ping() == 200


async def test_a_client_that_does_not_read_its_answer_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.connections.SECONDS_TO_READ", SECONDS)

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=bytes(16 * 1024 * 1024))

    app = web.Application()
    app.router.add_post(PATH, large)
    async with serving(app, "127.0.0.1", 0) as connections, connected(connections.port, 1, 4096) as (client,):
        client._writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(head({}, 0))
        await until(client.is_served)
        await until(lambda: not client.is_served())
        assert not connections.open


# ---------------------------------------------------------------- signatures, before the body


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SIGNATURE: "5a" * 63 + "5"},
        {SIGNATURE: "5a" * 65},
        {SIGNATURE: "zz" * 64},
        {TIMESTAMP: ""},
        {TIMESTAMP: "-1"},
        {TIMESTAMP: "1e9"},
        {TIMESTAMP: "9" * 5000},
        {TIMESTAMP: str(int(time.time()) - 3600)},
        {TIMESTAMP: str(int(time.time()) + 36000)},
    ],
)
async def test_a_signature_that_cannot_hold_is_refused_before_the_body_is_sent(
    port: int, headers: dict[str, str]
) -> None:
    async with connected(port, 1) as (client,):
        client.send(head(signed() | headers if headers else {}, 100))
        assert await client.status() == 401


async def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent(port: int) -> None:
    async with connected(port, 1) as (client,):
        client.send(head(signed(), endpoint.MOST_BYTES + 1))
        assert await client.status() == 413


async def test_bodies_that_break_off_are_no_error_of_ours(port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with connected(port, 2) as (gone, garbled):
        gone.send(head(signed(), 100) + b"{")
        garbled.send(head(signed(), 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"zz\r\n{}\r\n")
        await garbled.closed()
    await until(lambda: "it broke off" in caplog.text)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


# ---------------------------------------------------------------- how many, and how much


async def test_the_oldest_strangers_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.connections.MOST_CONNECTIONS", 10)
    monkeypatch.setattr("bot.http.connections.SECONDS_OF_GRACE", 0.0)
    async with taking_commands() as port, connected(port, 3) as kept:
        assert [await one.ping() for one in kept] == [200] * 3
        async with connected(port, 7) as silent, AsyncExitStack() as stack:
            for number, oldest in enumerate(silent):
                (honest,) = await stack.enter_async_context(connected(port, 1))
                assert await honest.ping() == 200
                assert await oldest.closed()
                assert all(one.is_served() for one in silent[number + 1 :])
            assert [await one.ping() for one in kept] == [200] * 3


async def test_connections_that_are_idle_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.connections.MOST_CONNECTIONS", 10)
    monkeypatch.setattr("bot.http.connections.SECONDS_OF_GRACE", PATIENCE)
    async with taking_commands() as port, connected(port, 10) as kept:
        assert [await one.ping() for one in kept] == [200] * 10
        assert await kept[0].ping() == 200
        async with connected(port, 3) as new:
            assert [await one.ping() for one in (*new, kept[0], *kept[4:])] == [200] * 10
            assert all([await one.closed() for one in kept[1:4]])


async def test_one_whose_command_is_in_hand_is_never_closed_for_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.http.connections.MOST_CONNECTIONS", 2)
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        vouch(request)
        begun.release()
        await go_on.wait()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post(PATH, slow)
    async with serving(app, "127.0.0.1", 0) as connections, connected(connections.port, 2) as slow_ones:
        for one in slow_ones:
            one.send(head({}, 0))
            await begun.acquire()
        async with connected(connections.port, 1) as (waiting,):
            waiting.send(head({}, 0))
            await until(lambda: "more than 2 connections at once" in caplog.text)
            go_on.set()
            assert [await one.status() for one in (*slow_ones, waiting)] == [202] * 3


async def test_bytes_of_strangers_are_bounded_and_given_back() -> None:
    answers: asyncio.Queue[int] = asyncio.Queue()

    async def read(request: web.Request) -> web.Response:
        answers.put_nowait(len(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post(PATH, read)
    async with serving(app, "127.0.0.1", 0, most_bytes=100_000) as connections:
        async with connected(connections.port, 20) as strangers:
            for one in strangers:
                one.send(head({}, 60_000) + bytes(20_000))
            closing = [asyncio.create_task(one.closed()) for one in strangers]
            await until(lambda: sum(one.done() for one in closing) >= 15)
            assert connections.bytes <= 100_000
            async with connected(connections.port, 1) as (honest,):
                honest.send(head({}, 1000) + bytes(1000))
                assert await honest.status() == 200
                assert answers.get_nowait() == 1000
                assert honest.is_served()
            for task in closing:
                task.cancel()
        await until(lambda: not connections.open)
        assert connections.bytes == 0


async def test_bodies_that_trickle_to_the_endpoint_are_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.http.endpoint.SECONDS_TO_ARRIVE", PATIENCE)
    size, count = 900_000, 20
    async with connected(port, count) as strangers:
        for one in strangers:
            one.send(head(signed() | WRONG, endpoint.MOST_BYTES - 1) + bytes(size))
        closing = [asyncio.create_task(one.closed()) for one in strangers]
        await until(lambda: sum(one.done() for one in closing) >= count - 8 * 1024 * 1024 // size)
        async with connected(port, 1) as (honest,):
            assert await honest.ping() == 200
        for task in closing:
            task.cancel()


def in_chunks(headers: dict[str, str], body: bytes) -> bytes:
    """A request whose body comes byte by byte, all of it at once."""
    whole = head(headers | {"Transfer-Encoding": "chunked"}, 0).replace(b"Content-Length: 0\r\n", b"")
    return whole + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "request_of_many_lines",
    [
        in_chunks(WRONG, bytes(2000)),
        in_chunks(signed() | WRONG, bytes(2000)),
        head({}, 0, path="/", method="GET") * 500,
    ],
)
async def test_a_request_of_many_lines_is_cut_off_before_it_is_parsed(port: int, request_of_many_lines: bytes) -> None:
    async with connected(port, 2) as (stranger, honest):
        assert await honest.ping() == 200
        stranger.send(request_of_many_lines)
        assert await stranger.closed()
        honest.send(in_chunks(signed(), PING))
        assert await honest.status() == 200


async def test_lines_are_counted_for_each_request_by_itself(port: int) -> None:
    async with connected(port, 1) as (client,):
        for _ in range(5):
            client.send(in_chunks(WRONG, bytes(300)))
            assert await client.status() == 401


# ---------------------------------------------------------------- listening itself


async def test_a_port_that_is_taken() -> None:
    async with listening(web.Application(), "127.0.0.1", port := free_port(), "health"):
        with pytest.raises(ConfigError, match=rf"health.port: cannot listen on 127.0.0.1:{port}"):
            async with listening(web.Application(), "127.0.0.1", port, "health"):
                pass


async def test_an_error_of_the_block_is_not_taken_for_one_of_the_port() -> None:
    with pytest.raises(FileNotFoundError):
        async with listening(web.Application(), "127.0.0.1", free_port(), "health"):
            raise FileNotFoundError


async def test_a_name_of_several_addresses_listens_on_all() -> None:
    async with serving(web.Application(), "", 0) as connections:
        for host in ("127.0.0.1", "127.0.0.2"):
            _, writer = await asyncio.open_connection(host, connections.port)
            writer.close()


async def test_what_strangers_cause_is_logged_once_in_a_while_with_a_count(
    port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.http.log_throttle.SECONDS_APART", SECONDS)
    caplog.set_level(logging.INFO)
    began = time.monotonic()
    for _ in range(30):
        async with connected(port, 2) as (client, other):
            client.send(head({}, 0))
            assert await client.status() == 401
            other.send(b"\x16\x03\x01 no HTTP\r\n\r\n")
            assert await other.status() == 400
    await until(lambda: caplog.text.count("more times in") >= 2)
    told = [record for record in caplog.records if "more times" not in record.getMessage()]
    assert 2 <= len(told) <= 2 * (1 + (time.monotonic() - began) / SECONDS)  # two kinds
    assert not any(record.exc_info for record in told)
    assert json.dumps(caplog.text).count("x16") == 0


async def test_a_count_is_of_one_kind_of_message(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.http.log_throttle.SECONDS_APART", 0.2)
    caplog.set_level(logging.INFO)
    log = ThrottledLogger(logging.getLogger("strangers"))
    for number in range(5):
        log.info("request %d was refused", number)
    log.info("something else")
    log.debug("nobody listens")
    await until(lambda: "more times" in caplog.text)
    log.info("request %d was refused", 9)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "request 0 was refused",
        "something else",
        "4 more times in 0.2 s: request 0 was refused",
        "request 9 was refused",
    ]
