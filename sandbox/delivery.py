"""Interactions over HTTP: signed, and posted to the endpoint that the application's owner has set.

https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
"""

from __future__ import annotations

import asyncio
import json
import time
from types import TracebackType
from typing import Any, Self

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox import rules
from sandbox.invocation import Invocation
from sandbox.parse import parse
from sandbox.refused import Refusal, Refused
from sandbox.rest.replies import Replies
from sandbox.services import Services
from sandbox.state import Json

SIGNATURE, TIMESTAMP = "X-Signature-Ed25519", "X-Signature-Timestamp"
PING, PONG = 1, 1


class EndpointRefused(Exception):
    """Discord would refuse this address: "The specified interactions endpoint url could not be verified"."""


class Delivery:
    """Posts interactions to `url`; None sends them over the gateway. Open it with `async with`."""

    def __init__(self, services: Services) -> None:
        self.url: str | None = None
        self._key = Ed25519PrivateKey.generate()
        self._application = services.application
        self._world = services.world
        self._refusals = services.refusals
        self._trace = services.trace
        self._replies = Replies(services)
        self._posting: set[asyncio.Task[None]] = set()
        self._application.settings["verify_key"] = self._key.public_key().public_bytes_raw().hex()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(rules.SECONDS_TO_ACKNOWLEDGE))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._posting:
            task.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)
        await self._session.close()

    async def use(self, url: str | None) -> None:
        """Sets the address, once it has answered a PING and refused one with a wrong signature.

        Raises EndpointRefused.
        """
        if url is not None:
            ping = {"type": PING, "id": str(self._world.snowflakes.next()), "token": "ping", "version": 1}
            ping |= {"application_id": str(self._application.id), "entitlements": []}
            body = json.dumps(ping).encode()
            for headers, wanted in ((self.signed(body), 200), (self.signed(b"something else"), 401)):
                try:
                    status, answer = await self._sent(url, body, headers)
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise EndpointRefused(f"{url} gave no answer: {error}") from error
                if status != wanted or (wanted == 200 and answer != {"type": PONG}):
                    raise EndpointRefused(f"{url} answered {status} {answer} where it should have been {wanted}")
        self.url = url
        self._application.settings["interactions_endpoint_url"] = url

    def signed(self, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """Returns the headers that sign `body`. `at`: seconds since 1970, by default now."""
        timestamp = str(int(time.time() if at is None else at))
        signature = self._key.sign(timestamp.encode() + body).hex()
        return {SIGNATURE: signature, TIMESTAMP: timestamp, "Content-Type": "application/json"}

    def post(self, invocation: Invocation, payload: Json) -> None:
        """Posts the interaction in the background. An inline response counts as the callback."""
        task = asyncio.create_task(self._post(invocation, payload))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post(self, invocation: Invocation, payload: Json) -> None:
        assert self.url is not None
        await asyncio.sleep(self._world.conditions.seconds_late)
        body, began = json.dumps(payload, ensure_ascii=False).encode(), time.monotonic()
        status, why = 0, ""
        try:
            status, answer = await self._sent(self.url, body, self.signed(body))
            if status == 200:
                await self._replies.respond(invocation, answer, {})
            elif status != 202:
                why = f"the endpoint answered {status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            why = f"the endpoint gave no answer: {type(error).__name__}"
        except Refused as no:
            why = no.message
        self._trace.posted(payload, status, time.monotonic() - began, why or None)
        if why:
            self._refusals.append(Refusal(invocation.name, status, 0, why))
            invocation.failed = True
            invocation.changes.notify()

    async def _sent(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        """Posts `body` and returns the status and the JSON of the response, None if there is none."""
        async with self._session.post(url, data=body, headers=headers) as response:
            text = await response.read()
            try:
                return response.status, parse(text)
            except ValueError:
                return response.status, None
