"""bot.workers.pool: real processes, killed at every moment that can be thought of."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
import worker_tasks as tasks
from patience import PATIENCE, until

from bot.errors import DeadlineExceeded, StartTooSlow
from bot.workers import pool, process
from bot.workers.child import GIVE_BACK_SECONDS
from bot.workers.pool import LocalWorkers
from core.contracts import CoreSettings, ModelMissing, NoFace, WorkerLost

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = PATIENCE


def make(**options: object) -> LocalWorkers:
    defaults: dict[str, object] = {"warm": tasks.warm, "count": 2, "tasks": 0, "start_seconds": LONG}
    return LocalWorkers(CoreSettings(threads=7), **{**defaults, **options})  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers() -> AsyncIterator[LocalWorkers]:
    """A pool for every test that closes none: what dies in it is replaced."""
    async with make() as workers:
        yield workers


async def begun(file: Path) -> int:
    """Process id of the worker that has made `file`."""
    await until(lambda: file.exists() and bool(file.read_text()))
    return int(file.read_text())


async def gone(pid: int) -> None:
    def is_gone() -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    await until(is_gone)


def spawned() -> set[int]:
    """Process ids of all workers of this process."""
    children = psutil.Process().children()
    return {child.pid for child in children if "spawn_main" in " ".join(child.cmdline())}


async def test_a_task_gets_the_settings_and_its_request(workers: LocalWorkers) -> None:
    assert await workers.submit(tasks.threads, None, LONG) == 7
    megabytes = os.urandom(20_000_000)
    assert await workers.submit(tasks.echo, megabytes, LONG) == megabytes
    assert await workers.submit(tasks.pid, None, LONG) in workers.pids


async def test_errors_come_back_typed_and_the_worker_stays(workers: LocalWorkers) -> None:
    before = sorted(workers.pids)
    for _ in range(3):
        with pytest.raises(NoFace) as caught:
            await workers.submit(tasks.no_face, "me.jpg", LONG)
        assert caught.value.photo == "me.jpg"
    with pytest.raises(RuntimeError, match="Odd in a worker") as odd:
        await workers.submit(tasks.odd_error, "what", LONG)
    assert "odd_error" in str(odd.value)  # the place, for the log
    assert sorted(workers.pids) == before


@pytest.mark.parametrize("task", [tasks.die, tasks.crash, tasks.leave, tasks.die_while_answering])
async def test_a_death_costs_its_own_request_alone(workers: LocalWorkers, task: object, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    running = asyncio.create_task(workers.submit(tasks.until, other, LONG))
    with pytest.raises(WorkerLost):
        await workers.submit(task, None, LONG)  # type: ignore[arg-type]
    other.unlink()
    assert isinstance(await running, int)
    assert await workers.submit(tasks.echo, b"next", LONG) == b"next"
    assert len(workers.pids) == 2


async def test_idle_workers_that_are_killed_cost_nothing(workers: LocalWorkers) -> None:
    await workers.submit(tasks.pid, None, LONG)
    before = workers.pids
    for pid in before:
        os.kill(pid, signal.SIGKILL)
        await gone(pid)
    for _ in range(4):
        assert await workers.submit(tasks.pid, None, LONG) not in before


async def test_an_overdue_worker_is_ended(workers: LocalWorkers, tmp_path: Path) -> None:
    await workers.submit(tasks.pid, None, LONG)
    with pytest.raises(DeadlineExceeded) as caught:
        await workers.submit(tasks.sleep, tmp_path / "begun", 3.0)
    assert caught.value.seconds == 3.0
    await gone(await begun(tmp_path / "begun"))
    assert await workers.submit(tasks.echo, b"next", LONG) == b"next"


async def test_a_worker_in_a_long_stage_is_ended_by_a_cancel(workers: LocalWorkers, tmp_path: Path) -> None:
    request = asyncio.create_task(workers.submit(tasks.sleep, tmp_path / "begun", LONG))
    pid = await begun(tmp_path / "begun")
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await gone(pid)
    assert await workers.submit(tasks.echo, b"next", LONG) == b"next"


async def test_cancelled_work_is_dropped_at_its_next_stage_and_the_worker_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is saying at that moment is said to its end."""
    monkeypatch.setattr(pool, "SECONDS_TO_LET_GO", LONG)  # this machine may be busy
    async with make(count=1) as workers:
        pid = await workers.submit(tasks.pid, None, LONG)
        for turn in range(20):
            file = tmp_path / str(turn)
            request = asyncio.create_task(workers.submit(tasks.chatter, file, LONG))
            await begun(file)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            assert await workers.submit(tasks.pid, None, LONG) == pid


async def test_a_worker_is_replaced_after_its_share_of_tasks() -> None:
    async with make(count=1, tasks=2) as workers:
        pids = [await workers.submit(tasks.pid, None, LONG) for _ in range(5)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


async def test_what_grew_is_replaced() -> None:
    async with make(count=1, recycle_bytes=400_000_000) as workers:
        small = await workers.submit(tasks.keep, 1_000_000, LONG)
        assert await workers.submit(tasks.keep, 500_000_000, LONG) == small
        assert await workers.submit(tasks.pid, None, LONG) != small


# ---------------------------------------------------------------- limits


async def test_memory_that_runs_out_costs_its_own_request_alone(tmp_path: Path) -> None:
    async with make(memory_bytes=1 << 30) as workers:
        other = tmp_path / "other"
        other.touch()
        running = asyncio.create_task(workers.submit(tasks.until, other, LONG))
        with pytest.raises(WorkerLost) as caught:
            await workers.submit(tasks.fill_memory, None, LONG)
        assert caught.value.cause == "memory"
        other.unlink()
        assert isinstance(await running, int)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nobody tells how much a process shares")
@pytest.mark.parametrize("kind", ["anonymous", "memfd"])
async def test_memory_that_could_be_shared_counts_too(kind: str, tmp_path: Path) -> None:
    """The kernel's limit on data leaves it out."""
    while_there = tmp_path / "holding"
    while_there.touch()
    async with make(memory_bytes=200 << 20) as workers, asyncio.timeout(LONG):
        other = asyncio.create_task(workers.submit(tasks.share, (kind, 100 << 20, while_there), LONG))
        with pytest.raises(WorkerLost) as caught:
            await workers.submit(tasks.share, (kind, 300 << 20, while_there), LONG)
        assert caught.value.cause == "memory"
        while_there.unlink()
        await other
        assert await workers.submit(tasks.echo, b"next", LONG) == b"next"


async def test_a_worker_has_limits(workers: LocalWorkers, tmp_path: Path) -> None:
    limits = await workers.submit(tasks.limits, None, LONG)
    assert limits["RLIMIT_CORE"] == 0
    assert limits["RLIMIT_NOFILE"] <= 256
    assert LONG < limits["RLIMIT_CPU"] < 1000 * LONG
    with pytest.raises(RuntimeError, match="File too large"):
        await workers.submit(tasks.write, (tmp_path / "large", (1 << 30) + 1), LONG)


async def test_a_stage_that_takes_too_long_is_overdue_and_one_after_the_other_is_not() -> None:
    async with make(count=1, stage_seconds=3.0) as workers:
        assert await workers.submit(tasks.stages_in_turn, 20, LONG) == 20
        with pytest.raises(DeadlineExceeded) as caught:
            await workers.submit(tasks.hang_in_a_stage, "me.jpg", LONG)
        error = caught.value
        assert (error.seconds, error.stage, error.photo) == (3.0, "decode", "me.jpg")
        assert "me.jpg" not in str(error)  # which is what stands in the log
        with pytest.raises(DeadlineExceeded) as caught:
            await workers.submit(tasks.stages_in_turn, 100, 1.0)
        assert (caught.value.seconds, caught.value.stage) == (1.0, "")


# ---------------------------------------------------------------- start


@pytest.mark.parametrize(
    ("warm", "error", "starts"), [(tasks.warm_up_badly, ModelMissing, 1), (tasks.die_at_the_start, WorkerLost, 2)]
)
async def test_a_worker_that_cannot_start_is_told_and_not_tried_again_and_again(
    warm: object,
    error: type[Exception],
    starts: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "BACKOFF_SECONDS", LONG)  # this machine may be busy
    settings = CoreSettings(model_folder=str(tmp_path / "starts"))
    async with LocalWorkers(settings, warm, count=1, tasks=0, start_seconds=LONG) as workers:  # type: ignore[arg-type]
        for _ in range(5):
            with pytest.raises(error):
                await workers.submit(tasks.pid, None, LONG)
    assert (tmp_path / "starts").read_text().count("started") == starts
    if error is ModelMissing:
        assert "could not load its models" in caplog.text
        assert "not there" in caplog.text


async def test_a_worker_that_could_not_start_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BACKOFF_SECONDS", 0.0)
    settings = CoreSettings(model_folder=str(tmp_path / "starts"))
    async with LocalWorkers(settings, tasks.warm_up_badly, count=1, tasks=0, start_seconds=LONG) as workers:
        for _ in range(3):
            with pytest.raises(ModelMissing):
                await workers.submit(tasks.pid, None, LONG)
    assert (tmp_path / "starts").read_text().count("started") in (3, 4)


async def test_one_that_cannot_start_is_left_alone_while_another_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "BACKOFF_SECONDS", LONG)  # this machine may be busy
    settings = CoreSettings(model_folder=str(tmp_path / "starts"))
    async with LocalWorkers(settings, tasks.die_unless_the_first, count=2, tasks=0, start_seconds=LONG) as workers:
        pids = await asyncio.gather(*(workers.submit(tasks.pid, None, LONG) for _ in range(20)))
        assert len(set(pids)) == 1
    assert (tmp_path / "starts").read_text().count("started") in (2, 3)


async def test_nobody_waits_for_a_start_while_another_is_ready(tmp_path: Path) -> None:
    settings = CoreSettings(model_folder=str(tmp_path / "starts"))
    warm = tasks.warm_up_slowly_but_for_the_first
    async with LocalWorkers(settings, warm, count=2, tasks=0, start_seconds=3 * LONG) as workers:
        first = asyncio.create_task(workers.submit(tasks.pid, None, LONG))
        second = asyncio.create_task(workers.submit(tasks.pid, None, LONG))  # one of them waits for the slow start
        done, _ = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        for waiting in {first, second} - done:
            waiting.cancel()
            await asyncio.wait({waiting})
        for _ in range(3):
            assert await workers.submit(tasks.pid, None, LONG) == next(iter(done)).result()


async def test_a_worker_that_is_killed_while_it_starts_costs_nothing(tmp_path: Path) -> None:
    settings = CoreSettings(model_folder=str(tmp_path / "starts"))
    async with LocalWorkers(settings, tasks.die_at_the_first_start, count=1, tasks=0, start_seconds=LONG) as workers:
        assert await workers.submit(tasks.pid, None, LONG) in workers.pids


async def test_a_worker_that_never_gets_ready_is_given_up() -> None:
    async with make(count=1, warm=tasks.warm_up_for_ever, start_seconds=0.2) as workers:
        with pytest.raises(StartTooSlow):
            await workers.submit(tasks.pid, None, LONG)


async def test_nothing_is_left_after_closing(tmp_path: Path) -> None:
    async with make() as workers:
        busy = asyncio.create_task(workers.submit(tasks.sleep, tmp_path / "begun", LONG))
        await begun(tmp_path / "begun")
        pids = workers.pids
    assert len(pids) == 2
    with pytest.raises(WorkerLost):
        await busy
    for pid in pids:
        await gone(pid)


@pytest.mark.parametrize("warm", [tasks.warm, tasks.warm_up_for_ever])
async def test_nobody_starts_a_worker_while_all_are_ended(warm: object) -> None:
    before = spawned()
    async with make(count=1, warm=warm) as workers:
        waiting = asyncio.create_task(workers.submit(tasks.pid, None, LONG))
        await asyncio.sleep(0)
        pids = workers.pids
    with pytest.raises(WorkerLost):
        await waiting
    assert not workers.pids
    for pid in pids:
        await gone(pid)
    assert spawned() <= before


async def test_workers_leave_signals_to_the_bot(workers: LocalWorkers) -> None:
    pid = await workers.submit(tasks.pid, None, LONG)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert {await workers.submit(tasks.pid, None, LONG) for _ in range(4)} >= {pid}


async def test_workers_end_when_the_bot_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, sys, worker_tasks as tasks\n"
        "from bot.workers.pool import LocalWorkers\n"
        "from core.contracts import CoreSettings\n"
        "async def main():\n"
        "    async with LocalWorkers(CoreSettings(), tasks.warm, count=2, tasks=0, start_seconds=60) as workers:\n"
        "        await asyncio.gather(*(workers.submit(tasks.pid, None, 60) for _ in range(2)))\n"
        "        print(*workers.pids, flush=True)\n"
        "        await asyncio.sleep(3600)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[3])])
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in (await asyncio.to_thread(parent.stdout.readline)).split()]
    assert len(pids) == 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for pid in pids:
        await gone(pid)


async def test_an_endless_loop_whose_bot_is_killed_ends_by_itself(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, pathlib, sys, worker_tasks as tasks\n"
        "from bot.workers.pool import LocalWorkers\n"
        "from core.contracts import CoreSettings\n"
        "async def main():\n"
        "    async with LocalWorkers(CoreSettings(), tasks.warm, count=1, tasks=0, start_seconds=60) as workers:\n"
        "        await workers.submit(tasks.spin_for_ever, pathlib.Path(sys.argv[1]), 0.5)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[3])])
    begun_file = tmp_path / "begun"
    parent = subprocess.Popen([sys.executable, str(script), str(begun_file)], env={**os.environ, "PYTHONPATH": path})
    pid = await begun(begun_file)
    parent.kill()
    parent.wait()
    await gone(pid)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the heap keeps itself small, or does not")
async def test_a_worker_gives_free_memory_back_even_if_it_has_no_pause() -> None:
    async with make(count=1) as workers:
        pid = await workers.submit(tasks.pid, None, LONG)
        before = psutil.Process(pid).memory_info().rss
        await workers.submit(tasks.leave_holes, None, LONG)
        async with asyncio.timeout(LONG):
            while psutil.Process(pid).memory_info().rss > before + 50e6:
                await workers.submit(tasks.pid, None, LONG)
                await asyncio.sleep(GIVE_BACK_SECONDS / 50)


async def test_a_worker_keeps_nothing_for_whoever_has_it_next() -> None:
    async with make(forget=tasks.forget, count=1) as workers:
        async with workers.reserve() as slot:
            await slot.submit(tasks.remember, "a face", LONG)
            assert await slot.submit(tasks.all_remembered, None, LONG) == ["a face"]
        assert await workers.submit(tasks.all_remembered, None, LONG) == []
