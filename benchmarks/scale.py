"""An average of many photos beside what decoding and detection alone take, and its memory, as Markdown tables.

The photos go the way that they go in the bot, from its jobs to two worker processes and back, but for Discord. What is
compared runs in turns, so that a noisy machine is as unkind to the one as to the other. This process stands for the
bot's, and is as light.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import machine
from bot.config import LimitsSection
from bot.photos import BATCH_PHOTOS, Batches, Gathered
from bot.requests.jobs import Job, Jobs, Requester
from bot.requests.scatter import Averaging
from bot.workers.pool import LocalWorkers
from core import tasks
from core.contracts import (
    AverageRecipe,
    AverageRequest,
    AverageResult,
    AverageRules,
    AverageSoFar,
    CoreSettings,
    Photo,
)

WORKERS = 2
TURN = 250
"""Photos that are read alone, and then averaged, before the next ones are."""
DEADLINE = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=500, help="how many for the time (default: 500)")
    parser.add_argument("--counts", type=int, nargs="*", default=[50, 100, 200, 500], help="how many for the memory")
    parser.add_argument("--median", type=int, default=1000, help="how many for the median's memory")
    arguments = parser.parse_args()
    print(machine.description(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        count = max(arguments.photos, arguments.median, *arguments.counts)
        subprocess.run([sys.executable, "-m", "benchmarks.photos", folder, str(count)], check=True)
        asyncio.run(measure(sorted(Path(folder).iterdir()), arguments.photos, arguments.counts, arguments.median))


async def measure(paths: Sequence[Path], photos: int, counts: Sequence[int], medians: int) -> None:
    alone, average, faces = await in_turns(paths[:photos])
    print(f"\n{photos} photos of two megapixels, {faces} faces, {WORKERS} workers\n")
    print("| | decoding and detection alone, s | average, s | times |\n| --- | ---: | ---: | ---: |")
    print(f"| time | {alone.wall:.1f} | {average.wall:.1f} | {average.wall / alone.wall:.2f} |")
    print(f"| of processors | {alone.cpu:.1f} | {average.cpu:.1f} | {average.cpu / alone.cpu:.2f} |")
    print("\n| method | photos | faces | bot and workers together, peak MB |\n| --- | ---: | ---: | ---: |", flush=True)
    recipes = [*((AverageRecipe(), count) for count in counts), (AverageRecipe(method="median"), medians)]
    for recipe, count in recipes:
        megabytes, faces = await peak(paths[:count], recipe)
        print(f"| {recipe.method} | {count} | {faces} | {megabytes:.0f} |", flush=True)


@dataclass
class Seconds:
    """On the clock, and of all processors (which does not depend on what else the machine has to do)."""

    wall: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def counted(self, pids: Sequence[int]) -> Iterator[None]:
        wall, cpu = time.perf_counter(), cpu_seconds(pids)
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += cpu_seconds(pids) - cpu


def cpu_seconds(pids: Sequence[int]) -> float:
    """That this process and others have used so far."""
    times = [psutil.Process(pid).cpu_times() for pid in (os.getpid(), *pids)]
    return float(sum(one.user + one.system for one in times))


async def in_turns(paths: Sequence[Path]) -> tuple[Seconds, Seconds, int]:
    """What decoding and detection alone take, and what the average takes; and how many faces are in it."""
    alone, average = Seconds(), Seconds()
    recipe = AverageRecipe()
    so_far = AverageSoFar()
    async with job() as (one, pids):
        for start in range(0, len(paths), TURN):
            turn = paths[start : start + TURN]
            with alone.counted(pids):
                await asyncio.gather(*(read(one, group) for group in groups(turn)))
            with average.counted(pids):
                so_far += await averaged(one, turn, recipe)
        with average.counted(pids):
            await one.run(tasks.average_finish, AverageRequest(so_far, recipe))
    return alone, average, len(so_far.faces)


async def peak(paths: Sequence[Path], recipe: AverageRecipe) -> tuple[float, int]:
    """Most megabytes that this process and the workers held together, and how many faces are in the average."""
    async with job() as (one, pids):
        with Memory([psutil.Process(), *map(psutil.Process, pids)]) as memory:
            result = await finished(one, paths, recipe)
    return memory.peak / 1e6, len(result.averaged[0].faces)


@asynccontextmanager
async def job(count: int = WORKERS) -> AsyncIterator[tuple[Job, list[int]]]:
    """A job, with `count` fresh workers that have loaded their models, and their process ids."""
    workers = LocalWorkers(CoreSettings(threads=1), tasks.warm, count=count, tasks=0, start_seconds=60)
    jobs = Jobs(workers, limits=LimitsSection(), deadline=DEADLINE)
    async with workers, jobs.admit("0", "scale", Requester(1), long=True) as one:
        await one.begin()
        await asyncio.gather(*(one.run(locate, ()) for _ in range(count)))
        yield one, workers.pids


async def averaged(one: Job, paths: Sequence[Path], recipe: AverageRecipe) -> AverageSoFar:
    async with averaging(one, paths, recipe) as it:
        return await it.total()


async def finished(one: Job, paths: Sequence[Path], recipe: AverageRecipe) -> AverageResult:
    async with averaging(one, paths, recipe) as it:
        return await it.result(lambda so_far: AverageRequest(so_far, recipe))


def averaging(one: Job, paths: Sequence[Path], recipe: AverageRecipe) -> Averaging:
    return Averaging(
        one,
        recipe,
        AverageRules(),
        Batches(groups(paths), fetched),
        (),
        LimitsSection().average_bytes,
        lambda photos, faces: None,
    )


Group = Sequence[tuple[int, Path]]
"""Photos that are worked on together, with their places among all."""


def groups(paths: Sequence[Path]) -> Iterator[Group]:
    numbered = list(enumerate(paths))
    return (numbered[start : start + BATCH_PHOTOS] for start in range(0, len(paths), BATCH_PHOTOS))


async def fetched(group: Group) -> Gathered:
    return Gathered(
        tuple(Photo(path.name, path.read_bytes()) for _, path in group), (), tuple(place for place, _ in group)
    )


async def read(one: Job, group: Group) -> None:
    await one.run(locate, (await fetched(group)).photos)


def locate(settings: CoreSettings, photos: Sequence[Photo]) -> None:
    """Decoding and detection alone, with the models that the worker has loaded for its other tasks."""
    from core.stages import Stopwatch

    engine = tasks._process.engine(settings)
    watch = Stopwatch()
    for photo in photos:
        engine.locate(photo, watch)


class Memory:
    """Watches what processes hold together, their shared pages counted once, from beginning to end."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self.peak = 0
        self._processes = processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            held = sum(process.memory_full_info().pss for process in self._processes)
            self.peak = max(self.peak, held)


if __name__ == "__main__":
    main()
