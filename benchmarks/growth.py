"""How time grows: of /similar with the photos' size, of /average with the number of photos.

The exponent is that of the power law through the times (a line through their logarithms): 1 is in proportion.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import tables
from benchmarks.others import whole_average
from benchmarks.similar import camera_photo
from benchmarks.worker import Asked, asked
from core import tasks
from core.contracts import Photo, SimilarRequest

SIDES = ((512, 384), (1024, 768), (2048, 1536), (4032, 3024), (8000, 6000))
COUNTS = (25, 50, 100, 200)


def measure(quick: bool) -> tables.Part:
    sides, counts = SIDES[: 3 if quick else None], COUNTS[: 2 if quick else None]
    return asyncio.run(_measure(sides, many(max(counts)), counts, 3 if quick else 7))


async def _measure(
    sides: Sequence[tuple[int, int]], photos: Sequence[Photo], counts: Sequence[int], rounds: int
) -> tables.Part:
    async with asked() as worker:
        sizes = await by_size(worker, sides, rounds)
        lengths = await by_length(worker, photos, counts)
    figures = {"exponent, megapixels": exponent(sizes), "exponent, photos": exponent(lengths)}
    return tables.Part(
        "Growth",
        [
            tables.Table(
                ("megapixels each", "ms"),
                [(size, 1000 * seconds) for size, seconds in sizes.items()],
                f"/similar without why, two photos, one thread: exponent {figures['exponent, megapixels']:.2f}.",
            ),
            tables.Table(
                ("photos", "s", "ms a photo"),
                [(count, seconds, 1000 * seconds / count) for count, seconds in lengths.items()],
                f"/average of photos of 2 megapixels, one worker: exponent {figures['exponent, photos']:.2f}.",
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


async def by_length(worker: Asked, photos: Sequence[Photo], counts: Sequence[int]) -> dict[int, float]:
    return {count: (await worker.timed(whole_average, tuple(photos[:count])))[0] for count in counts}


def many(count: int) -> list[Photo]:
    """No two alike; see `benchmarks.photos`."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "benchmarks.photos", folder, str(count)], check=True)
        return [Photo(path.name, path.read_bytes()) for path in sorted(Path(folder).iterdir())]


def exponent(times: dict[float, float] | dict[int, float]) -> float:
    slope, _ = np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)
    return float(slope)
