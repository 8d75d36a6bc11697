"""bot.photos against a real web server that does everything wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.config import DiscordSection, LimitsSection
from bot.errors import AccessDenied, DownloadFailed, LinkExpired
from bot.photos import BATCH_BYTES, BATCH_PHOTOS, Photos, Source
from bot.photos.sources import distinct
from core.contracts import FileTooLarge, PhotoError

LIMIT = 100_000


@dataclass
class Server:
    """Files by path; `most`: how many were on their way at once; `bad`: how many answers will fail yet."""

    base: str = ""
    now: int = 0
    most: int = 0
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    bad: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        self.asked.append(kind)
        if kind == "redirect":
            raise web.HTTPFound("/good/1")
        if kind == "gone":
            raise web.HTTPNotFound
        if kind == "forbidden":
            raise web.HTTPForbidden
        if self.bad > 0:
            self.bad -= 1
            return await self.fail(request, kind)
        self.now += 1
        self.most = max(self.most, self.now)
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            if kind == "endless":
                while True:
                    await response.write(bytes(10_000))
            if kind == "silent":
                await self.gate.wait()
            if kind == "many":
                await asyncio.sleep(0.01)
            await response.write(f"{kind} {request.match_info['name']}".encode())
        except ConnectionResetError:
            pass
        finally:
            self.now -= 1
        return response

    async def fail(self, request: web.Request, kind: str) -> web.StreamResponse:
        assert request.transport is not None
        if kind.isdecimal():
            return web.Response(status=int(kind))
        response = web.StreamResponse(headers={"Content-Length": "100"})
        if kind == "cut":
            await response.prepare(request)
            await response.write(b"cu")
        if kind == "stalled":
            await response.prepare(request)
            await self.gate.wait()
        request.transport.abort()
        return response


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_get("/{kind}/{name}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    server.gate.set()
    await runner.cleanup()


@pytest.fixture
async def photos() -> AsyncIterator[Photos]:
    async with aiohttp.ClientSession() as session:
        yield make(session)


def make(session: aiohttp.ClientSession, hosts: tuple[str, ...] = ("127.0.0.1",), **limits: Any) -> Photos:
    settings = LimitsSection(**{"file_bytes": LIMIT, "downloads": 3, **limits})
    return Photos(session, settings, DiscordSection(cdn_hosts=hosts))


def source(url: str, name: str = "me.jpg", size: int = 10, place: int = 0) -> Source:
    return Source(name, url, size, place=place)


async def test_photos_come_in_their_order_with_their_names(server: Server, photos: Photos) -> None:
    found = await photos.fetch(*(source(f"{server.base}/good/{n}", f"{n}.jpg") for n in range(8)))
    assert [(photo.name, photo.data) for photo in found] == [(f"{n}.jpg", f"good {n}".encode()) for n in range(8)]


async def test_no_more_at_once_than_allowed(server: Server, photos: Photos) -> None:
    await photos.fetch(*(source(f"{server.base}/many/{n}") for n in range(12)))
    assert server.most == 3


@pytest.mark.parametrize(("kind", "error"), [("gone", LinkExpired), ("forbidden", AccessDenied)])
async def test_a_refusal_is_called_by_its_name(
    server: Server, photos: Photos, kind: str, error: type[PhotoError]
) -> None:
    with pytest.raises(error):
        await photos.fetch(source(f"{server.base}/{kind}/1", "lost.jpg"))


async def test_a_redirect_is_not_followed(server: Server, photos: Photos) -> None:
    with pytest.raises(DownloadFailed) as caught:
        await photos.fetch(source(f"{server.base}/redirect/1", "lost.jpg"))
    assert caught.value.photo == "lost.jpg"
    assert server.asked == ["redirect"]


async def test_more_bytes_than_were_claimed_are_not_taken(server: Server, photos: Photos) -> None:
    with pytest.raises(FileTooLarge) as caught:
        await photos.fetch(source(f"{server.base}/endless/1", size=10))
    assert LIMIT < caught.value.size <= LIMIT + 64 * 1024
    assert caught.value.limit == LIMIT


async def test_what_is_known_to_be_too_large_is_not_asked_for(server: Server, photos: Photos) -> None:
    with pytest.raises(FileTooLarge):
        await photos.fetch(source(f"{server.base}/good/1", size=LIMIT + 1))
    assert not server.asked


@pytest.mark.parametrize("kind", ["500", "502", "503", "429", "reset", "cut"])
async def test_what_fails_by_chance_is_tried_again(server: Server, photos: Photos, kind: str) -> None:
    server.bad = 2
    (photo,) = await photos.fetch(source(f"{server.base}/{kind}/1"))
    assert photo.data == f"{kind} 1".encode()  # from the start, not from where it was cut
    assert server.asked == [kind] * 3


async def test_a_stalled_connection_is_given_up_for_another_one(server: Server) -> None:
    server.bad = 1
    async with aiohttp.ClientSession() as session:
        assert await make(session, download_seconds=6.0).fetch(source(f"{server.base}/stalled/1"))
    assert server.asked == ["stalled"] * 2


async def test_what_fails_again_and_again_is_given_up(server: Server, photos: Photos) -> None:
    server.bad = 99
    with pytest.raises(DownloadFailed):
        await photos.fetch(source(f"{server.base}/500/1"))
    assert len(server.asked) == 4


async def test_an_answer_that_never_ends_is_given_up(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(DownloadFailed):
            await make(session, download_seconds=0.2).fetch(source(f"{server.base}/silent/1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/good/1",
        "http://example.invalid/good/1",
        "http://127.0.0.1.example.invalid/good/1",
        "http://127.0.0.1@example.invalid/good/1",
        "file:///etc/hostname",
        "ftp://127.0.0.1/good/1",
        "/good/1",
    ],
)
async def test_only_hosts_of_the_list_are_asked(server: Server, photos: Photos, url: str) -> None:
    with pytest.raises(DownloadFailed):
        await photos.fetch(source(url.format(port=server.base.rpartition(":")[2])))
    assert not server.asked


async def test_an_entry_with_a_port_is_for_that_port(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        authority = server.base.removeprefix("http://")
        assert await make(session, (authority,)).fetch(source(f"{server.base}/good/1"))
        with pytest.raises(DownloadFailed):
            await make(session, ("127.0.0.1:1",)).fetch(source(f"{server.base}/good/1"))


async def test_a_host_elsewhere_is_asked_in_secret_only() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(PhotoError):
            await make(session, ("cdn.discordapp.com",)).fetch(source("http://cdn.discordapp.com/1.jpg"))


def posted(server: Server, count: int, size: int = 10) -> list[Source]:
    return [source(f"{server.base}/good/{n}", f"{n}.jpg", size, n) for n in range(count)]


async def test_batches_come_in_order_and_only_one_ahead(server: Server, photos: Photos) -> None:
    batches = photos.batches(posted(server, 5 * BATCH_PHOTOS - 1))
    names = []
    for taken in range(1, 6):
        batch = await batches.next()
        assert batch is not None
        names += [(photo.name, place) for photo, place in zip(batch.photos, batch.places, strict=True)]
        await asyncio.sleep(0.1)
        assert len(server.asked) <= (taken + 1) * BATCH_PHOTOS
    assert names == [(f"{n}.jpg", n) for n in range(5 * BATCH_PHOTOS - 1)]
    assert await batches.next() is None
    batches.close()


async def test_large_photos_come_in_small_batches(server: Server, photos: Photos) -> None:
    batches = photos.batches(posted(server, 4, size=BATCH_BYTES // 2))
    sizes = []
    while (batch := await batches.next()) is not None:
        sizes.append(len(batch.photos) + len(batch.skipped))
    assert sizes == [2, 2]


async def test_one_that_waits_for_a_batch_may_give_up_and_it_is_still_there(server: Server, photos: Photos) -> None:
    slow = source(f"{server.base}/silent/1", "slow.jpg")
    batches = photos.batches([slow])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await batches.next()
    assert not batches.ready
    server.gate.set()
    batch = await batches.next()
    assert batch is not None
    assert [photo.name for photo in batch.photos] == ["slow.jpg"]


@given(st.lists(st.sampled_from(["a", "b", "c", "d"])))
def test_distinct_names_are_distinct_and_leave_single_ones_alone(names: list[str]) -> None:
    result = distinct(names)
    assert len(set(result)) == len(names)
    for before, after in zip(names, result, strict=True):
        assert after == before if names.count(before) == 1 else after.startswith(f"{before} (")
