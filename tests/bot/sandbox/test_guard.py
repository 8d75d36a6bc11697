"""No web page from elsewhere drives the sandbox, and nobody sees its page without the key of this run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import psutil
import pytest
from yarl import URL

from bot.sandbox import File, Sandbox
from bot.sandbox.cdn import one_colour_png

PATHS = ["/", "/page/socket", "/page/static/index.html", "/api/v10/gateway", "/gateway", "/cdn/embed/avatars/0.png"]


@asynccontextmanager
async def browser(sandbox: Sandbox, *, admitted: bool = True) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with cookies, as somebody has it who opened the address in the terminal."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(sandbox.address, cookie_jar=jar) as session:
        if admitted:
            async with session.get(sandbox.page) as response:
                assert (response.status, response.url) == (200, URL(sandbox.address) / "")
        yield session


async def spoken(sandbox: Sandbox, path: str, *headers: str) -> int:
    """The status of a request as it stands on the wire."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(sandbox.address).port)
    writer.write("\r\n".join([f"GET {path} HTTP/1.1", *headers, "Connection: close", "", ""]).encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize("path", PATHS)
async def test_it_answers_to_no_name_but_its_own(sandbox, path) -> None:
    port = URL(sandbox.address).port
    for foreign in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.1.evil.example:{port}"):
        assert await spoken(sandbox, path, f"Host: {foreign}") == 403
    for own in ("127.0.0.1", "localhost", "[::1]"):
        assert await spoken(sandbox, "/api/v10/gateway", f"Host: {own}:{port}") == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
async def test_pages_from_elsewhere_are_refused_even_with_the_cookie(sandbox, path, headers) -> None:
    async with browser(sandbox) as session, session.get(path, headers=headers) as response:
        assert response.status == 403
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/gateway?v=10", "/page/socket"])
async def test_sockets_from_elsewhere_are_refused(sandbox, path) -> None:
    async with browser(sandbox) as session:
        for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(path, origin=origin)
            assert refused.value.status == 403
        async with session.ws_connect(path, origin=sandbox.address) as socket:
            assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT


@pytest.mark.parametrize("path", ["/", "/page/socket", "/page/static/index.html", "/page/files/1/1/a.png"])
async def test_the_page_is_for_those_with_the_key(sandbox, path) -> None:
    async with browser(sandbox, admitted=False) as session:
        for query in ({}, {"key": ""}, {"key": "guessed"}):
            async with session.get(path, params=query) as response:
                assert response.status == 403
    async with Sandbox() as other, browser(other) as session:
        session.cookie_jar.update_cookies({f"sokkuri-{URL(sandbox.address).port}": "guessed"}, URL(sandbox.address))
        async with session.get(f"{sandbox.address}{path}") as response:
            assert response.status == 403


async def test_the_key_becomes_a_cookie_that_scripts_cannot_read(sandbox) -> None:
    async with browser(sandbox, admitted=False) as session:
        async with session.get(sandbox.page, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, f"{sandbox.address}/")
            (cookie,) = response.headers.getall("Set-Cookie")
            assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        by_name = sandbox.page.replace("127.0.0.1", "localhost")
        async with session.get(by_name, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}) as at:
            assert (at.status, at.url) == (200, URL(sandbox.address) / "")  # a link to it may be followed


async def test_everything_is_served_with_strict_headers(sandbox) -> None:
    page = File("page.html", b"<script>alert(1)</script>")
    message = await sandbox.post(sandbox.channel("general"), files=[page, File("a.png", one_colour_png(3, (9, 9, 9)))])
    async with browser(sandbox) as session:
        for path in (*PATHS[2:4], sandbox.cdn.url(message.attachments[0]), "/", "/nowhere"):
            async with session.get(path) as response:
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Referrer-Policy"] == "no-referrer"
                assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
                assert response.headers["Cache-Control"] == "no-store"
                policy = response.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; ")
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                is_page = path == "/" or path.startswith("/page/static/")
                assert ("script-src 'self'" in policy, "sandbox" in policy) == (is_page, not is_page)


async def test_only_the_loopback_address_listens(sandbox) -> None:
    found = psutil.Process().net_connections(kind="tcp")
    listening = [one.laddr for one in found if one.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening if address.port == URL(sandbox.address).port] == ["127.0.0.1"]
