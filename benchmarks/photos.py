"""Many photos of two megapixels, no two alike, made of the test faces: `python -m benchmarks.photos FOLDER COUNT`.

The first are the test photos themselves, upright and enlarged; then two of them are faded into each other.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import cv2
import numpy as np

from benchmarks.sharpness import face_finder, read
from core.geometry import crop
from core.photo import encode
from core.templates import PORTRAIT, to_template

FACES = Path(__file__).parents[2] / "shared" / "faces"
WIDTH, HEIGHT = 1632, 1224


def main(folder: Path, count: int) -> None:
    sources = sorted([*FACES.glob("london/*/*_front.jpg"), *FACES.glob("thread/*.jpg")])
    random.Random(0).shuffle(sources)  # so that the first few are as hard to find faces in as all
    if not sources:
        sys.exit(f"there are no faces in {FACES}")
    with face_finder() as finder:
        faces = [read(path, finder) for path in sources]
    squares = [crop(rgb, to_template(face, PORTRAIT, HEIGHT), HEIGHT) for rgb, face in faces]
    side = (WIDTH - HEIGHT) // 2
    for number in range(count):
        turn, first = divmod(number, len(squares))
        second = (first + 7 * turn + 1) % len(squares)
        square = cv2.addWeighted(squares[first], 0.6, squares[second], 0.4, 0) if turn else squares[first]
        photo = cv2.copyMakeBorder(square, 0, 0, side, WIDTH - HEIGHT - side, cv2.BORDER_REPLICATE)
        (folder / f"{number:04}.jpg").write_bytes(encode(np.asarray(photo, np.uint8), "jpeg", quality=90).data)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
