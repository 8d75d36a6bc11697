"""/lookalikes and /average: time by stage, and the whole against the sum of the bare library calls.

As in `benchmarks.similar`: the task in a worker process, and the bare calls in turns with it. Those are, for
/lookalikes, decoding, detecting, one pass of the network for each face, and encoding; for /average, decoding,
detecting, bending each photo once into the average's frame (OpenCV's remap) and encoding.
"""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from PIL import Image

from benchmarks import tables
from benchmarks.similar import bare_decode, bare_encode, bare_image, bare_landmarker, bare_network, timed
from benchmarks.worker import Asked, asked
from core import tasks
from core.contracts import (
    AverageBatch,
    AverageRecipe,
    AverageRequest,
    AverageResult,
    AverageSoFar,
    AverageStart,
    CoreSettings,
    LookalikesRequest,
    LookalikesResult,
    ModelChoice,
    Photo,
)
from core.models import resolve

FACES = Path(__file__).parents[1] / "sandbox" / "faces"
SIZE = 768
INPUT_SIZE = resolve(ModelChoice()).input_size


def measure(quick: bool) -> tables.Part:
    return asyncio.run(_measure(2 if quick else 5))


async def _measure(rounds: int) -> tables.Part:
    photos = tuple(large(path) for path in sorted(FACES.glob("person_*.jpg")))
    rows: list[list[tables.Cell]] = []
    figures = {}
    async with asked() as worker:
        network = bare_network()
        crops = np.zeros((len(photos), 3, INPUT_SIZE, INPUT_SIZE), np.float32)
        for name, ask, work in (("/lookalikes", lookalikes, lambda _: network(crops)), ("/average", average, bent)):
            seconds, result = await ask(worker, photos)
            landmarker, encode = bare_landmarker(), bare_encode(result.picture.data)
            pixels = [bare_decode(photo) for photo in photos]
            whole, bare, times = [], [], []
            for _ in range(rounds):
                seconds, result = await ask(worker, photos)
                parts = [
                    timed(lambda: [bare_decode(photo) for photo in photos]),
                    timed(lambda: [landmarker.detect(bare_image(one)) for one in pixels]),  # noqa: B023
                    timed(lambda: work(pixels)),  # noqa: B023
                    timed(encode),
                ]
                whole.append(seconds)
                bare.append(parts)
                times.append(seconds / sum(parts))
            landmarker.close()
            each = [1000 * median(one) for one in zip(*bare, strict=True)]
            total = 1000 * median(sum(parts) for parts in bare)
            rows.append([name, 1000 * median(whole), *each, total, median(times)])
            figures[f"times bare, {name}"] = median(times)
    columns = (
        "command",
        "all",
        "decode",
        "detect",
        "embed or bend",
        "encode",
        "bare calls, all",
        "times the bare calls",
    )
    about = (
        f"{len(photos)} JPEGs of 2 megapixels with a face each, milliseconds, median of {rounds} turns, one thread a "
        "network. All columns but the first and the last are bare calls."
    )
    return tables.Part("/lookalikes and /average", [tables.Table(columns, rows, about)], figures=figures)


def large(path: Path) -> Photo:
    """The face in a photo of 1632 x 1224 pixels."""
    face = Image.open(path).resize((1224, 1224), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (1632, 1224), face.getpixel((10, 10)))
    canvas.paste(face, (204, 0))
    out = BytesIO()
    canvas.save(out, "JPEG", quality=92)
    return Photo(path.name, out.getvalue())


async def lookalikes(worker: Asked, photos: tuple[Photo, ...]) -> tuple[float, LookalikesResult]:
    return await worker.timed(tasks.lookalikes, LookalikesRequest(photos))


async def average(worker: Asked, photos: tuple[Photo, ...]) -> tuple[float, AverageResult]:
    return await worker.timed(whole_average, photos)


def whole_average(settings: CoreSettings, photos: tuple[Photo, ...]) -> AverageResult:
    recipe = AverageRecipe()
    batch = AverageBatch(photos)
    so_far: AverageSoFar = tasks.average_all(settings, AverageStart(recipe), [batch])
    return tasks.average_finish(settings, AverageRequest(so_far, recipe))


def bent(pixels: list[np.ndarray]) -> None:
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    for one in pixels:
        cv2.remap(one, x, y, cv2.INTER_LINEAR)
