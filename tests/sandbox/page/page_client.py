"""A client that uses the page's socket and addresses without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from sandbox import Sandbox


class PageClient:
    """`session`: its addresses are relative to the page's own; `events`: all that the server sent, except responses;
    `snapshot`: the latest one.
    """

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.session = session
        self.events: list[dict[str, Any]] = []
        self._socket = socket
        self._asked = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._news = asyncio.Event()

    @property
    def unasked(self) -> list[dict[str, Any]]:
        """The responses to what was sent without `ask`."""
        return list(self._answers.values())

    @property
    def snapshot(self) -> dict[str, Any]:
        return next(event for event in reversed(self.events) if event["type"] == "snapshot")

    async def listen(self) -> None:
        async for frame in self._socket:
            event = frame.json()
            if event["type"] in ("done", "refused"):
                self._answers[event["id"]] = event
            else:
                self.events.append(event)
            self._tell()
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def ask(self, type: str, **what: Any) -> dict[str, Any]:  # noqa: A002
        """Sends a request and returns the response, `done` or `refused`."""
        self._asked += 1
        asked = self._asked
        await self._socket.send_json({"type": type, "id": asked, **what})
        async with asyncio.timeout(5):
            while asked not in self._answers:
                await self._news.wait()
        return self._answers.pop(asked)

    async def hear(self, type: str, holds: Callable[[dict[str, Any]], bool] = lambda event: True) -> dict[str, Any]:  # noqa: A002
        """Returns the first event of this type that satisfies `holds`, waiting for it if needed."""
        async with asyncio.timeout(8):
            while True:
                for event in self.events:
                    if event["type"] == type and holds(event):
                        return event
                await self._news.wait()

    async def upload(self, name: str, data: bytes) -> str:
        async with self.session.post("uploads", params={"name": name}, data=data) as answer:
            assert answer.status == 200
            return (await answer.json())["upload"]

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    def place(self, name: str) -> str:
        """Returns the id of a channel or thread."""
        return next(one["id"] for one in self.snapshot["channels"] if one.get("name") == name)

    def person(self, name: str) -> str:
        return next(one["id"] for one in self.snapshot["people"] if one["global_name"] == name)

    async def told_to_leave(self) -> None:
        """Waits until the server has closed the socket."""
        async with asyncio.timeout(5):
            while not self._socket.closed:
                await self._news.wait()


@asynccontextmanager
async def open_page(sandbox: Sandbox, **introduced: str) -> AsyncIterator[PageClient]:
    """Opens the page and waits for its snapshot."""
    async with aiohttp.ClientSession() as session, session.get(sandbox.page) as index:
        address = index.url
    async with (
        aiohttp.ClientSession(address) as session,
        session.ws_connect("socket", params=introduced, max_msg_size=0) as socket,
    ):
        page = PageClient(session, socket)
        listening = asyncio.create_task(page.listen())
        await page.hear("snapshot")
        yield page
        await socket.close()
        await listening
