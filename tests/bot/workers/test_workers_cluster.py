"""bot.workers.cluster: a real scheduler and real workers, which are killed, restarted, and not as they should be."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cluster
import psutil
import pytest
import pytest_asyncio
import worker_tasks
from cluster import Process
from patience import PATIENCE, until

from bot.config import DaskSection
from bot.errors import DeadlineExceeded
from bot.workers import Workers
from bot.workers.cluster import ClusterWorkers
from bot.workers.pool import LocalWorkers
from bot.workers.retry import Retries
from core import tasks
from core.contracts import (
    AverageBatch,
    AverageRequest,
    AverageStart,
    CoreSettings,
    GradcamRequest,
    LookalikesRequest,
    NoFace,
    Photo,
    SimilarRequest,
    WorkerLost,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = str(Path(__file__).parent)

LONG = PATIENCE
SETTINGS = CoreSettings()


@dataclass
class Cluster:
    """A scheduler at `port`, two workers, and a bot's side of them. `folder`: where all of them may write."""

    folder: Path
    port: int
    scheduler: Process
    two: Sequence[Process]
    workers: ClusterWorkers

    def at(self, pid: int) -> Process:
        """The worker whose process this is."""
        return next(one for one in self.two if pid in one.children())


def connected(port: int, *, count: int = 2, start_seconds: float = LONG, **section: Any) -> ClusterWorkers:
    section = {"scheduler": f"tcp://127.0.0.1:{port}", **section}
    return ClusterWorkers(SETTINGS, DaskSection(**section), count=count, start_seconds=start_seconds)


async def seen(workers: Workers, slots: int) -> None:
    await until(lambda: workers.ready == slots)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """One that every test may use that leaves its workers alive; the second offers no heatmaps."""
    folder = tmp_path_factory.mktemp("cluster")
    port = cluster.free_port()
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(cluster.scheduler(folder, port))
        two = await asyncio.gather(
            stack.enter_async_context(cluster.worker(folder, port, "one")),
            stack.enter_async_context(cluster.worker(folder, port, "two", DASK__OFFERS="[]")),
        )
        workers = await stack.enter_async_context(connected(port))
        await seen(workers, 2)
        yield Cluster(folder, port, started, two, workers)


async def begun(file: Path) -> int:
    await until(lambda: file.exists() and bool(file.read_text()))
    return int(file.read_text())


# ---------------------------------------------------------------- work


def photo(faces: Path, name: str) -> Photo:
    return Photo(name, (faces / name).read_bytes())


async def answers(workers: Workers, faces: Path) -> dict[str, object]:
    """What each command's work comes to, but for the time that it took."""
    a, b, c = (photo(faces, f"person_{name}_1.jpg") for name in "abc")
    similar = await workers.submit(tasks.similar, SimilarRequest(a, b), LONG)
    gradcam = await workers.submit(tasks.gradcam, GradcamRequest(a), LONG)
    lookalikes = await workers.submit(tasks.lookalikes, LookalikesRequest((a, b, c)), LONG)
    async with workers.reserve() as slot:
        await slot.submit(tasks.average_open, AverageStart(), LONG)
        so_far = await slot.submit(tasks.average_look, AverageBatch((a, b, c)), LONG)
        await slot.submit(tasks.average_take, [True] * len(so_far.faces), LONG)
        so_far = replace(so_far, sums=(await slot.submit(tasks.average_close, None, LONG),))
    average = await workers.submit(tasks.average_finish, AverageRequest(so_far), LONG)
    timed: dict[str, Any] = {"similar": similar, "gradcam": gradcam, "lookalikes": lookalikes, "average": average}
    return {name: replace(result, stages={}) for name, result in timed.items()}


async def test_results_are_those_of_local_workers(both: Cluster, sample_faces: Path) -> None:
    here = await answers(both.workers, sample_faces)
    local = LocalWorkers(SETTINGS, tasks.warm, count=1, tasks=0, start_seconds=LONG)
    async with local:
        there = await answers(local, sample_faces)
    for name, result in there.items():
        assert here[name] == result, name


async def test_much_is_sent_and_errors_come_back_typed(both: Cluster) -> None:
    megabytes = os.urandom(20_000_000)
    assert await both.workers.submit(worker_tasks.echo, megabytes, LONG) == megabytes
    with pytest.raises(NoFace) as caught:
        await both.workers.submit(worker_tasks.no_face, "me.jpg", LONG)
    assert caught.value.photo == "me.jpg"
    with pytest.raises(RuntimeError, match="Odd in a worker"):
        await both.workers.submit(worker_tasks.odd_error, "me.jpg", LONG)
    said = "".join(one.log for one in (both.scheduler, *both.two))
    assert "me.jpg" not in said


async def test_a_slot_is_one_process_and_nobody_elses(both: Cluster) -> None:
    async with both.workers.reserve() as one, both.workers.reserve() as other:
        pids = [await slot.submit(worker_tasks.pid, None, LONG) for slot in (one, other, one, other)]
    assert pids[:2] == pids[2:]
    assert pids[0] != pids[1]


async def test_what_needs_something_goes_where_it_is_offered(both: Cluster) -> None:
    pids = await asyncio.gather(*(both.workers.submit(worker_tasks.gradcam, None, LONG) for _ in range(4)))
    assert {both.at(pid) for pid in pids} == {both.two[0]}


async def test_two_bots_share_the_workers(both: Cluster, tmp_path: Path) -> None:
    async with connected(both.port) as second:
        await seen(second, 2)
        bots, files = (both.workers, second), (tmp_path / "one", tmp_path / "other")
        for file in files:
            file.touch()
        running = [
            asyncio.create_task(bot.submit(worker_tasks.tell_and_wait, file, LONG))
            for bot, file in zip(bots, files, strict=True)
        ]
        await until(lambda: all(file.read_text() for file in files))
        waiting = [asyncio.create_task(bot.submit(worker_tasks.pid, None, LONG)) for bot in bots]
        for file in files:
            file.unlink()
        pids = set(await asyncio.gather(*running))
        assert len(pids) == 2
        assert set(await asyncio.gather(*waiting)) <= pids


# ---------------------------------------------------------------- what goes wrong in a worker's process


async def test_a_death_is_told_with_its_stage_and_costs_its_own_request_alone(both: Cluster) -> None:
    with pytest.raises(WorkerLost) as caught:
        await both.workers.submit(worker_tasks.die_in_a_stage, "me.jpg", LONG)
    assert (caught.value.stage, caught.value.photo) == ("decode", "me.jpg")
    assert isinstance(await both.workers.submit(worker_tasks.pid, None, LONG), int)


async def test_what_is_overdue_is_ended(both: Cluster, tmp_path: Path) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        await both.workers.submit(worker_tasks.sleep, tmp_path / "begun", 3.0)
    assert caught.value.seconds == 3.0
    pid = await begun(tmp_path / "begun")
    await until(lambda: not psutil.pid_exists(pid))


async def test_cancelling_frees_the_worker(both: Cluster, tmp_path: Path) -> None:
    async with both.workers.reserve():  # the one
        request = asyncio.create_task(both.workers.submit(worker_tasks.sleep_while_asked, tmp_path / "begun", LONG))
        other = both.at(await begun(tmp_path / "begun"))
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert both.at(await both.workers.submit(worker_tasks.pid, None, LONG)) is other


async def test_a_bot_that_is_killed_frees_its_workers(both: Cluster, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        "import asyncio, pathlib, sys, worker_tasks\n"
        "from test_workers_cluster import connected\n"
        "async def main():\n"
        "    async with connected(int(sys.argv[1])) as workers:\n"
        "        await workers.submit(worker_tasks.sleep_while_asked, pathlib.Path(sys.argv[2]), 60)\n"
        "asyncio.run(main())\n"
    )
    arguments = (str(script), str(both.port), str(tmp_path / "begun"))
    async with both.workers.reserve(), cluster.process(tmp_path, "bot", *arguments, path=HERE) as bot:
        other = both.at(await begun(tmp_path / "begun"))
        await bot.end()
        assert both.at(await both.workers.submit(worker_tasks.pid, None, LONG)) is other


# ---------------------------------------------------------------- what goes wrong with the cluster


@asynccontextmanager
async def a_third(both: Cluster, folder: Path) -> AsyncIterator[Process]:
    """A worker that a test may end, and that gets all work meanwhile."""
    async with both.workers.reserve(), both.workers.reserve(), cluster.worker(folder, both.port, "a third") as third:
        yield third
    await seen(both.workers, 2)


@asynccontextmanager
async def alone(folder: Path, workers: int = 1, **options: Any) -> AsyncIterator[Cluster]:
    """A cluster that a test may break."""
    port = cluster.free_port()
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(cluster.scheduler(folder, port))
        names = [f"worker {number}" for number in range(workers)]
        some = await asyncio.gather(*(stack.enter_async_context(cluster.worker(folder, port, name)) for name in names))
        bot = await stack.enter_async_context(connected(port, **options))
        await seen(bot, workers)
        yield Cluster(folder, port, started, some, bot)


async def test_work_is_done_again_when_its_worker_is_killed(tmp_path: Path) -> None:
    async with alone(tmp_path, workers=2, start_seconds=3.0) as one:
        retries = Retries(one.workers, 900.0)
        for left in (1, 0):
            file = tmp_path / f"begun {left}"
            request = asyncio.create_task(retries.submit(worker_tasks.sleep_the_first_time, file, LONG))
            await one.at(await begun(file)).end()
            if left:
                assert isinstance(await request, int)
            else:
                with pytest.raises(WorkerLost):
                    await request
        async with cluster.worker(tmp_path, one.port, "a new one"):
            await seen(one.workers, 1)
            assert isinstance(await retries.submit(worker_tasks.pid, None, LONG), int)


async def test_a_lease_that_is_given_back_at_once_leaves_its_slot_free(both: Cluster) -> None:
    """Dask tells the worker of both in one message, so that the lease begins when it has ended already."""

    async def leased(workers: ClusterWorkers) -> None:
        async with workers.reserve():
            await asyncio.Event().wait()

    async with both.workers.reserve():  # the one
        for steps in range(1, 21):
            given_up = asyncio.create_task(leased(both.workers))
            for _ in range(steps):
                await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            assert isinstance(await both.workers.submit(worker_tasks.pid, None, LONG), int)


async def test_what_comes_next_is_placed_on_the_worker_that_is_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask must hear that a slot was given back before it is asked for the next one, or takes all workers for busy."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING", "False")  # which moves what waits, after a while
    monkeypatch.setattr("bot.workers.cluster.PLACE_SECONDS", 2 * PATIENCE)  # nobody asks anew
    async with alone(tmp_path, workers=2) as one:
        for given_back in (0, 1):  # of workers that seem to be as busy Dask takes always the same one
            async with AsyncExitStack() as first, AsyncExitStack() as second, asyncio.timeout(PATIENCE):
                for stack in (first, second):
                    await stack.enter_async_context(one.workers.reserve())
                await (first, second)[given_back].aclose()
                await one.workers.submit(worker_tasks.pid, None, LONG)


async def test_a_lost_worker_is_told_with_the_stage_of_its_work(both: Cluster, tmp_path: Path) -> None:
    async with a_third(both, tmp_path) as third, both.workers.reserve() as slot, asyncio.timeout(PATIENCE):
        request = asyncio.create_task(slot.submit(worker_tasks.sleep_in_a_stage, tmp_path / "me.jpg", LONG))
        await until(lambda: slot.stage == "detect")
        await third.end()
        with pytest.raises(WorkerLost) as caught:
            await request
        assert (caught.value.stage, caught.value.photo) == ("detect", "me.jpg")
        assert "me.jpg" not in both.scheduler.log + third.log


async def test_work_goes_on_after_the_scheduler_is_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with alone(tmp_path) as one:
        file = tmp_path / "begun"
        request = asyncio.create_task(Retries(one.workers, 900.0).submit(worker_tasks.sleep_the_first_time, file, LONG))
        processes = one.two[0].children()
        await begun(file)
        await one.scheduler.end()
        await until(lambda: "is lost" in caplog.text)
        async with cluster.scheduler(tmp_path, one.port):
            assert await request in processes  # the same ones, with their models loaded
            await seen(one.workers, 1)


async def test_without_a_scheduler_whoever_asks_is_told(tmp_path: Path) -> None:
    async with connected(cluster.free_port(), start_seconds=0.5) as workers:
        before = time.monotonic()
        with pytest.raises(WorkerLost) as caught:
            await workers.submit(worker_tasks.pid, None, LONG)
        assert caught.value.cause == "start"
        assert time.monotonic() - before < PATIENCE
        assert workers.ready == 0


async def test_a_worker_of_another_version_gets_no_work(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    older = tmp_path / "older"
    (older / "numpy-1.0.dist-info").mkdir(parents=True)
    (older / "numpy-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0\n")
    async with (
        alone(tmp_path, workers=0, start_seconds=1.0) as one,
        cluster.worker(tmp_path, one.port, "other", path=str(older)),
    ):
        await until(lambda: "is of another build" in caplog.text)
        assert "numpy is 1.0 there" in caplog.text
        with pytest.raises(WorkerLost):
            await one.workers.submit(worker_tasks.pid, None, LONG)
        async with cluster.worker(tmp_path, one.port, "ours") as ours:
            await seen(one.workers, 1)
            assert await one.workers.submit(worker_tasks.pid, None, LONG) in ours.children()


async def test_a_worker_that_is_told_to_stop_ends_what_runs(both: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "running"
    file.touch()
    async with a_third(both, tmp_path) as third:
        request = asyncio.create_task(both.workers.submit(worker_tasks.tell_and_wait, file, LONG))
        pid = await begun(file)
        assert pid in third.children()
        ending = asyncio.create_task(third.end(signal.SIGTERM))
        await third.says("told to stop")
        file.unlink()
        assert await request == pid
        assert await ending == 0


# ---------------------------------------------------------------- encryption


def certificate(folder: Path, name: str, *more: str) -> tuple[str, str]:
    """A certificate and its key, made with OpenSSL."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    names = ("-subj", f"/CN={name}", "-keyout", str(key), "-out", str(cert))
    subprocess.run([*new, *names, *more], check=True, capture_output=True)
    return str(cert), str(key)


async def test_with_tls_only_those_with_a_certificate_are_let_in(tmp_path: Path) -> None:
    authority, authority_key = certificate(tmp_path, "authority")
    cert, key = certificate(tmp_path, "ours", "-CA", authority, "-CAkey", authority_key)
    stranger, stranger_key = certificate(tmp_path, "stranger")
    port = cluster.free_port()
    options = ("--tls-ca-file", authority, "--tls-cert", cert, "--tls-key", key)
    ours = {"tls_ca": authority, "tls_cert": cert, "tls_key": key}
    variables = {f"DASK__{name.upper()}": value for name, value in ours.items()}
    async with (
        cluster.scheduler(tmp_path, port, "tls", *options),
        cluster.worker(tmp_path, port, protocol="tls", **variables),
    ):
        async with connected(port, scheduler=f"tls://127.0.0.1:{port}", **ours) as workers:
            assert isinstance(await workers.submit(worker_tasks.pid, None, LONG), int)
        theirs = {**ours, "tls_cert": stranger, "tls_key": stranger_key}
        async with connected(port, scheduler=f"tls://127.0.0.1:{port}", start_seconds=2.0, **theirs) as workers:
            with pytest.raises(WorkerLost):
                await workers.submit(worker_tasks.pid, None, LONG)
