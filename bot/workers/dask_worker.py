"""A worker of a Dask cluster: `sokkuri worker`.

It is one Dask worker with a plugin that does the work in processes, like a bot without a cluster (`bot.workers.pool`):
they load their models once, only they die of a harmful photo, and they can drop work. So the worker itself keeps its
place in the cluster. It also survives the loss of its scheduler, and rejoins it with its models still loaded.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import signal
import tempfile
from contextlib import suppress
from typing import Any

from bot import logs, memory
from bot.config import DaskSection, Settings, hide_token
from bot.workers import addresses, build, dask, devices, limits
from bot.workers.engine import local
from bot.workers.pipe import FIRST_STAGE, Pickled
from bot.workers.pool import LocalSlot, LocalWorkers
from core.contracts import SokkuriError, WorkerLost

dask.load()

from distributed import Security, Status, Worker, WorkerPlugin  # noqa: E402  (as `dask.load` does it)
from distributed.comm.core import Comm  # noqa: E402

AGAIN_SECONDS = 1.0
"""The time between two tries to reach the scheduler."""

STAGE_SECONDS = 0.05
"""How often to report the stage of the work. Most stages are shorter, and a report takes as long as some of them."""

NO_STAGE = FIRST_STAGE, ""
"""The stage before any was reported."""

QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1 s",
    "distributed.admin.system-monitor.interval": "10 s",
    "distributed.worker.http.routes": [],
}
"""Switches off Dask's monitoring for a dashboard that we do not have: 0.3 % of a core when idle instead of 1.5 %."""

log = logging.getLogger(__name__)


async def serve(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT; then refuse new work, finish the running work, and return.

    Raises ConfigError.
    """
    import dask as dask_library

    logs.to_stderr(settings.log_level, settings.log_format)
    limits.leave_no_core()
    limits.deny_inspection()
    hide_token()  # a worker does not need it
    memory.give_back_at_once()
    security = dask.security(settings.dask)
    dask_library.config.set(QUIET)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="sokkuri-worker-") as folder:
        heatmaps = "heatmap" in settings.dask.offers
        async with local(settings, heatmaps=heatmaps) as processes, devices.log_devices(processes, settings.workers):
            plugin = Slots(processes, build.of(settings.core()))
            names = [dask.slots(build.digest(plugin.build)), *map(dask.offer, settings.dask.offers)]
            resources = {name: float(processes.count) for name in names}
            reported = False
            while not stop.is_set():
                try:
                    worker = await _joined(settings.dask, security, plugin, resources, folder)
                except (OSError, TimeoutError, RuntimeError) as error:
                    if not reported:
                        log.error("the scheduler at %s cannot be reached: %s", settings.dask.scheduler, error)
                    reported = True
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), AGAIN_SECONDS)
                    continue
                reported = False
                log.info("worker of the scheduler at %s, with %d slots", settings.dask.scheduler, processes.count)
                await _until(worker, stop, plugin, settings.workers.grace_seconds)
    log.info("stopped")


async def _joined(
    section: DaskSection, security: Security | None, plugin: Slots, resources: dict[str, float], folder: str
) -> Worker:
    """Start a worker and connect it to the scheduler. Raises OSError, TimeoutError, RuntimeError: the scheduler cannot
    be reached; ConfigError: it may not be used.
    """
    worker = _Worker(
        section.scheduler,
        nthreads=plugin.count,
        resources=resources,
        plugins=(plugin,),
        security=security,
        host=await addresses.to_listen_on(section, security),
        port=section.port,
        contact_address=section.contact or None,
        local_directory=folder,
        memory_limit=0,  # Dask keeps nothing of ours in memory; our processes have their own limits
        death_timeout=5,
        dashboard=False,
    )
    try:
        await worker
    except BaseException:
        with suppress(Exception):
            await worker.close()
        raise
    return worker


async def _until(worker: Worker, stop: asyncio.Event, plugin: Slots, grace: float) -> None:
    """Wait until the scheduler is lost, or `stop` is set."""
    tasks = [asyncio.create_task(worker.finished()), asyncio.create_task(stop.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    if not stop.is_set():
        log.error("the scheduler is lost; trying to reach it again")
        return
    log.info("told to stop")
    worker.status = Status.paused  # so that the scheduler sends it no new work
    with suppress(TimeoutError):
        await asyncio.wait_for(plugin.all_returned(), grace)
    await worker.close()


class _Worker(Worker):
    def start_http_server(self, *_: object, **__: object) -> None:
        """Start no server: Dask's would listen on every interface, and no setting prevents that."""


class Slots(WorkerPlugin):
    """The plugin. `processes`: do the work, and outlive a connection to the scheduler."""

    name = dask.PLUGIN

    def __init__(self, processes: LocalWorkers, our_build: dict[str, str]) -> None:
        self.build = our_build
        self._processes = processes
        self._leases: dict[str, _Lease] = {}
        self._none_held = asyncio.Event()
        self._none_held.set()
        self._worker: Worker

    @property
    def count(self) -> int:
        return self._processes.count

    def setup(self, worker: Worker) -> None:
        self._worker = worker
        worker.handlers[dask.CALL] = self.call
        worker.handlers[dask.ABOUT] = self.about

    async def teardown(self, worker: Worker) -> None:
        for lease in self._leases.values():
            lease.end()
        await self.all_returned()

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        """End a lease that the scheduler drops, because its bot released it or is gone."""
        if finish in ("cancelled", "released", "forgotten") and key in self._leases:
            self._leases[key].end()

    async def hold_lease(self, key: str, topic: str) -> None:
        task = self._worker.state.tasks.get(key)
        if task is None or task.state != "executing":  # released before it began: no transition will follow
            return
        lease = self._leases[key] = _Lease(self._processes)
        self._none_held.clear()
        try:
            self._worker.log_event(topic, {"lease": key, "address": self._worker.contact_address})
            await lease.wait_for_end()
        finally:
            del self._leases[key]
            if not self._leases:
                self._none_held.set()

    async def all_returned(self) -> None:
        await self._none_held.wait()

    async def call(self, comm: Comm, lease: str, payload: memoryview, deadline: float) -> Status:
        """Do the work. Sends each `stage` with its photo, so that the bot knows both if this machine is lost; then the
        `outcome`: `done` and the result, or `failed` and the exception, as `value`, pickled.
        """
        held = self._leases.get(lease)
        working = asyncio.create_task(self._outcome(held, payload, deadline))
        sent = NO_STAGE
        try:
            while not (await asyncio.wait({working}, timeout=STAGE_SECONDS))[0]:
                if held is not None and held.stage != sent:
                    sent = held.stage
                    await comm.write({"stage": sent[0], "photo": sent[1]})
            outcome, value = working.result()
            await comm.write({"outcome": outcome, "value": dask.without_copy(value)})
        finally:
            working.cancel()  # if nobody waits for it any more
        return Status.dont_reply

    async def _outcome(self, lease: _Lease | None, payload: memoryview, deadline: float) -> Pickled:
        error: Exception
        try:
            if lease is None:
                raise WorkerLost("died", FIRST_STAGE)
            return await lease.call(payload, deadline)
        except (SokkuriError, RuntimeError) as failure:
            error = failure.with_traceback(None)
        except asyncio.CancelledError:
            error = WorkerLost("died", FIRST_STAGE)
        return "failed", pickle.dumps(error, protocol=pickle.HIGHEST_PROTOCOL)

    async def about(self) -> dict[str, str]:
        return self.build


class _Lease:
    """One of the processes, reserved for a bot until `end`."""

    def __init__(self, processes: LocalWorkers) -> None:
        self._processes = processes
        self._slot: asyncio.Future[LocalSlot] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()
        self._call: asyncio.Task[Pickled] | None = None

    def end(self) -> None:
        self._ended.set()

    async def wait_for_end(self) -> None:
        """Hold a process until `end`, and end its work then. If no process can start, a call raises the reason."""
        taking = asyncio.create_task(self._take())
        try:
            await self._ended.wait()
        finally:  # also if Dask cancels the task, because the scheduler is lost
            if self._call is not None:
                self._drop(self._call)
                await asyncio.wait({self._call})
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _take(self) -> None:
        try:
            async with self._processes.reserve() as slot:
                self._slot.set_result(slot)
                await asyncio.Event().wait()
        except Exception as error:
            if not self._slot.done():
                self._slot.set_exception(error)
                self._slot.exception()  # so that asyncio does not report it as never retrieved
        finally:
            self._slot.cancel()

    async def call(self, payload: memoryview, deadline: float) -> Pickled:
        self._call = call = asyncio.create_task(self._work(payload, deadline))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            self._drop(call)
            raise

    def _drop(self, call: asyncio.Task[Pickled]) -> None:
        """Cancel the call once: a second time would end the wait for the process to drop its work, and kill it."""
        if not call.cancelling():
            call.cancel()

    async def _work(self, payload: memoryview, deadline: float) -> Pickled:
        slot = await asyncio.shield(self._slot)
        return await slot.relay(payload, deadline)

    @property
    def stage(self) -> tuple[str, str]:
        """The stage of its work, see `LocalSlot.stage`."""
        taken = self._slot.done() and not self._slot.cancelled() and self._slot.exception() is None
        return self._slot.result().stage if taken else NO_STAGE
