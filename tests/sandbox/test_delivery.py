"""Interactions over HTTP: the endpoint is checked first; signatures; inline responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from patience import PATIENCE

from sandbox import InvocationFailed, Sandbox
from sandbox.delivery import EndpointRefused

COMMAND = {"name": "hello", "description": "Greets.", "type": 1}


@asynccontextmanager
async def endpoint(
    sandbox: Sandbox, answer: Callable[[dict], web.Response], *, checks: bool = True
) -> AsyncIterator[str]:
    """A bot that is only an endpoint. `checks`: whether it checks signatures."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(sandbox.application.settings["verify_key"]))

    async def handle(request: web.Request) -> web.Response:
        signed = request.headers["X-Signature-Timestamp"].encode() + await request.read()
        try:
            key.verify(bytes.fromhex(request.headers["X-Signature-Ed25519"]), signed)
        except InvalidSignature:
            if checks:
                return web.Response(status=401)
        payload = await request.json()
        return web.json_response({"type": 1}) if payload["type"] == 1 else answer(payload)

    app = web.Application()
    app.router.add_post("/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        address = f"{sandbox.api}/applications/{sandbox.application.id}/commands"
        headers = {"Authorization": f"Bot {sandbox.token}"}
        async with session.post(address, json=COMMAND, headers=headers) as response:
            assert response.status == 201
        yield sandbox


async def test_an_answer_inline_counts_as_the_callback(sandbox: Sandbox) -> None:
    def answer(payload: dict) -> web.Response:
        return web.json_response({"type": 4, "data": {"content": f"Hello from {payload['data']['name']}"}})

    async with endpoint(sandbox, answer) as url:
        await sandbox.delivery.use(url)
        invocation = await sandbox.slash("hello")
        assert (await invocation.answered(PATIENCE)).text == "Hello from hello"
        assert await invocation.acknowledged(PATIENCE) < 3
        await sandbox.delivery.use(None)  # over the gateway again, where no bot is connected
        nobody = await sandbox.slash("hello")
        await asyncio.sleep(0.1)
        assert nobody.acknowledged_after is None
    posted = [entry for entry in sandbox.trace.entries if entry.name == "POST interaction"]
    assert [(entry.way, entry.status, entry.sent["token"]) for entry in posted] == [("to_bot", 200, "…")]
    assert not sandbox.refusals


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: web.Response(status=500), "the endpoint answered 500"),
        (lambda _: web.json_response({"type": 8}), "Invalid Form Body"),
        (lambda _: web.json_response([]), "Invalid Form Body"),
        (lambda _: web.Response(text="hello"), "Invalid Form Body"),
    ],
)
async def test_what_is_no_answer_fails_at_once(sandbox: Sandbox, answer, why: str) -> None:
    async with endpoint(sandbox, answer) as url:
        await sandbox.delivery.use(url)
        with pytest.raises(InvocationFailed):
            await (await sandbox.slash("hello")).acknowledged(PATIENCE)
    assert [refusal.why for refusal in sandbox.refusals] == [why]


async def test_an_address_is_tried_out_before_it_is_taken(sandbox: Sandbox) -> None:
    async with endpoint(sandbox, lambda _: web.Response(status=500), checks=False) as url:
        with pytest.raises(EndpointRefused, match=r"answered 200 .* where it should have been 401"):
            await sandbox.delivery.use(url)
    with pytest.raises(EndpointRefused, match="gave no answer"):
        await sandbox.delivery.use(url)
    assert sandbox.delivery.url is None
