"""Finding faces: one clear face against MediaPipe's bare landmarker, and what a thorough search takes.

Both sides run in turns in one process, so that a noisy machine is as unkind to the one as to the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import vision
from numpy.typing import NDArray

from benchmarks import tables
from benchmarks.similar import bare_landmarker, large_photo, timed
from core.contracts import Limits, Photo
from core.detection.centerface import network_file
from core.detection.finder import FaceFinder
from core.engine import LONG_SIDE
from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store, default_folder
from core.photo import decode

FACES = Path(__file__).parents[1] / "sandbox" / "faces"

Pixels = NDArray[np.uint8]


def measure(quick: bool) -> tables.Part:
    rounds, searches = (10, 1) if quick else (60, 5)
    store = Store(default_folder())
    task = store.path(LANDMARKS_FILE)
    landmarker = bare_landmarker(20)
    portrait = read(FACES / "person_c_1.jpg")
    camera = large_photo("person_c_1")
    with FaceFinder(task, partial(network_file, store), threads=1) as finder:
        shrunk = decode(camera, Limits(), long_side=LONG_SIDE).pixels
        clear = [
            row(size(pixels), rounds, partial(bare, landmarker, pixels), partial(finder.find, pixels))
            for pixels in (portrait, shrunk)
        ]
        clear.append(
            row(
                "12 megapixels, from the file",
                rounds,
                lambda: bare(landmarker, decode(camera, Limits(), long_side=LONG_SIDE).pixels),
                lambda: finder.find(decode(camera, Limits(), long_side=LONG_SIDE).pixels),
            )
        )
        blank = np.full((1200, 1600, 3), 128, np.uint8)
        searched = [
            [
                f"{name}, {size(pixels)}",
                len(finder.find(pixels)),
                1000 * median(timed(partial(finder.find, pixels)) for _ in range(searches)),
            ]
            for name, pixels in (("twelve faces of 24 to 200 pixels", crowd(portrait)), ("nobody", blank))
        ]
    landmarker.close()
    about = f"One clear face, median of {rounds} turns, one thread a network."
    return tables.Part(
        "Finding faces",
        [
            tables.Table(("photo", "bare landmarker, ms", "Sokkuri, ms", "times"), clear, about),
            tables.Table(("photo", "faces found", "ms"), searched, f"Thorough search, median of {searches} runs."),
        ],
        figures={"times bare, one clear face": clear[0][3]},
    )


def row(
    name: str, rounds: int, bare_call: Callable[[], object], call: Callable[[], object]
) -> tuple[str, float, float, float]:
    theirs, ours = [], []
    for turn in range(rounds + 3):
        start = time.perf_counter()
        bare_call()
        middle = time.perf_counter()
        call()
        if turn >= 3:  # the first ones fill caches
            theirs.append(middle - start)
            ours.append(time.perf_counter() - middle)
    return name, 1000 * median(theirs), 1000 * median(ours), median(ours) / median(theirs)


def bare(landmarker: vision.FaceLandmarker, pixels: Pixels) -> object:
    return landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels))


def read(path: Path) -> Pixels:
    return decode(Photo(path.name, path.read_bytes()), Limits()).pixels


def size(pixels: Pixels) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]}"


def crowd(portrait: Pixels) -> Pixels:
    """Twelve portraits whose faces have 200 to 24 pixels."""
    canvas = np.full((1200, 1600, 3), 128, np.uint8)
    for index, face in enumerate(np.linspace(200, 24, 12)):
        side = round(face * len(portrait) / 271)
        x, y = 400 * (index % 4), 400 * (index // 4)
        canvas[y : y + side, x : x + side] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    return canvas
