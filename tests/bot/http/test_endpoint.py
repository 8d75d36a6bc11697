"""bot.http.endpoint: what is remembered of what came; and other instances that answer, hang or are gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.http.endpoint import PATH, SECONDS_NEW, SIGNATURE, TIMESTAMP, Peers, SignatureVerifier

HEADERS = {SIGNATURE: "00" * 64, TIMESTAMP: "0"}


def test_what_came_is_remembered_for_as_long_as_it_would_hold() -> None:
    key, now = Ed25519PrivateKey.generate(), [1_000_000.0]
    verifier = SignatureVerifier(key.public_key().public_bytes_raw().hex(), lambda: now[0])

    def signed(at: float) -> dict[str, str]:
        return {SIGNATURE: key.sign(f"{at:.0f}".encode()).hex(), TIMESTAMP: f"{at:.0f}"}

    headers = signed(now[0] + SECONDS_NEW)  # by a clock that is ahead
    assert verifier.verify(headers, b"")
    assert verifier.is_new(headers)
    now[0] += 2 * SECONDS_NEW
    assert verifier.verify(headers, b"")
    assert not verifier.is_new(headers)
    now[0] += 1
    assert not verifier.verify(headers, b"")
    assert verifier.is_new(headers)  # forgotten, and no longer needed


@pytest.mark.parametrize("key", ["", "ab", "zz" * 32])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError):
        SignatureVerifier(key)


@asynccontextmanager
async def instance(status: int | None) -> AsyncIterator[str]:
    """Answers so; None: never."""

    async def answer(request: web.Request) -> web.Response:
        assert request.headers[SIGNATURE] == HEADERS[SIGNATURE]
        if status is None:
            await asyncio.Event().wait()
        return web.Response(status=status or 0)

    app = web.Application()
    app.router.add_post(PATH, answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_one_that_takes_a_click_is_found_among_others() -> None:
    async with (
        aiohttp.ClientSession() as session,
        instance(202) as taking,
        instance(421) as lacking,
        instance(None) as hanging,
    ):
        gone, unknown = "http://127.0.0.1:9", "http://nowhere.invalid:8600"
        assert await Peers(session, (gone, unknown, hanging, lacking, taking)).forward(HEADERS, b"{}")
        assert not await Peers(session, (gone, unknown, lacking)).forward(HEADERS, b"{}")
        assert not await Peers(session, (hanging, lacking)).forward(HEADERS, b"{}")
        assert not await Peers(session, ()).forward(HEADERS, b"{}")
