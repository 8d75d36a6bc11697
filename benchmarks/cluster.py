"""Workers in a Dask cluster beside local ones, on one machine: requests a second, and what the way there costs.

Both do the same requests in turns, one at a time and in changing order, so that a noisy machine is as unkind to the one
as to the other. A cluster is a scheduler and so many `sokkuri worker`s of one process each. The photos are of 2
megapixels; /lookalikes and /average have eight of them, and one worker.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.processes import Ended, Processes
from bot.config import DaskSection, Settings
from bot.workers import Seat, Workers
from bot.workers.cluster import ClusterWorkers
from bot.workers.engine import local
from core import tasks
from core.contracts import (
    AverageBatch,
    AverageRequest,
    AverageStart,
    GradcamRequest,
    LookalikesRequest,
    Photo,
    SimilarRequest,
)

DEADLINE = 120.0
PHOTOS = 8

Ask = Callable[[Seat, Sequence[Photo]], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """`local`, `cluster`: requests a second. `overhead`: what the cluster takes longer by, as a share: 0.1 is 10 %."""

    command: str
    workers: int
    local: float
    cluster: float
    overhead: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=[*COMMANDS], help="default: all")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], metavar="N", help="default: 1 2 4")
    parser.add_argument("--turns", type=int, default=4, metavar="N", help="of each side; default: 4")
    arguments = parser.parse_args()
    print(machine.description(), flush=True)
    try:
        print(table(rows(arguments.commands, arguments.workers, arguments.turns)))
    except Ended as error:
        sys.exit(str(error))


def rows(commands: Sequence[str], counts: Sequence[int], turns: int) -> list[Row]:
    """Of these commands, with so many workers each. Raises Ended: a process of it failed."""
    photos = pictures()
    asks = {command: COMMANDS[command] for command in commands}
    return [row for count in counts for row in asyncio.run(measured(photos, asks, count, turns))]


def table(found: Sequence[Row]) -> str:
    """In Markdown."""
    lines = [
        "| command | workers | local, requests a second | Dask | Dask takes longer by |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in sorted(found, key=lambda one: [*COMMANDS].index(one.command)):
        lines.append(
            f"| /{row.command} | {row.workers} | {row.local:.2f} | {row.cluster:.2f} | {100 * row.overhead:+.1f} % |"
        )
    return "\n".join(lines)


def pictures() -> list[Photo]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "benchmarks.photos", folder, str(PHOTOS)], check=True)
        return [Photo(path.name, path.read_bytes()) for path in sorted(Path(folder).iterdir())]


async def measured(photos: Sequence[Photo], asks: Mapping[str, Ask], count: int, turns: int) -> list[Row]:
    settings = Settings.model_validate({"workers": {"count": count}})
    async with Processes() as processes:
        # of the cores so many are each process's own, be it one of ours or the only one of its worker
        address = await processes.cluster(count, WORKERS__THREADS=settings.core().threads)
        return await processes.needed_for(_measured(photos, asks, settings, address, turns))


async def _measured(
    photos: Sequence[Photo], asks: Mapping[str, Ask], settings: Settings, address: str, turns: int
) -> list[Row]:
    count = settings.workers.count
    there = ClusterWorkers(settings.core(), DaskSection(scheduler=address), count=count, start_seconds=DEADLINE)
    found = []
    async with local(settings) as here, there:
        for workers in (here, there):
            await _warm(workers, photos, asks)
        for command, ask in asks.items():
            taken = []
            for turn in range(turns):
                order = (here, there) if turn % 2 else (there, here)
                times = {workers: await _seconds(workers, ask, photos) for workers in order}
                taken.append((times[here], times[there]))
            ratio = median(second / first for first, second in taken)
            rates = [1 / median(column) for column in zip(*taken, strict=True)]
            found.append(Row(command, count, rates[0], rates[1], ratio - 1))
    return found


async def _warm(workers: Workers, photos: Sequence[Photo], asks: Mapping[str, Ask]) -> None:
    """Until each worker has done everything once."""
    async with AsyncExitStack() as stack:
        seats = [await stack.enter_async_context(workers.reserve()) for _ in range(workers.count)]
        for ask in asks.values():
            await asyncio.gather(*(ask(seat, photos) for seat in seats))


async def _seconds(workers: Workers, ask: Ask, photos: Sequence[Photo]) -> float:
    """For one request, when each worker is given a few, with as many under way as there are workers."""

    async def one_after_the_other() -> None:
        for _ in range(REQUESTS):
            async with workers.reserve() as seat:
                await ask(seat, photos)

    before = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(workers.count)))
    return (time.perf_counter() - before) / (REQUESTS * workers.count)


REQUESTS = 2
"""Of each worker, in one turn."""


async def _similar(seat: Seat, photos: Sequence[Photo]) -> object:
    return await seat.submit(tasks.similar, SimilarRequest(photos[0], photos[1]), DEADLINE)


async def _gradcam(seat: Seat, photos: Sequence[Photo]) -> object:
    return await seat.submit(tasks.gradcam, GradcamRequest(photos[0]), DEADLINE)


async def _lookalikes(seat: Seat, photos: Sequence[Photo]) -> object:
    return await seat.submit(tasks.lookalikes, LookalikesRequest(tuple(photos)), DEADLINE)


async def _average(seat: Seat, photos: Sequence[Photo]) -> object:
    await seat.submit(tasks.average_open, AverageStart(), DEADLINE)
    so_far = await seat.submit(tasks.average_look, AverageBatch(tuple(photos)), DEADLINE)
    await seat.submit(tasks.average_take, [True] * len(so_far.faces), DEADLINE)
    sums = await seat.submit(tasks.average_close, None, DEADLINE)
    return await seat.submit(tasks.average_finish, AverageRequest(replace(so_far, sums=(sums,))), DEADLINE)


COMMANDS: dict[str, Ask] = {"similar": _similar, "gradcam": _gradcam, "lookalikes": _lookalikes, "average": _average}


if __name__ == "__main__":
    main()
