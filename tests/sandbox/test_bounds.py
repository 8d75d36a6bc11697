"""What strangers send is not read; what others send is bounded, and so is all that is kept of it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator

import aiohttp
import discord
import pytest
from patience import PATIENCE, until
from yarl import URL

from sandbox import File, Sandbox
from sandbox import cdn as cdns
from sandbox.conditions import Conditions
from sandbox.page.connection import MOST_CHARACTERS_WAITING
from sandbox.page.uploads import MOST_FILES, Uploads
from sandbox.rest import Exchange
from sandbox.rest.api import MOST_CHARACTERS, MOST_LIMITED
from sandbox.rest.calls import MOST_BYTES, MOST_FILE_BYTES, MOST_JSON_BYTES
from sandbox.rest.exchanges import MOST_BYTES as MOST_BYTES_OF_EXCHANGES
from sandbox.rest.exchanges import Exchanges
from sandbox.trace import MOST_BYTES as MOST_BYTES_OF_JSON
from sandbox.trace import in_short

MIB = 1024 * 1024


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Checks that nothing in the sandbox fails during the test."""
    with caplog.at_level(logging.ERROR):
        yield
    assert not [record for record in caplog.records if record.exc_info]


async def answered_before_the_body(sandbox: Sandbox, method: str, path: str, *headers: str) -> int:
    """Returns the status of a request whose body is announced but never sent."""
    url = URL(sandbox.address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {url.authority}", f"Content-Length: {400 * MIB}", *headers, "", ""]
    writer.write("\r\n".join(lines).encode())
    try:
        async with asyncio.timeout(PATIENCE):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v10/channels/{channel}/messages", 401),
        ("PUT", "/api/v10/applications/{bot}/commands", 401),
        ("POST", "/api/v10/interactions/1/guessed/callback", 404),
        ("POST", "/api/v10/webhooks/{bot}/guessed", 404),
        ("PATCH", "/api/v10/webhooks/{bot}/guessed/messages/@original", 404),
        ("POST", "/api/v10/nowhere", 404),
        ("POST", "/s/guessed/uploads?name=a.png", 403),
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
async def test_nothing_is_read_of_whoever_does_not_know_the_token(sandbox, method, path, status, kind) -> None:
    path = path.format(channel=sandbox.channel("general").id, bot=sandbox.bot.id)
    headers = "Authorization: Bot guessed", f"Content-Type: {kind}"
    assert await answered_before_the_body(sandbox, method, path, *headers) == status
    for exchange in sandbox.requests:
        assert (exchange.status, exchange.json, exchange.files, exchange.read) == (status, None, (), False)
    assert all(entry.sent is None for entry in sandbox.trace.entries)


async def test_an_interactions_token_that_has_expired_is_refused_before_the_body(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="work", description="Work.")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("done")

    async with connect(sandbox, setup):
        invocation = await sandbox.slash("work")
        await invocation.answered(PATIENCE)
        sandbox.clock.advance(16 * 60)
        path = f"/api/v10/webhooks/{sandbox.bot.id}/{invocation.token}/messages/@original"
        assert await answered_before_the_body(sandbox, "PATCH", path, "Content-Type: application/json") == 401
    assert [one.code for one in sandbox.refusals] == [50027]


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with the bot's token."""
    headers = {"Authorization": f"Bot {sandbox.token}"}
    async with aiohttp.ClientSession(URL(sandbox.api + "/"), headers=headers) as session:
        yield session


async def test_a_request_is_as_large_as_discord_takes_it(sandbox, bot) -> None:
    path = f"channels/{sandbox.channel('general').id}/messages"
    token = f"Authorization: Bot {sandbox.token}"
    assert await answered_before_the_body(sandbox, "POST", f"/api/v10/{path}", token) == 413

    async def endless() -> AsyncIterator[bytes]:
        """Yields chunks, so that the request has no length."""
        for _ in range(MOST_BYTES // MIB + 2):
            yield bytes(MIB)

    for body in (b'"' + b"x" * MOST_JSON_BYTES + b'"', endless()):
        async with bot.post(path, data=body, headers={"Content-Type": "application/json"}) as response:
            assert (response.status, (await response.json())["code"]) == (413, 40005)
    form = aiohttp.FormData()
    for number in range(2):
        form.add_field(f"files[{number}]", bytes(MOST_FILE_BYTES // 2 + 3 * MIB), filename="a.bin")
    async with bot.post(path, data=form) as response:
        assert (response.status, (await response.json())["code"]) == (413, 40005)
    form = aiohttp.FormData()
    form.add_field("files[0]", bytes(20 * MIB), filename="a.bin")
    async with bot.post(path, data=form) as response:
        assert response.status == 200
    (message,) = sandbox.channel("general").messages.values()
    assert message.attachments[0].size == 20 * MIB


PART = b'--x\r\nContent-Disposition: form-data; name="payload_json"\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="files[0]"; filename="'
END = b"\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("multipart/form-data", b"{}", id="no boundary"),
        pytest.param("multipart/form-data; boundary=" + "x" * 100, b"", id="long boundary"),
        pytest.param("multipart/form-data; boundary=x", b"", id="empty"),
        pytest.param("multipart/form-data; boundary=x", b"{}\r\n" * 10, id="no part"),
        pytest.param("multipart/form-data; boundary=y", PART + b"\r\n{}" + END, id="another boundary"),
        pytest.param("multipart/form-data; boundary=x", PART, id="ends in the headers"),
        pytest.param("multipart/form-data; boundary=x", PART + b'\r\n{"content": "hi"}', id="ends in the JSON"),
        pytest.param("multipart/form-data; boundary=x", FILE + b'a"\r\n\r\n' + b"a" * MIB, id="ends in a file"),
        pytest.param("multipart/form-data; boundary=x", FILE + b'\xff"\r\n\r\na' + END, id="name is not UTF-8"),
        pytest.param("multipart/form-data; boundary=x", b"--x\r\nname\r\n\r\n{}" + END, id="no header"),
        pytest.param("multipart/form-data; boundary=x", PART + b"A: b\r\n" * 2000 + b"\r\n{}" + END, id="many headers"),
        pytest.param("multipart/form-data; boundary=x", PART + b"A: " + b"b" * MIB + END, id="long header"),
    ],
)
async def test_a_malformed_form_is_refused(sandbox, bot, faults, content_type, body) -> None:
    path = f"channels/{sandbox.channel('general').id}/messages"
    async with bot.post(path, data=body, headers={"Content-Type": content_type}) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)
    (refusal,) = sandbox.refusals
    assert (refusal.status, refusal.code) == (400, 50109)
    assert not sandbox.channel("general").messages


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize("levels", [100, 900, 50_000])
async def test_deeply_nested_json_is_refused_by_the_api(sandbox, bot, faults, levels) -> None:
    nested = '{"content": "x", "embeds": [{"a": ' + "[" * levels + "]" * levels + "}]}"
    path = f"channels/{sandbox.channel('general').id}/messages"
    async with bot.post(path, data=nested, headers={"Content-Type": "application/json"}) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


@pytest.mark.parametrize("body", [b'{"content": "\\ud800"}', b'{"content": NaN}', b"\xff", b'"\xed\xa0\x80"'])
async def test_what_is_no_json_is_refused_by_the_api(sandbox, bot, faults, body) -> None:
    path = f"channels/{sandbox.channel('general').id}/messages"
    async with bot.post(path, data=body, headers={"Content-Type": "application/json"}) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


@pytest.mark.parametrize("id_", ["9" * 5000, "²", "١"])
async def test_ids_are_numbers_of_some_digits(sandbox, bot, faults, id_) -> None:
    async with bot.get(f"channels/{id_}") as response:
        assert (response.status, (await response.json())["code"]) == (400, 50035)
    for path in (f"/cdn/attachments/1/{id_}/a.png", f"/files/x/1/{id_}/a.png", f"/cdn/embed/avatars/{id_}.png"):
        async with bot.get(f"{sandbox.address}{path}") as response:
            assert response.status == 404


@pytest.mark.parametrize("levels", [100, 900])
async def test_deeply_nested_json_is_refused_by_the_gateway(sandbox, faults, levels) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sandbox.gateway.url}?v=10") as socket:
        await socket.receive(timeout=PATIENCE)
        await socket.send_str('{"op": 1, "d": ' + "[" * levels + "]" * levels + "}")
        while not socket.closed:
            await socket.receive(timeout=PATIENCE)
        assert socket.close_code == 4002


async def test_the_gateway_does_not_take_in_what_is_far_too_large(sandbox, faults) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sandbox.gateway.url}?v=10") as socket:
        await socket.receive(timeout=PATIENCE)
        await socket.send_str("x" * MIB)
        while not socket.closed:
            await socket.receive(timeout=PATIENCE)
        assert socket.close_code == 1009


# ---------------------------------------------------------------- what is kept


def test_exchanges_are_bounded_by_their_bytes() -> None:
    exchanges, blank = Exchanges(), Exchange("POST", "/", {}, None, False, (), 200, None)
    body = json.dumps("x" * MIB).encode()
    for _ in range(100):
        exchanges.add(blank, body, b"")
    assert len(exchanges) * len(body) <= MOST_BYTES_OF_EXCHANGES < (len(exchanges) + 1) * len(body)
    exchanges.add(blank, b'{"a": 1}', b"[2]")
    *_, last = exchanges
    assert (last.json, last.response) == ({"a": 1}, [2])


def wide(levels: int) -> object:
    """Returns JSON that is large at every level, above all in its keys, with characters of four bytes."""
    return 10**300 if levels == 0 else {"\N{GRINNING FACE}" * 190 + str(n): wide(levels - 1) for n in range(5)}


def test_what_is_traced_is_bounded_by_its_bytes() -> None:
    for value in (wide(4), ["\N{GRINNING FACE}" * 1000] * 1000, [[10**4000] * 40] * 40):
        assert len(json.dumps(in_short(value), ensure_ascii=False).encode()) < 3 * MOST_BYTES_OF_JSON


async def test_refusals_are_bounded_by_their_letters(sandbox, bot) -> None:
    async with bot.post(f"channels/{'x' * 5000}/messages") as response:
        assert response.status == 400
    (refusal,) = sandbox.refusals
    assert len(refusal.where) <= 1000
    assert len(refusal.why) <= 1000
    assert sandbox.refusals.maxlen is not None


async def test_files_that_nobody_asks_for_make_room(sandbox) -> None:
    general, data = sandbox.channel("general"), bytes(20 * MIB)
    first, second = [await sandbox.post(general, files=[File("a.bin", data)]) for _ in range(2)]
    async with aiohttp.ClientSession() as session:
        for _ in range(cdns.MOST_BYTES // len(data)):
            async with session.get(URL(sandbox.cdn.url(first.attachments[0]), encoded=True)) as response:
                assert response.status == 200  # requested again and again, so it is kept
            newest = await sandbox.post(general, files=[File("a.bin", data)])
        assert [one.attachments[0].data == data for one in (first, second, newest)] == [True, False, True]
        assert second.attachments[0].size == len(data)
        async with session.get(URL(sandbox.cdn.url(second.attachments[0]), encoded=True)) as response:
            assert response.status == 404
    kept = {id(one.content): one.size for one in sandbox.cdn._files.values()}
    assert sum(kept.values()) <= cdns.MOST_BYTES


async def test_names_of_downloads_and_waiting_uploads_are_bounded() -> None:
    names: list[str] = []
    for number in range(cdns.MOST_NAMES + 5):
        cdns._note(names, f"{number:05}" + "x" * 5000)
    assert (len(names), names[0][:5]) == (cdns.MOST_NAMES, "00005")
    assert max(map(len, names)) <= 200
    uploads = Uploads()
    keys = [uploads.keep(File("empty", b"")) for _ in range(MOST_FILES + 1)]
    with pytest.raises(KeyError):
        uploads.take(keys[0])
    assert uploads.take(keys[1])


async def test_calls_that_are_told_to_wait_are_bounded(sandbox) -> None:
    """Strangers can make any number of them."""
    await sandbox.set_conditions(Conditions(rate_limited=True))
    faults = sandbox.faults
    for number in range(2 * MOST_LIMITED):
        assert faults.next("GET", f"/{number}/{'x' * 8000}").status == 429
    assert len(faults._limited) == MOST_LIMITED
    assert sum(len(path) for _, path in faults._limited) <= MOST_LIMITED * MOST_CHARACTERS
    assert faults.next("GET", "/users/@me").status == 429
    assert faults.next("GET", "/users/@me") is None


async def test_a_page_that_does_not_listen_is_let_go(sandbox, faults) -> None:
    general, page = sandbox.channel("general"), URL()
    async with aiohttp.ClientSession() as session, session.get(sandbox.page) as index:
        page = index.url
    reader, writer = await asyncio.open_connection(page.host, page.port, limit=1024)
    lines = [
        *(f"GET {page.path}socket HTTP/1.1", f"Host: {page.authority}", "Upgrade: websocket", "Connection: Upgrade"),
        *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==", "", ""),
    ]
    writer.write("\r\n".join(lines).encode())
    await reader.readline()  # and no more
    await until(lambda: bool(sandbox._page._sockets))
    for _ in range(MOST_CHARACTERS_WAITING // MIB + 40):
        await sandbox.post(general, content="x" * MIB)
        await asyncio.sleep(0)
    await until(lambda: not sandbox._page._sockets)
    writer.transport.abort()
    async with aiohttp.ClientSession(page) as session, session.ws_connect("socket", max_msg_size=0) as socket:
        assert (await socket.receive_json(timeout=PATIENCE))["type"] == "snapshot"
