"""Commands and clicks that Discord sends over HTTP, as the alternative to the gateway: `POST /interactions`.

Discord signs each request. A request without a signature, or with an old one, is refused before its body is read, and
one that somebody else signed before its body is parsed. An accepted request is answered 202 with no body at once, and
then handled like one from the gateway, whose first answer is a call of the API ("If you send this request for an
interaction received over HTTP, respond to the original HTTP request with a 202 and no body").

Several instances may share one address. A click on what another one holds in memory is forwarded to that one, with
Discord's own signature, which it checks for itself.

https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-callback
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import yarl
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.config import InteractionsSection
from bot.http.listening import listening, vouch
from bot.http.log_throttle import ThrottledLogger

PATH = "/interactions"
SIGNATURE, TIMESTAMP = "X-Signature-Ed25519", "X-Signature-Timestamp"
HANDED_ON = "X-Sokkuri-Handed-On"

MOST_BYTES = 1024 * 1024
"""The most bytes of one request. Discord's have some thousand, or some ten thousand with a message in them."""

SECONDS_NEW = 60.0
"""How far a request's time may be from ours. Discord accepts no answer after 3 s; the rest allows for clocks that are
wrong."""

SECONDS_TO_ARRIVE = 3.0
SECONDS_TO_HAND_ON = 1.0
"""Parts of the three seconds after which Discord gives up."""

PING, CLICK = 1, 3
OTHERS = (2, 4, 5)
"""Commands, autocompletion, forms."""

_SIGNATURE, _TIMESTAMP = re.compile("[0-9a-fA-F]{128}"), re.compile("[0-9]{1,12}")

log = ThrottledLogger(logging.getLogger(__name__))


class SignatureVerifier:
    """Checks that Discord signed a request. `public_key`: the application's, in hexadecimal.

    Raises ValueError: that is not a key.
    """

    def __init__(self, public_key: str, clock: Callable[[], float] = time.time) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        self._clock = clock
        self._order: deque[tuple[float, bytes]] = deque()
        self._seen: set[bytes] = set()

    def looks_signed(self, headers: Mapping[str, str]) -> bool:
        """Whether the headers have a signature of the last minute, as far as that can be checked without the body."""
        signature, timestamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
        well_formed = _SIGNATURE.fullmatch(signature) and _TIMESTAMP.fullmatch(timestamp)
        return bool(well_formed) and abs(self._clock() - int(timestamp)) <= SECONDS_NEW

    def verify(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether Discord signed this, within the last minute."""
        if not self.looks_signed(headers):
            return False
        try:
            self._key.verify(bytes.fromhex(headers[SIGNATURE]), headers[TIMESTAMP].encode() + body)
        except InvalidSignature:
            return False
        return True

    def is_new(self, headers: Mapping[str, str]) -> bool:
        """Whether this request, which is verified, was not received before."""
        now, signature = self._clock(), bytes.fromhex(headers[SIGNATURE])
        while self._order and now - self._order[0][0] > 2 * SECONDS_NEW:
            self._seen.discard(self._order.popleft()[1])
        if signature in self._seen:
            return False
        self._order.append((now, signature))
        self._seen.add(signature)
        return True


class Peers:
    """All instances of this bot, maybe with this one. `addresses`: each is one instance, or a name of several."""

    def __init__(self, session: aiohttp.ClientSession, addresses: tuple[str, ...]) -> None:
        self._session = session
        self._addresses = [yarl.URL(address) for address in addresses]

    async def forward(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Forward a request to all of them; return whether one has accepted it."""
        sent = {name: headers[name] for name in (SIGNATURE, TIMESTAMP)} | {HANDED_ON: "1"}
        try:
            async with asyncio.timeout(SECONDS_TO_HAND_ON):
                return await _any(self._forward_to(address, sent, body) for address in self._addresses)
        except TimeoutError:
            log.warning("an instance of interactions.peers did not answer in %g s", SECONDS_TO_HAND_ON)
            return False

    async def _forward_to(self, address: yarl.URL, headers: Mapping[str, str], body: bytes) -> bool:
        return await _any(self._ask(one, headers, body) for one in await self._hosts(address))

    async def _hosts(self, address: yarl.URL) -> list[yarl.URL]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port)
        except OSError as error:
            log.warning("interactions.peers: %s is not known: %s", address.host, error)
            return []
        return [address.with_host(host) for host in dict.fromkeys(str(one[4][0]) for one in found)]

    async def _ask(self, address: yarl.URL, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            async with self._session.post(address.with_path(PATH), data=body, headers=headers) as response:
                return response.status == web.HTTPAccepted.status_code
        except aiohttp.ClientError as error:
            log.info("an instance of interactions.peers could not be asked: %s", error)
            return False


@asynccontextmanager
async def served(
    settings: InteractionsSection,
    public_key: str,
    peers: Peers,
    *,
    accept: Callable[[Any], None],
    is_elsewhere: Callable[[str], bool],
) -> AsyncIterator[None]:
    """Serve interactions during the block.

    `accept`: called with each, and raises if it is invalid; `is_elsewhere`: whether another instance holds the clicked
    component with this custom id. Raises ConfigError: the port is taken.
    """
    verifier = SignatureVerifier(public_key)

    async def receive(request: web.Request) -> web.Response:
        if not verifier.looks_signed(request.headers):
            raise _refused(web.HTTPUnauthorized, "it has no signature, or not one of now")
        body = await _arrived(request)
        if not verifier.verify(request.headers, body):
            raise _refused(web.HTTPUnauthorized, "it is not signed by Discord")
        vouch(request)
        payload = _read(body)
        if payload["type"] == PING:
            return web.json_response({"type": PING})
        elsewhere = payload["type"] == CLICK and is_elsewhere(payload["data"]["custom_id"])
        if elsewhere and HANDED_ON in request.headers:
            return web.Response(status=421)
        if not verifier.is_new(request.headers):
            raise _refused(web.HTTPUnauthorized, "it was here before")
        if elsewhere and await peers.forward(request.headers, body):
            return web.Response(status=202)
        try:
            accept(payload)
        except Exception as error:  # anything may be missing or of the wrong type
            raise _refused(web.HTTPBadRequest, f"no whole interaction ({type(error).__name__})") from None
        return web.Response(status=202)

    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post(PATH, receive)
    async with listening(app, settings.host, settings.port, "interactions"):
        yield


async def _any(asking: Iterable[Coroutine[Any, Any, bool]]) -> bool:
    """Whether one of them returns True, as soon as it does."""
    tasks = [asyncio.create_task(one) for one in asking]
    try:
        for answer in asyncio.as_completed(tasks):
            if await answer:
                return True
        return False
    finally:
        for task in tasks:
            task.cancel()


async def _arrived(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES)
    try:
        async with asyncio.timeout(SECONDS_TO_ARRIVE):
            return await request.read()
    except TimeoutError:
        raise _refused(web.HTTPRequestTimeout, "it came too slowly") from None
    except (ConnectionError, web.RequestPayloadError):
        raise _refused(web.HTTPBadRequest, "it broke off") from None


def _read(body: bytes) -> dict[str, Any]:
    """Parse an interaction of a known type, and a click with its custom id; everything else may be invalid."""
    try:
        payload: dict[str, Any] = json.loads(body)
        known = payload["type"] in (PING, CLICK, *OTHERS)
        known &= payload["type"] != CLICK or isinstance(payload["data"]["custom_id"], str)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        known = False
    if not known:
        raise _refused(web.HTTPBadRequest, "no interaction of a kind that is known")
    return payload


def _refused(kind: type[web.HTTPException], why: str) -> web.HTTPException:
    log.info(f"a request to {PATH} was refused with {kind.status_code}: {why}")  # one kind of message for each reason
    return kind(text=why)
