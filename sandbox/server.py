"""The sandbox as a whole: wires its parts together and serves them on one port."""

from __future__ import annotations

import base64
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import Self

import yarl
from aiohttp import web
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.http.listening import serving
from sandbox import rest
from sandbox.actions import Actions
from sandbox.cdn import Cdn
from sandbox.changes import Changes
from sandbox.clock import Clock
from sandbox.conditions import Conditions
from sandbox.delivery import Delivery
from sandbox.feed import Feed
from sandbox.gateway import Gateway
from sandbox.guard import Guard
from sandbox.interactions import Interactions
from sandbox.messages import Messages
from sandbox.page import Page
from sandbox.payloads import Payloads
from sandbox.refused import Refusal
from sandbox.rest import ROOT, Api, Exchanges, Faults
from sandbox.services import Services
from sandbox.trace import Trace
from sandbox.world import Application, World

MOST_REFUSALS = 1000


class Sandbox(Actions):
    """A stand-in for Discord on 127.0.0.1, for one bot. An asynchronous context manager.

    `port`: 0 takes a free one; `name`: the bot's; `shards`: how many Discord recommends; `privileged`: intents that
    the owner switched on in the developer portal (of `members`, `presences`, `message_content`);
    `heartbeat_interval`: in seconds.

    Once entered, the bot connects to `api`, `cdn.base` and `gateway.url` with `token`. `requests`: the newest HTTP
    requests with their answers; `refusals`: the newest breaches of Discord's rules; `trace`: the newest of all
    traffic, abridged; `conditions`, `faults`, `cdn`, `gateway`: what can be broken on purpose; `delivery`:
    interactions over HTTP; `clock`: the sandbox's own time; `page`: the address for the next browser.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        name: str = "Sokkuri",
        shards: int = 1,
        privileged: Iterable[str] = ("message_content",),
        heartbeat_interval: float = 41.25,
    ) -> None:
        clock, changes, feed = Clock(), Changes(), Feed()
        privileged = frozenset(privileged)
        world = World(clock, Conditions(message_content="message_content" in privileged))
        owner, bot = world.add_user("Kei"), world.add_user(name, bot=True)
        self.token = _token(bot.id)
        application = Application(bot.id, bot.name, bot, owner, self.token, privileged)
        trace = Trace(clock, feed.publish)
        self.requests = Exchanges()
        self.refusals: deque[Refusal] = deque(maxlen=MOST_REFUSALS)
        self.cdn = Cdn(clock, world, trace)
        payloads = Payloads(application, self.cdn)
        gateway = Gateway(
            world,
            application,
            payloads,
            self.refusals,
            changes,
            trace,
            shards=shards,
            heartbeat_interval=heartbeat_interval,
        )
        messages = Messages(world, bot, self.cdn, payloads, gateway, feed)
        services = Services(
            world=world,
            application=application,
            cdn=self.cdn,
            payloads=payloads,
            messages=messages,
            gateway=gateway,
            changes=changes,
            refusals=self.refusals,
            feed=feed,
            trace=trace,
        )
        self.delivery = Delivery(services)
        super().__init__(services, Interactions(services, self.delivery))
        self._api = Api(services, self.requests)
        self._page = Page(self, services)
        self._guard = Guard()
        self._port = port
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application()
        self._guard.protect(app)
        app.router.add_get("/gateway", self.gateway.handle)
        for routes in (self._api.serve(rest.routes(self._services)), self.cdn.routes(), self._page.routes()):
            app.add_routes(routes)
        server = serving(app, "127.0.0.1", self._port)
        self._port = (await self._stack.enter_async_context(server)).port
        self._guard.port = self._port
        await self.delivery.__aenter__()
        self.gateway.url = f"ws://127.0.0.1:{self._port}/gateway"
        self.cdn.base = self.address
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clock.close()
        await self.delivery.__aexit__(kind, error, trace)
        await self._page.close()
        await self.gateway.drop(1001)
        await self._stack.aclose()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def page(self) -> str:
        """The address of the page for the next browser. It works once; after that, this is another one."""
        return f"{self.address}/?key={self._guard.key}"

    def when_page_opens(self, tell: Callable[[], None]) -> None:
        """Calls `tell` each time a browser has used the page's address, when `page` is already the next one."""
        self._guard.opened.append(tell)

    @property
    def api(self) -> str:
        return self.address + ROOT

    @property
    def faults(self) -> Faults:
        return self._api.faults

    @contextmanager
    def in_place_of_discord(self) -> Iterator[None]:
        """Points discord.py's base addresses here, so that every client of this process talks to the sandbox."""
        before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self.api, yarl.URL(self.gateway.url)
        Asset.BASE = self.cdn.root
        try:
            yield
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before

    async def wait_ready(self, within: float = 30.0, *, commands: bool = True) -> None:
        """Waits until all shards of the bot are connected and, with `commands`, it has registered some.

        Raises TimeoutError after `within` seconds.
        """
        app = self.application

        def ready() -> bool:
            return (self.gateway.ready or self.delivery.url is not None) and (
                not commands or bool(app.commands or any(app.guild_commands.values()))
            )

        await self._services.changes.until(ready, within)


def _token(bot_id: int) -> str:
    """Returns a token in the format of Discord's: the bot's id, a time and a secret, each in base64."""
    first = base64.urlsafe_b64encode(str(bot_id).encode()).decode().rstrip("=")
    return f"{first}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
