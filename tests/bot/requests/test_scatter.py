"""bot.requests.scatter with real worker processes: which of them look at the photos, and where the sum is finished."""

from __future__ import annotations

import asyncio
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from patience import PATIENCE

from bot.config import LimitsSection
from bot.photos import BATCH_PHOTOS, Batches, Gathered
from bot.requests.jobs import Job, Jobs, Requester
from bot.requests.scatter import Averaging
from bot.workers.pool import LocalWorkers
from core import tasks
from core.contracts import AverageRecipe, AverageRequest, AverageResult, AverageRules, CoreSettings, Photo

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECIPE = AverageRecipe(size=256)
IN_ONE_PLACE = Counter(average_open=1, average_look=8, average_take=1, average_end=1)


class Heard(LocalWorkers):
    """`asked`: how often each task was."""

    def __init__(self, count: int) -> None:
        super().__init__(CoreSettings(), tasks.warm, count=count, tasks=0, start_seconds=PATIENCE)
        self.asked: Counter[str] = Counter()

    async def perform(self, worker: Any, work: bytes | memoryview, deadline: float) -> Any:
        self.asked[pickle.loads(work)[0].__name__] += 1
        return await super().perform(worker, work, deadline)


@pytest.fixture
def photos(sample_faces: Path) -> list[Photo]:
    """Eight: two batches."""
    return [Photo(path.name, path.read_bytes()) for path in sorted(sample_faces.glob("*.jpg"))[:8]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_worker() -> AsyncIterator[Heard]:
    async with Heard(1) as workers:
        yield workers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two_workers() -> AsyncIterator[Heard]:
    async with Heard(2) as workers:
        yield workers


def jobs_of(workers: Heard) -> tuple[Jobs, Counter[str]]:
    """Jobs for these workers, and what they are asked from now on."""
    workers.asked.clear()
    return Jobs(workers, limits=LimitsSection(), deadline=PATIENCE), workers.asked


@asynccontextmanager
async def begun(jobs: Jobs, person: int = 0) -> AsyncIterator[Job]:
    async with jobs.admit("a", "average", Requester(person), long=True) as job:
        await job.begin()
        yield job


async def average(job: Job, photos: Sequence[Photo], recipe: AverageRecipe = RECIPE) -> AverageResult:
    rules = AverageRules()
    async with Averaging(job, recipe, rules, batches(photos), (), 1 << 30, lambda photos, faces: None) as averaging:
        return await averaging.result(lambda so_far: AverageRequest(so_far, recipe, rules))


def batches(photos: Sequence[Photo]) -> Batches:
    async def fetch(places: range) -> Gathered:
        return Gathered(tuple(photos[place] for place in places), (), tuple(places))

    def groups() -> Iterator[range]:
        for start in range(0, len(photos), BATCH_PHOTOS):
            yield range(start, min(start + BATCH_PHOTOS, len(photos)))

    return Batches(groups(), fetch)


async def test_a_sum_that_one_worker_makes_never_leaves_it(one_worker: Heard, photos: list[Photo]) -> None:
    jobs, asked = jobs_of(one_worker)
    async with begun(jobs) as job:
        result = await average(job, photos)
        assert len(result.used) == 8
        assert asked == IN_ONE_PLACE


async def test_photos_do_not_wait_for_a_second_worker(two_workers: Heard, photos: list[Photo]) -> None:
    """It is busy all the while: the first one takes them on, and nobody stands in line any more."""
    jobs, asked = jobs_of(two_workers)
    async with begun(jobs, 1) as other, other.turn(), begun(jobs) as job:
        result = await average(job, photos)
        assert len(result.used) == 8
        assert asked == IN_ONE_PLACE
        assert (jobs.working, jobs.in_line) == (1, 0)


async def test_who_had_the_last_photos_gets_the_others_sums(two_workers: Heard, photos: list[Photo]) -> None:
    """So that each sum is sent once at most, however many averages are made at once."""
    jobs, asked = jobs_of(two_workers)

    async def one(person: int) -> AverageResult:
        async with begun(jobs, person) as job:
            return await average(job, photos)

    results = await asyncio.gather(*map(one, range(3)))
    assert {result.used for result in results} == {tuple(photo.name for photo in photos)}
    assert asked["average_end"] == 3
    assert asked["average_close"] == asked["average_open"] - 3
    assert asked["average_finish"] == 0


async def test_faces_that_are_all_kept_are_finished_by_whoever_is_free(two_workers: Heard, photos: list[Photo]) -> None:
    jobs, asked = jobs_of(two_workers)
    async with begun(jobs) as job:
        result = await average(job, photos, AverageRecipe(size=256, method="median"))
        assert len(result.used) == 8
        assert asked["average_finish"] == 1
        assert asked["average_close"] == asked["average_open"]
