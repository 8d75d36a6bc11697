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
from mediapipe.tasks.python.core.base_options import BaseOptions
from numpy.typing import NDArray

from benchmarks.similar import large_photo, timed
from core.contracts import Limits, Photo
from core.detection.centerface import network_file
from core.faces import FaceFinder
from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store, default_folder
from core.photo import decode
from core.pipeline import LONG_SIDE

FACES = Path(__file__).parents[1] / "tests" / "faces"
ROUNDS = 60
SEARCHES = 5

Pixels = NDArray[np.uint8]


def main() -> None:
    store = Store(default_folder())
    task = store.path(LANDMARKS_FILE)
    landmarker = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(task)), num_faces=20)
    )
    portrait = read(FACES / "person_c_1.jpg")
    camera = large_photo("person_c_1")
    with FaceFinder(task, partial(network_file, store), threads=1) as finder:
        print(f"\nOne clear face, median of {ROUNDS} turns, one thread a network\n")
        print("| photo | bare landmarker, ms | Sokkuri, ms | times |")
        print("| --- | ---: | ---: | ---: |")
        shrunk = decode(camera, Limits(), long_side=LONG_SIDE).pixels
        for name, pixels in ((size(portrait), portrait), (size(shrunk), shrunk)):
            row(name, partial(bare, landmarker, pixels), partial(finder.find, pixels))
        row(
            "12 megapixels, from the file",
            lambda: bare(landmarker, decode(camera, Limits(), long_side=LONG_SIDE).pixels),
            lambda: finder.find(decode(camera, Limits(), long_side=LONG_SIDE).pixels),
        )
        print(f"\nThorough search, median of {SEARCHES} runs\n")
        print("| photo | faces found | ms |")
        print("| --- | ---: | ---: |")
        blank = np.full((1200, 1600, 3), 128, np.uint8)
        for name, pixels in (("twelve faces of 24 to 200 pixels", crowd(portrait)), ("nobody", blank)):
            seconds = median(timed(partial(finder.find, pixels)) for _ in range(SEARCHES))
            print(f"| {name}, {size(pixels)} | {len(finder.find(pixels))} | {1000 * seconds:.0f} |")
    landmarker.close()


def row(name: str, bare_call: Callable[[], object], call: Callable[[], object]) -> None:
    theirs, ours = [], []
    for turn in range(ROUNDS + 3):
        start = time.perf_counter()
        bare_call()
        middle = time.perf_counter()
        call()
        if turn >= 3:  # the first ones fill caches
            theirs.append(middle - start)
            ours.append(time.perf_counter() - middle)
    times = median(ours) / median(theirs)
    print(f"| {name} | {1000 * median(theirs):.1f} | {1000 * median(ours):.1f} | {times:.2f} |")


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


if __name__ == "__main__":
    main()
