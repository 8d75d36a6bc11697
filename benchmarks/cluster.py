"""Workers in a Dask cluster beside local ones, on one machine: requests a second, and what the way there costs.

Both do the same requests in turns and in changing order, so that a noisy machine is as unkind to the one as to the
other; they come from the bot's own jobs, without Discord. A cluster is a scheduler and so many `sokkuri worker`s of one
process each. The photos are of 2 megapixels; /lookalikes and /average have eight of them.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import machine, scale
from benchmarks.processes import Ended, Processes
from bot.config import DaskSection, LimitsSection, Settings
from bot.requests.jobs import Job, Jobs, Requester
from bot.workers.cluster import ClusterWorkers
from bot.workers.engine import local
from core import tasks
from core.contracts import AverageRecipe, GradcamRequest, LookalikesRequest, Photo, SimilarRequest

DEADLINE = 120.0
PHOTOS = 8

Ask = Callable[[Job, Sequence[Path]], Awaitable[object]]


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
    asks = {command: COMMANDS[command] for command in commands}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "benchmarks.photos", folder, str(PHOTOS)], check=True)
        photos = sorted(Path(folder).iterdir())
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


async def measured(photos: Sequence[Path], asks: Mapping[str, Ask], count: int, turns: int) -> list[Row]:
    settings = Settings.model_validate({"workers": {"count": count}})
    async with Processes() as processes:
        # of the cores so many are each process's own, be it one of ours or the only one of its worker
        address = await processes.cluster(count, WORKERS__THREADS=settings.core().threads)
        return await processes.needed_for(_measured(photos, asks, settings, address, turns))


async def _measured(
    photos: Sequence[Path], asks: Mapping[str, Ask], settings: Settings, address: str, turns: int
) -> list[Row]:
    count = settings.workers.count
    section = DaskSection(scheduler=address)
    found = []
    async with (
        local(settings) as processes,
        ClusterWorkers(settings.core(), section, count=count, start_seconds=DEADLINE) as cluster,
    ):
        here, there = (Jobs(one, limits=LimitsSection(), deadline=DEADLINE) for one in (processes, cluster))
        for command, ask in asks.items():
            for jobs in (here, there):
                await _seconds(jobs, ask, photos)  # until all is warm
            taken = []
            for turn in range(turns):
                order = (here, there) if turn % 2 else (there, here)
                times = {jobs: await _seconds(jobs, ask, photos) for jobs in order}
                taken.append((times[here], times[there]))
            ratio = median(second / first for first, second in taken)
            rates = [1 / median(column) for column in zip(*taken, strict=True)]
            found.append(Row(command, count, rates[0], rates[1], ratio - 1))
    return found


async def _seconds(jobs: Jobs, ask: Ask, photos: Sequence[Path]) -> float:
    """For one request, when each worker is given a few, with as many under way as there are workers."""

    async def one_after_the_other(person: int) -> None:
        for _ in range(REQUESTS):
            async with jobs.admit("0", "cluster", Requester(person), long=ask is _average) as job:
                await job.begin()
                await ask(job, photos)

    before = time.perf_counter()
    await asyncio.gather(*map(one_after_the_other, range(jobs.workers.count)))
    return (time.perf_counter() - before) / (REQUESTS * jobs.workers.count)


REQUESTS = 2
"""Of each worker, in one turn."""


async def _similar(job: Job, photos: Sequence[Path]) -> object:
    return await job.run(tasks.similar, SimilarRequest(_photo(photos[0]), _photo(photos[1])))


async def _gradcam(job: Job, photos: Sequence[Path]) -> object:
    return await job.run(tasks.gradcam, GradcamRequest(_photo(photos[0])))


async def _lookalikes(job: Job, photos: Sequence[Path]) -> object:
    return await job.run(tasks.lookalikes, LookalikesRequest(tuple(map(_photo, photos))))


async def _average(job: Job, photos: Sequence[Path]) -> object:
    return await scale.finished(job, photos, AverageRecipe())


def _photo(path: Path) -> Photo:
    return Photo(path.name, path.read_bytes())


COMMANDS: dict[str, Ask] = {"similar": _similar, "gradcam": _gradcam, "lookalikes": _lookalikes, "average": _average}


if __name__ == "__main__":
    main()
