"""No other web page can use the sandbox, and nobody sees its page without the key of this run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import psutil
import pytest
from patience import PATIENCE
from yarl import URL

from sandbox import File, Sandbox
from sandbox.cdn import one_colour_png

OF_THE_PAGE = ["", "socket", "static/index.html", "static/main.js", "avatars/1/a"]
OF_OTHERS = ["/api/v10/gateway", "/gateway", "/cdn/embed/avatars/0.png"]
PATHS = [*OF_THE_PAGE, *OF_OTHERS]
USED = "newest address in the terminal"


@asynccontextmanager
async def browser(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A client whose addresses are relative to the page, after opening the address in the terminal."""
    async with aiohttp.ClientSession() as session, session.get(sandbox.page) as response:
        assert response.status == 200
        page = response.url
    async with aiohttp.ClientSession(page) as session:
        yield session


async def spoken(sandbox: Sandbox, path: str, *headers: str) -> int:
    """Sends a request byte by byte as given and returns the status of the response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(sandbox.address).port)
    writer.write("\r\n".join([f"GET {path} HTTP/1.1", *headers, "Connection: close", "", ""]).encode())
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize("path", PATHS)
async def test_it_answers_to_no_name_but_its_own(sandbox, path) -> None:
    async with browser(sandbox) as session:
        path = str(session._base_url.join(URL(path)).path)
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
async def test_pages_from_elsewhere_are_refused_even_with_the_address(sandbox, path, headers) -> None:
    async with browser(sandbox) as session, session.get(path, headers=headers) as response:
        assert response.status == 403
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/gateway?v=10", "socket"])
async def test_sockets_from_elsewhere_are_refused(sandbox, path) -> None:
    async with browser(sandbox) as session:
        for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(path, origin=origin)
            assert refused.value.status == 403
        async with session.ws_connect(path, origin=sandbox.address) as socket:
            assert (await socket.receive(timeout=PATIENCE)).type is aiohttp.WSMsgType.TEXT


@pytest.mark.parametrize("path", ["/", "/nowhere", *(f"/s/{{}}/{path}" for path in OF_THE_PAGE), "/page/socket"])
async def test_the_page_is_for_those_with_its_secret(sandbox, path) -> None:
    async with Sandbox() as other, browser(other) as session:
        of_another_run = session._base_url.parts[2]
    async with aiohttp.ClientSession(sandbox.address) as session:
        for secret in ("guessed", of_another_run):
            async with session.get(path.format(secret)) as response:
                assert response.status == 403
                assert USED in await response.text()


async def test_an_address_is_good_once(sandbox) -> None:
    used, told = sandbox.page, []
    sandbox.when_page_opens(lambda: told.append(sandbox.page))
    async with aiohttp.ClientSession(sandbox.address) as session:
        for query in ({"key": ""}, {"key": "guessed"}):
            async with session.get("/", params=query) as response:
                assert response.status == 403
        async with session.get(used, allow_redirects=False) as response:
            assert response.status == 303
            assert "Set-Cookie" not in response.headers
            page = response.headers["Location"]
            assert page.startswith(f"{sandbox.address}/s/")
            assert URL(used).query["key"] not in page
        async with session.get(used) as response:
            assert response.status == 403
            assert USED in await response.text()
        assert told == [sandbox.page] != [used]
        for _ in range(2):  # reloading is fine
            async with session.get(page) as response:
                assert response.status == 200
        async with session.get(sandbox.page) as response:  # another browser
            assert (response.status, str(response.url)) == (200, page)
    assert len(told) == 2


async def test_an_address_is_not_used_up_by_what_is_no_visit(sandbox) -> None:
    address = sandbox.page
    async with aiohttp.ClientSession() as session:
        async with session.head(address) as response:
            assert response.status == 403
        async with session.get(address, headers={"Sec-Purpose": "prefetch;prerender"}) as response:
            assert response.status == 403
        async with session.get(
            address, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
        ) as response:
            assert response.status == 403
        async with session.get(address) as response:
            assert response.status == 200


async def test_a_link_to_the_page_may_be_followed(sandbox) -> None:
    """From a file, or from a terminal: the redirect to the page then has the same origin as the link."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    address = sandbox.page.replace("127.0.0.1", "localhost")
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as response:
        assert response.status == 200
        assert str(response.url).startswith(f"{sandbox.address}/s/")


async def test_everything_is_served_with_strict_headers(sandbox) -> None:
    page = File("page.html", b"<script>alert(1)</script>")
    message = await sandbox.post(sandbox.channel("general"), files=[page, File("a.png", one_colour_png(3, (9, 9, 9)))])
    async with browser(sandbox) as session:
        for path in (*PATHS, sandbox.cdn.url(message.attachments[0]), "/", "/nowhere"):
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
                is_page = path in ("", "/") or path.startswith("static/")
                assert ("script-src 'self'" in policy, "sandbox" in policy) == (is_page, not is_page)


async def test_only_the_loopback_address_listens(sandbox) -> None:
    found = psutil.Process().net_connections(kind="tcp")
    listening = [one.laddr for one in found if one.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening if address.port == URL(sandbox.address).port] == ["127.0.0.1"]
