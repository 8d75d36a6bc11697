"""How time grows: of /similar with the photos' size, of /average with the number of photos, by one worker and by two.

The exponent is that of the power law through the times (a line through their logarithms): 1 is in proportion.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import tables
from benchmarks.scale import finished, job
from benchmarks.similar import camera_photo
from benchmarks.worker import Asked, asked
from core import tasks
from core.contracts import AverageRecipe, SimilarRequest

SIDES = ((512, 384), (1024, 768), (2048, 1536), (4032, 3024), (8000, 6000))
COUNTS = (25, 50, 100, 200, 400)


def measure(quick: bool) -> tables.Part:
    sides, counts = SIDES[: 3 if quick else None], COUNTS[: 2 if quick else None]
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(sides, many(Path(folder), max(counts)), counts, 3 if quick else 7))


async def _measure(
    sides: Sequence[tuple[int, int]], paths: Sequence[Path], counts: Sequence[int], rounds: int
) -> tables.Part:
    async with asked() as worker:
        sizes = await by_size(worker, sides, rounds)
    one, two = [await by_length(workers, paths, counts) for workers in (1, 2)]
    figures = {
        "exponent, megapixels": exponent(sizes),
        "exponent, photos": exponent(one),
        "two workers, times as fast": median(one[count] / two[count] for count in counts),
    }
    return tables.Part(
        "Growth",
        [
            tables.Table(
                ("megapixels each", "ms"),
                [(size, 1000 * seconds) for size, seconds in sizes.items()],
                f"/similar without why, two photos, one thread: exponent {figures['exponent, megapixels']:.2f}.",
            ),
            tables.Table(
                ("photos", "one worker, s", "ms a photo", "two workers, s", "times as fast"),
                [
                    (count, seconds, 1000 * seconds / count, two[count], seconds / two[count])
                    for count, seconds in one.items()
                ],
                "/average of photos of 2 megapixels as the bot makes it, one thread a worker, without its downloads: "
                f"exponent {figures['exponent, photos']:.2f}, by two workers {exponent(two):.2f}.",
            ),
        ],
        figures=figures,
    )


async def by_size(worker: Asked, sides: Sequence[tuple[int, int]], rounds: int) -> dict[float, float]:
    found = {}
    for width, height in sides:
        photos = [camera_photo(name, width, height) for name in ("person_c_1", "person_f_1")]
        request = SimilarRequest(*photos, explain=False)
        taken = [(await worker.timed(tasks.similar, request))[0] for _ in range(rounds + 1)]
        found[width * height / 1e6] = median(taken[1:])
    return found


async def by_length(workers: int, paths: Sequence[Path], counts: Sequence[int]) -> dict[int, float]:
    found = {}
    async with job(workers) as (one, _):
        for count in (counts[0], *counts):  # once more, until all is warm
            start = time.perf_counter()
            await finished(one, paths[:count], AverageRecipe())
            found[count] = time.perf_counter() - start
    return found


def many(folder: Path, count: int) -> list[Path]:
    """No two alike; see `benchmarks.photos`."""
    subprocess.run([sys.executable, "-m", "benchmarks.photos", str(folder), str(count)], check=True)
    return sorted(folder.iterdir())


def exponent(times: dict[float, float] | dict[int, float]) -> float:
    slope, _ = np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)
    return float(slope)
