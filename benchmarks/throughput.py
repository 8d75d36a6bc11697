"""Requests a second with 1, 2 and 4 worker processes, each on one thread: local ones, those that share a network (see
`bot.workers.network`), and those of a Dask cluster on the same machine (see `benchmarks.cluster`), where Dask is
installed.

The request is /similar, with why, on two photos of 2 megapixels; as many are under way as there are workers.
"""

from __future__ import annotations

import asyncio
import time
from importlib.util import find_spec

from benchmarks import tables
from benchmarks.similar import camera_photo
from benchmarks.worker import DEADLINE, THREADS
from bot.workers.pool import LocalWorkers
from core import tasks
from core.contracts import CoreSettings, SimilarRequest

COUNTS = (1, 2, 4)
WINDOW = 0.002


def measure(quick: bool) -> tables.Part:
    request = SimilarRequest(*(camera_photo(name, 1632, 1224) for name in ("person_c_1", "person_f_1")))
    here = {count: asyncio.run(local(request, count, 6 if quick else 24)) for count in COUNTS}
    shared = {count: asyncio.run(local(request, count, 6 if quick else 24, WINDOW)) for count in COUNTS}
    there = {} if quick or find_spec("distributed") is None else in_cluster()
    rows = [
        [count, here[count], here[count] / here[1], shared[count], *there.get(count, (None, None))] for count in COUNTS
    ]
    columns = (
        "workers",
        "local, requests a second",
        "of one worker",
        "with a shared network",
        "in a Dask cluster",
        "time there / local",
    )
    about = "/similar, with why, two JPEGs of 2 megapixels, one thread a worker."
    figures = {f"a second, {count} workers": here[count] for count in COUNTS}
    return tables.Part("Requests a second", [tables.Table(columns, rows, about)], figures=figures)


async def local(request: SimilarRequest, count: int, each: int, batch_seconds: float = 0.0) -> float:
    """Requests a second."""
    turns = asyncio.Semaphore(count)
    workers = LocalWorkers(
        CoreSettings(threads=THREADS),
        tasks.warm,
        count=count,
        tasks=0,
        start_seconds=120,
        batch_seconds=batch_seconds,
    )

    async def one() -> None:
        async with turns:
            await workers.submit(tasks.similar, request, DEADLINE)

    async with workers:
        await asyncio.gather(*(one() for _ in range(3 * count)))  # until all are warm
        before = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(each * count)))
        return each * count / (time.perf_counter() - before)


def in_cluster() -> dict[int, tuple[float, float]]:
    """Requests a second of so many workers, and the time that they take, as a multiple of local ones' in turns."""
    from benchmarks import cluster

    return {row.workers: (row.cluster, 1 + row.overhead) for row in cluster.rows(["similar"], COUNTS, turns=4)}
