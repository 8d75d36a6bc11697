"""Makes what every face is bent to: `python -m benchmarks.make_reference shape|template FOLDER...`

The folders hold portraits (of the Face Research Lab London Set: `neutral_front.jpg` and `smiling_front.jpg`). Of
`shape`, core/average/reference.npy is written, the mean of the shapes of all their faces, made its own mirror image,
with the mouth opened so that there is room for what an open mouth shows. Of `template`, after that,
core/average/triangles.npy, the triangles between its vertices, and core/average/template.png: the median of the same
faces in that shape, a small grey picture of nobody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import Delaunay

from benchmarks.sharpness import face_finder
from core.average import mesh, template
from core.average.frames import frame
from core.average.reference import MARGIN, REFERENCE, on_canvas
from core.average.sampling import grey
from core.average.shape import mean_shape
from core.contracts import Limits, Photo
from core.face import largest
from core.geometry import similarity_transform
from core.photo import decode

PACKAGE = Path(template.__file__).parent

OPENED = 0.03
"""By which the lower lip is lowered, in sides of the portrait."""
HALF_MOUTH = 0.085
"""Half the width of the inner lips, likewise."""
LOWERED_WHOLLY = 0.1
"""So far below the lips the face moves as one, chin and all."""
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)


def faces(folders: list[Path]) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    with face_finder() as finder:
        for folder in folders:
            for file in sorted(folder.rglob("*_front.jpg")) or sorted(folder.glob("*.jpg")):
                rgb = decode(Photo(file.name, file.read_bytes()), Limits(), long_side=1600).pixels
                found = finder.find(rgb)
                if found and not found[largest(found)].approximate:
                    yield rgb, found[largest(found)].landmarks


def symmetric(points: NDArray[np.float64]) -> NDArray[np.float64]:
    mirrored = points * (-1, 1) + (1, 0)
    distances = np.linalg.norm(points[:, np.newaxis] - mirrored[np.newaxis], axis=2)
    return (points + mirrored[linear_sum_assignment(distances)[1]]) / 2


def opened(points: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = points.T
    line = (points[list(UPPER_LIP)] + points[list(LOWER_LIP)]) / 2
    below = y - np.interp(x, line[:, 0], line[:, 1])
    deep = np.clip(below / LOWERED_WHOLLY, 0, 1)
    at_lips = np.clip(1 - ((x - 0.5) / HALF_MOUTH) ** 2, 0, 1)
    down = np.where(below > 0, OPENED * ((1 - deep) * at_lips + deep), 0)
    return np.stack([x, y + down], axis=1)


def make_shape(folders: list[Path]) -> None:
    # `mean_shape` counts from the middle of the first pixel, here as large as the picture
    mean = mean_shape([landmarks for _, landmarks in faces(folders)], 1).astype(np.float64) + 0.5
    np.save(PACKAGE / "reference.npy", opened(symmetric(mean)).astype(np.float32))


def make_template(folders: list[Path]) -> None:
    np.save(PACKAGE / "triangles.npy", Delaunay(mesh.reference_vertices()).simplices.astype(np.int16))
    people = list(faces(folders))
    knots = mesh.Knots(template.SIDE, 1)
    layout = mesh.Layout.of(on_canvas(mesh.reference_vertices()) * template.SIDE - 0.5, knots)
    rough = []
    for rgb, landmarks in people:
        grain = float(np.hypot(*similarity_transform(landmarks, on_canvas(REFERENCE) * template.SIDE)[:, 0])) ** -1
        at = knots.everywhere(layout.between(mesh.vertices(landmarks)))
        rough.append(grey(rgb, at, grain))
    write_template(rough)
    # once more, each face moved on to the first template by now
    warp = frame("warp", round(template.SIDE / (1 + 2 * MARGIN)))
    write_template([cv2.cvtColor(warp.bent(*one)[0].pixels, cv2.COLOR_RGBA2GRAY) for one in people])


def write_template(greys: list[NDArray[np.uint8]]) -> None:
    median = np.median(greys + [grey[:, ::-1] for grey in greys], axis=0)
    cv2.imwrite(str(PACKAGE / "template.png"), median.round().astype(np.uint8))


if __name__ == "__main__":
    {"shape": make_shape, "template": make_template}[sys.argv[1]]([Path(folder) for folder in sys.argv[2:]])
