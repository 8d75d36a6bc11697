"""bot.workers.retry with real worker processes: what is lost is tried again, what ends workers is refused."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import worker_tasks as tasks
from patience import PATIENCE

from bot.errors import DeadlineExceeded, HarmfulPhoto
from bot.workers.pool import LocalWorkers
from bot.workers.retry import Retries
from core.contracts import CoreSettings, LookalikesRequest, Photo, Skipped, TooFewFaces, WorkerLost

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = PATIENCE
STAGE_SECONDS = 3.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers() -> AsyncIterator[LocalWorkers]:
    """One worker, which is replaced when it dies."""
    async with LocalWorkers(
        CoreSettings(), tasks.warm, count=1, tasks=0, start_seconds=LONG, stage_seconds=STAGE_SECONDS
    ) as workers:
        yield workers


@pytest.fixture
def retries(workers: LocalWorkers) -> Retries:
    return Retries(workers, LONG)


def asked(**photos: bytes) -> LookalikesRequest:
    return LookalikesRequest(tuple(Photo(name, data) for name, data in photos.items()))


@pytest.mark.parametrize("task", [tasks.look, tasks.look_at_all])
async def test_lost_work_is_done_by_the_next_worker(
    workers: LocalWorkers, retries: Retries, task: Any, tmp_path: Path
) -> None:
    before = workers.pids
    request = asked(a=b"good", b=f"once {tmp_path / 'died'}".encode())
    assert await retries.submit(task, request, LONG) == tasks.Looked(("a", "b"))
    assert workers.pids != before
    assert await retries.submit(task, request, LONG) == tasks.Looked(("a", "b"))  # once is no reason to refuse it


@pytest.mark.parametrize("how", [b"die", b"hang", b"fill memory"])
async def test_what_ends_two_workers_is_left_out_and_refused_from_then_on(
    workers: LocalWorkers, retries: Retries, how: bytes
) -> None:
    left_out = tasks.Looked(("a", "c"), (Skipped("b", "harmful_photo"),))
    assert await retries.submit(tasks.look, asked(a=b"good", b=how, c=b"good, too"), LONG) == left_out
    survivors = workers.pids
    renamed = asked(a=b"good", innocent=how)
    assert (await retries.submit(tasks.look, renamed, LONG)).skipped == (Skipped("innocent", "harmful_photo"),)
    assert workers.pids == survivors  # no worker has seen it again


async def test_where_too_few_are_left_it_is_told_why(retries: Retries) -> None:
    with pytest.raises(TooFewFaces) as caught:
        await retries.submit(tasks.look_for_two, asked(a=b"good", b=b"die"), LONG)
    assert caught.value.skipped == (Skipped("b", "harmful_photo"),)


async def test_a_request_that_cannot_do_without_it_is_refused(workers: LocalWorkers, retries: Retries) -> None:
    request = tasks.Pair(Photo("me.jpg", b"good"), Photo("killer.jpg", b"die"))
    with pytest.raises(HarmfulPhoto) as caught:
        await retries.submit(tasks.look_at_pair, request, LONG)
    assert caught.value.photo == "killer.jpg"


async def test_where_nobody_knows_which_one_it_is_all_of_them_together_are_refused(
    workers: LocalWorkers, retries: Retries
) -> None:
    with pytest.raises(HarmfulPhoto) as caught:
        await retries.submit(tasks.look_at_all, asked(a=b"good", b=b"die"), LONG)
    assert caught.value.photo == "a, b"
    survivors = workers.pids
    with pytest.raises(HarmfulPhoto):
        await retries.submit(tasks.look_at_all, asked(x=b"good", y=b"die"), LONG)
    assert await retries.submit(tasks.look_at_all, asked(a=b"good"), LONG) == tasks.Looked(("a",))
    assert workers.pids == survivors


async def test_refused_for_a_while_only(workers: LocalWorkers) -> None:
    retries = Retries(workers, 0.0)
    before = workers.pids
    for _ in range(2):
        with pytest.raises(WorkerLost):
            await retries.submit(tasks.look, asked(a=b"die"), LONG)
        assert workers.pids != before
        before = workers.pids


async def test_all_tries_share_one_deadline(retries: Retries) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        await retries.submit(tasks.look, asked(a=b"hang"), 1.5 * STAGE_SECONDS)
    assert caught.value.seconds == 1.5 * STAGE_SECONDS
    assert not caught.value.stage


async def test_work_without_photos_is_tried_twice(retries: Retries) -> None:
    with pytest.raises(WorkerLost):
        await retries.submit(tasks.die, None, LONG)


async def test_nothing_of_the_photo_is_in_the_log(retries: Retries, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await retries.submit(tasks.look, asked(**{"anna at home.jpg": b"die"}, b=b"good"), LONG)
    assert f"refused for {LONG:g} s" in caplog.text
    assert "anna" not in caplog.text
