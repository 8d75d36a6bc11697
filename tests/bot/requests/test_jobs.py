"""bot.requests.jobs with real worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import worker_tasks as tasks
from patience import PATIENCE

from bot.config import LimitsSection
from bot.errors import Busy, DeadlineExceeded, Stopped, Stopping
from bot.requests.jobs import Job, Jobs, Phase, Requester
from bot.workers.pool import LocalWorkers
from core.contracts import CoreSettings, ModelMissing, NoFace, WorkerLost

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers() -> AsyncIterator[LocalWorkers]:
    """One worker, which is replaced when it dies."""
    async with LocalWorkers(CoreSettings(), tasks.warm, count=1, tasks=0, start_seconds=PATIENCE) as workers:
        yield workers


EVERYBODY = count()
"""Each request of somebody else, unless it is said whose it is."""


def room(waiting: int = 9, guild: int = 99, person: int = 99) -> LimitsSection:
    return LimitsSection(waiting=waiting, guild_requests=guild, person_requests=person)


@asynccontextmanager
async def begun(jobs: Jobs, requester: Requester | None = None, **options: bool) -> AsyncIterator[Job]:
    async with jobs.admit("a", "test", requester or Requester(next(EVERYBODY)), **options) as job:
        await job.begin()
        yield job


async def ask(jobs: Jobs, task: Any, request: object, requester: Requester | None = None) -> Any:
    async with begun(jobs, requester) as job:
        return await job.run(task, request)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_next_beyond_those_who_may_wait_is_refused(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(2), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    admitted = [asyncio.create_task(ask(jobs, tasks.until, gate)) for _ in range(3)]
    await settle()
    assert jobs.open == 3
    with pytest.raises(Busy) as caught:
        await ask(jobs, tasks.pid, None)
    assert (caught.value.scope, caught.value.open) == ("everybody", 3)
    assert caught.value.seconds > 0
    gate.unlink()
    await asyncio.gather(*admitted)
    assert jobs.open == 0
    assert await ask(jobs, tasks.echo, b"again") == b"again"


@pytest.mark.parametrize(("scope", "requester"), [("person", Requester(1, None)), ("guild", Requester(2, 7))])
async def test_one_person_or_server_may_have_only_so_many(
    workers: LocalWorkers, tmp_path: Path, scope: str, requester: Requester
) -> None:
    jobs = Jobs(workers, limits=room(waiting=9, guild=3, person=2), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    there = [Requester(1, 7), Requester(1, 7), Requester(3, 7), Requester(4, None)]
    admitted = [asyncio.create_task(ask(jobs, tasks.until, gate, one)) for one in there]
    await settle()
    with pytest.raises(Busy) as caught:
        await ask(jobs, tasks.pid, None, requester)
    assert caught.value.scope == scope
    gate.unlink()
    await asyncio.gather(*admitted)
    assert await ask(jobs, tasks.echo, b"again", requester) == b"again"


async def test_nobody_waits_for_more_than_one_request_of_another_person(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(waiting=99, guild=99, person=99), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    order: list[int] = []

    async def by(person: int) -> None:
        await ask(jobs, tasks.until, gate, Requester(person))
        order.append(person)

    running = [asyncio.create_task(by(1)) for _ in range(20)]
    await settle()
    running.append(asyncio.create_task(by(2)))
    await settle()
    gate.unlink()
    await asyncio.gather(*running)
    assert order.index(2) <= 1
    assert order.count(1) == 20


async def test_the_place_in_the_line_only_falls(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    phases: list[list[Phase]] = []

    async def watched(person: int) -> None:
        async with jobs.admit("a", "test", Requester(person)) as job:
            seen: list[Phase] = []
            phases.append(seen)
            job.on_phase = seen.append
            await job.begin()
            await job.run(tasks.until, gate)

    running = [asyncio.create_task(watched(person)) for person in (1, 2, 3, 4, 5, 5)]
    await settle()
    assert [[phase.name for phase in seen] for seen in phases] == [
        ["wait", "work"],
        ["wait"],
        ["line"],
        ["line"],
        ["line"],
        ["own"],
    ]
    assert [seen[0].place for seen in phases[2:5]] == [1, 2, 3]
    running[3].cancel()  # one in the middle leaves
    await settle()
    assert phases[4][-1].place == 2
    gate.unlink()
    await asyncio.gather(*running, return_exceptions=True)
    for seen in phases:
        places = [phase.place for phase in seen if phase.name == "line"]
        assert places == sorted(places, reverse=True)
    assert phases[4][-1].name == phases[5][-1].name == "work"


async def test_one_more_than_works_may_hold_photos(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    holding = most = 0

    async def hold() -> None:
        nonlocal holding, most
        async with begun(jobs) as job:
            holding += 1
            most = max(most, holding)
            await job.run(tasks.until, gate)
            holding -= 1

    running = [asyncio.create_task(hold()) for _ in range(6)]
    await settle()
    assert (holding, jobs.open, jobs.working) == (2, 6, 1)
    gate.unlink()
    await asyncio.gather(*running)
    assert (holding, most) == (0, 2)


async def test_first_come_first_served(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    order: list[int] = []

    async def number(n: int) -> None:
        await ask(jobs, tasks.until, gate)
        order.append(n)

    running = [asyncio.create_task(number(n)) for n in range(5)]
    await settle()
    gate.unlink()
    await asyncio.gather(*running)
    assert order == [0, 1, 2, 3, 4]


async def test_errors_and_deadlines_free_the_turn(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(0), deadline=PATIENCE)
    with pytest.raises(NoFace):
        await ask(jobs, tasks.no_face, "me.jpg")
    jobs.deadline = 0.5
    with pytest.raises(DeadlineExceeded):
        await ask(jobs, tasks.sleep, tmp_path / "begun")
    jobs.deadline = PATIENCE
    assert await ask(jobs, tasks.echo, b"next") == b"next"


async def test_a_turn_is_one_worker_for_several_requests(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    async with begun(jobs) as job:
        async with job.turn() as turn:
            first = await turn.run(tasks.pid, None)
            assert not turn.others_wait
            other = asyncio.create_task(ask(jobs, tasks.pid, None))
            await settle()
            assert turn.others_wait
            assert await turn.run(tasks.pid, None) == first
            assert not other.done()
        assert await other == first


async def test_whoever_has_a_worker_already_is_not_waited_for(workers: LocalWorkers) -> None:
    """The next turn of the same job, and that of one that has another worker."""
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)

    async def take(job: Job) -> None:
        async with job.turn():
            pass

    async with begun(jobs) as one, begun(jobs) as other:
        async with one.turn() as turn:
            further = asyncio.create_task(take(one))
            await settle()
            assert jobs.in_line == 1
            assert not turn.others_wait
            first = asyncio.create_task(take(other))
            await settle()
            assert turn.others_wait
        await asyncio.gather(further, first)


async def test_a_worker_lost_in_a_turn_is_replaced_after_it(workers: LocalWorkers) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    async with begun(jobs) as job:
        async with job.turn() as turn:
            for _ in range(2):
                with pytest.raises(WorkerLost):
                    await turn.run(tasks.die, None)
        assert await job.run(tasks.echo, b"next") == b"next"


async def test_a_turn_is_held_to_all_limits_too() -> None:
    """Of stages, of memory, and of the start."""
    limits = {"stage_seconds": 3.0, "memory_bytes": 1 << 28, "recycle_bytes": 120_000_000}
    async with LocalWorkers(CoreSettings(), tasks.warm, count=1, tasks=0, start_seconds=PATIENCE, **limits) as workers:  # type: ignore[arg-type]
        jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
        async with begun(jobs) as job:
            async with job.turn() as turn:
                with pytest.raises(DeadlineExceeded) as overdue:
                    await turn.run(tasks.hang_in_a_stage, "me.jpg")
            assert (overdue.value.stage, overdue.value.photo) == ("decode", "me.jpg")
            async with job.turn() as turn:
                with pytest.raises(WorkerLost) as lost:
                    await turn.run(tasks.fill_memory, None)
            assert lost.value.cause == "memory"
            async with job.turn() as turn:
                grown = await turn.run(tasks.keep, 150_000_000)
                assert await turn.run(tasks.pid, None) == grown
            async with job.turn() as turn:
                assert await turn.run(tasks.pid, None) != grown


async def test_no_turn_with_a_worker_that_cannot_start(tmp_path: Path) -> None:
    settings = CoreSettings(model_folder=str(tmp_path / "starts"))
    async with (
        LocalWorkers(settings, tasks.warm_up_badly, count=1, tasks=0, start_seconds=PATIENCE) as workers,
        begun(Jobs(workers, limits=room(), deadline=PATIENCE)) as job,
    ):
        with pytest.raises(ModelMissing):
            async with job.turn():
                raise AssertionError


async def test_stopped_while_it_waits_for_its_turn(workers: LocalWorkers, tmp_path: Path) -> None:
    """It gives up its place in the line, and whoever works goes on."""
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    working = asyncio.create_task(ask(jobs, tasks.until, gate))
    await settle()

    async def wait(job: Job) -> None:
        async with job.turn(stoppable=True):
            raise AssertionError

    async with begun(jobs) as job:
        waiting = asyncio.create_task(wait(job))
        await settle()
        assert not waiting.done()
        job.stop()
        with pytest.raises(Stopped):
            await waiting
        with pytest.raises(Stopped):
            await wait(job)
        assert (jobs.working, jobs.in_line) == (1, 0)
        gate.unlink()
        await working
        assert await job.run(tasks.echo, b"an answer is due all the same") == b"an answer is due all the same"


async def test_stopping_ends_what_it_guards_and_nothing_else(workers: LocalWorkers) -> None:
    async with begun(Jobs(workers, limits=room(0), deadline=PATIENCE)) as job:
        with pytest.raises(TimeoutError):  # the block's own
            async with job.unless_stopped(), asyncio.timeout(0):
                await asyncio.sleep(3600)
        asyncio.get_running_loop().call_soon(job.stop)
        with pytest.raises(Stopped):
            async with job.unless_stopped():
                await asyncio.sleep(3600)


async def test_long_jobs_have_places_of_their_own(workers: LocalWorkers) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    end = asyncio.Event()

    async def hold() -> None:
        async with begun(jobs, long=True):
            await end.wait()

    holding = [asyncio.create_task(hold()) for _ in range(5)]
    await settle()
    assert await ask(jobs, tasks.echo, b"short") == b"short"
    end.set()
    await asyncio.gather(*holding)


async def test_stages_are_timed(workers: LocalWorkers) -> None:
    jobs = Jobs(workers, limits=room(0), deadline=PATIENCE)
    async with begun(jobs) as job:
        with job.stage("photos"):
            await asyncio.sleep(0)
        await job.run(tasks.pid, None)
    assert list(job.stages) == ["queue", "photos", "wait", "work"]


async def test_draining_lets_running_requests_end_and_refuses_new_ones(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    gate = tmp_path / "gate"
    gate.touch()
    running = asyncio.create_task(ask(jobs, tasks.until, gate))
    await settle()
    drained = asyncio.create_task(jobs.drain(PATIENCE))
    await settle()
    with pytest.raises(Stopping):
        await asyncio.create_task(ask(jobs, tasks.pid, None))
    assert not drained.done()
    gate.unlink()
    await drained
    assert running.done()
    assert isinstance(running.result(), int)


async def test_after_the_grace_time_people_are_told(workers: LocalWorkers, tmp_path: Path) -> None:
    jobs = Jobs(workers, limits=room(), deadline=PATIENCE)
    answers: list[str] = []

    async def answered(request: Path) -> None:
        try:
            await ask(jobs, tasks.sleep, request)
        except Stopping:
            await asyncio.sleep(0)  # an answer takes its time, after the cut
            answers.append("told")

    running = [asyncio.create_task(answered(tmp_path / str(n))) for n in range(3)]
    await settle()
    await jobs.drain(0.2)
    assert answers == ["told"] * 3
    assert all(task.done() for task in running)


async def test_draining_an_idle_bot_ends_at_once(workers: LocalWorkers) -> None:
    await asyncio.wait_for(Jobs(workers, limits=room(0), deadline=PATIENCE).drain(3600), timeout=PATIENCE)
