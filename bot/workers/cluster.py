"""Workers of a Dask cluster, from the bot's side. `bot.workers.dask` explains how it works.

The bot connects, and reconnects, in the background. A request that finds no worker waits for as long as a worker may
take to start. A request whose worker or scheduler is lost ends with WorkerLost, and may be retried.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from bot.config import DaskSection
from bot.errors import ConfigError
from bot.workers import Request, Result, Task, addresses, build, dask
from bot.workers.pipe import FIRST_STAGE, pack_work, unwrap
from core.contracts import CoreSettings, WorkerLost

if TYPE_CHECKING:
    from distributed import Client

PLACE_SECONDS = 0.5
"""How long to wait for a worker before requesting another lease. Dask assigns a lease to a worker at once, even to a
busy one, and leaves it there even if another worker becomes free."""

WATCH_SECONDS = 0.5
"""How often to check whether the scheduler is still there."""

log = logging.getLogger(__name__)


class ClusterWorkers:
    """`count`: how many requests this bot sends to the cluster at once; `start_seconds`: how long a request waits until
    a suitable worker appears. Entering raises ConfigError: the scheduler may not be used (see `addresses`).
    """

    def __init__(self, settings: CoreSettings, section: DaskSection, *, count: int, start_seconds: float) -> None:
        dask.load()
        self._settings = settings
        self._section = section
        self._scheduler = section.scheduler
        self._needs: dict[str, str] = {task: need for task, need in section.needs.items()}  # noqa: C416
        self._security = dask.security(section)
        self._count = count
        self._start_seconds = start_seconds
        self._build = build.of(settings)
        self._slots = dask.slots(build.digest(self._build))
        self._topic = f"{dask.PLUGIN}-{secrets.token_hex(8)}"
        self._connection: _Connection | None = None
        self._connected = asyncio.Event()
        self._keeping: asyncio.Task[None]

    @property
    def count(self) -> int:
        return self._count

    @property
    def ready(self) -> int:
        return self._connection.ready if self._connection else 0

    async def __aenter__(self) -> Self:
        with suppress(OSError):  # its name may be known later, and is checked again before use
            await addresses.check_scheduler(self._section)
        self._keeping = asyncio.create_task(self._keep_connected())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        async with self._leased(self._needs.get(task.__name__)) as slot:
            return await slot.submit(task, request, deadline)

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator[_Slot]:
        async with self._leased(None) as slot:
            yield slot

    @asynccontextmanager
    async def _leased(self, need: str | None) -> AsyncIterator[_Slot]:
        resources = {self._slots: 1} | ({dask.offer(need): 1} if need else {})
        async with (await self._connect()).lease(resources, self._start_seconds) as slot:
            yield slot

    async def _connect(self) -> _Connection:
        """Wait for the connection. Raises WorkerLost: there was no scheduler for too long."""
        try:
            async with asyncio.timeout(self._start_seconds):
                while self._connection is None or not self._connection.alive:
                    await self._connected.wait()
                    if self._connection is not None and not self._connection.alive:
                        await asyncio.sleep(WATCH_SECONDS)  # until that is noticed and repaired
        except TimeoutError:
            raise WorkerLost("start") from None
        return self._connection

    async def _keep_connected(self) -> None:
        reported = False
        while True:
            try:
                async with self._client() as client:
                    reported = False
                    await self._use(client)
            except (OSError, TimeoutError, ValueError, RuntimeError, ConfigError) as error:
                if not reported:
                    log.error("the scheduler at %s cannot be reached: %s", self._scheduler, error)
                reported = True
            else:
                log.error("the scheduler at %s is lost; trying to reach it again", self._scheduler)
                reported = True
            await asyncio.sleep(WATCH_SECONDS)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Client]:
        from distributed import Client

        await addresses.check_scheduler(self._section)
        client = Client(
            self._scheduler,
            asynchronous=True,
            security=self._security,
            timeout=addresses.CONNECT_SECONDS,
            set_as_default=False,
            name=dask.PLUGIN,
        )
        try:
            await client
            yield client
        finally:
            with suppress(OSError, TimeoutError):
                await client.close(timeout=1)

    async def _use(self, client: Client) -> None:
        """Use the connection until its scheduler is lost."""
        log.info("connected to the scheduler at %s", self._scheduler)
        connection = _Connection(client, self._topic, self._slots, self._build)
        try:
            await connection.look()
            self._connection = connection
            self._connected.set()
            with suppress(OSError):
                while connection.alive:
                    await asyncio.sleep(WATCH_SECONDS)
                    await connection.look()
        finally:
            self._connection = None
            self._connected.clear()
            connection.lose()


class _Connection:
    """A connection to one scheduler. `ready`: how many slots of our build its workers have."""

    def __init__(self, client: Client, topic: str, slots: str, our_build: dict[str, str]) -> None:
        self.ready = 0
        self._client = client
        self._topic = topic
        self._slots = slots
        self._build = our_build
        self._leases: dict[str, _Lease] = {}
        self._offers: list[dict[str, float]] = []
        self._strangers: set[str] = set()
        self._scheduler = ""
        client.subscribe_topic(topic, self._on_event)

    @property
    def alive(self) -> bool:
        return bool(self._client.status == "running")

    async def look(self) -> None:
        """Update the list of workers, and log new ones of another build. Raises OSError: the scheduler changed."""
        assert self._client.scheduler is not None
        scheduler = await self._client.scheduler.identity(n_workers=-1)
        if self._scheduler not in ("", scheduler["id"]):  # Dask has reconnected, but this scheduler does not know us
            raise ConnectionResetError
        self._scheduler = scheduler["id"]
        workers = scheduler["workers"]
        self._offers = [one["resources"] for one in workers.values()]
        self.ready = int(sum(one.get(self._slots, 0) for one in self._offers))
        strangers = {
            address
            for address, one in workers.items()
            if self._slots not in one["resources"] and any(name.startswith(dask.PLUGIN) for name in one["resources"])
        }
        for address in strangers - self._strangers:
            with suppress(OSError, TimeoutError):
                theirs = await getattr(self._client.rpc(address), dask.ABOUT)()
                different = build.differences(theirs, self._build)
                log.error("the worker at %s is of another build and gets no work: %s", address, different)
        self._strangers = strangers

    def lose(self) -> None:
        for lease in self._leases.values():
            lease.lose()

    @asynccontextmanager
    async def lease(self, resources: dict[str, int], start_seconds: float) -> AsyncIterator[_Slot]:
        """Lease a slot. Raises WorkerLost: no suitable worker for `start_seconds`, or the scheduler was lost."""
        loop = asyncio.get_running_loop()
        given_up = loop.time() + start_seconds
        while True:
            async with self._held(resources) as lease:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PLACE_SECONDS):
                        address = await asyncio.shield(lease.address)
                    yield _Slot(self._client, address, lease)
                    return
            if self._can_be_placed(resources):
                given_up = loop.time() + start_seconds
            elif loop.time() > given_up:
                raise WorkerLost("start")

    @asynccontextmanager
    async def _held(self, resources: dict[str, int]) -> AsyncIterator[_Lease]:
        """Hold a lease during the block. After it, its worker ends the work that it still does for the lease."""
        loop = asyncio.get_running_loop()
        key = f"{dask.PLUGIN}-{secrets.token_hex(8)}"
        lease = self._leases[key] = _Lease(key)
        future = self._client.submit(dask.hold_lease, key, self._topic, key=key, pure=False, resources=resources)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(lease.lose))  # Dask has dropped it
        try:
            yield lease
        finally:
            del self._leases[key]
            lease.lose()
            future.release()
            await asyncio.sleep(0)  # lets Dask send that before somebody else requests the slot

    def _can_be_placed(self, resources: dict[str, int]) -> bool:
        return any(all(one.get(name, 0) >= least for name, least in resources.items()) for one in self._offers)

    def _on_event(self, event: tuple[float, dict[str, str]]) -> None:
        _, message = event
        lease = self._leases.get(message["lease"])
        if lease is not None:
            lease.place_at(message["address"])


class _Lease:
    """A lease. `key`: its name; `address`: the worker's, once there is one; `lost`: done when either is lost."""

    def __init__(self, key: str) -> None:
        loop = asyncio.get_running_loop()
        self.key = key
        self.address: asyncio.Future[str] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()

    def place_at(self, address: str) -> None:
        if self.address.done():  # its worker is gone, and Dask has assigned another one
            self.lose()
        else:
            self.address.set_result(address)

    def lose(self) -> None:
        if not self.address.done():
            self.address.set_exception(WorkerLost("died", FIRST_STAGE))
            self.address.exception()  # so that asyncio does not report it as never retrieved
        if not self.lost.done():
            self.lost.set_result(None)


class _Slot:
    """A slot of the worker at `address`, while the lease is held. `stage`, `photo`: the last ones that it reported."""

    def __init__(self, client: Client, address: str, lease: _Lease) -> None:
        self._connections = client.rpc
        self._address = address
        self._lease = lease
        self.stage, self.photo = FIRST_STAGE, ""

    async def submit(self, task: Task[Request, Result], request: Request, deadline: float) -> Result:
        self.stage, self.photo = FIRST_STAGE, ""
        payload = pack_work(task, request)
        call: asyncio.Future[Any] = asyncio.ensure_future(self._call(payload, deadline))
        del payload
        try:
            await asyncio.wait({call, self._lease.lost}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                raise WorkerLost("died", self.stage, self.photo)
            outcome, value = call.result()
        except OSError:
            raise WorkerLost("died", self.stage, self.photo) from None
        finally:
            call.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await call
        return cast(Result, unwrap(outcome, pickle.loads(value)))

    async def _call(self, payload: bytes, deadline: float) -> tuple[str, Any]:
        """The outcome and its value, as `Slots.call` sends them. Raises OSError: the worker cannot be reached."""
        comm = await self._connections.connect(self._address)
        try:
            await comm.write(
                {"op": dask.CALL, "lease": self._lease.key, "payload": dask.without_copy(payload), "deadline": deadline}
            )
            while "outcome" not in (message := await comm.read()):
                self.stage, self.photo = message["stage"], message["photo"]
        except BaseException:
            comm.abort()  # nobody reads what is still sent there
            raise
        finally:
            self._connections.reuse(self._address, comm)
        return message["outcome"], message["value"]
