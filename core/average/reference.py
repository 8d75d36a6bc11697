"""The fixed shape that every face is bent to, before the mean shape is known.

Made by `benchmarks/make_reference.py`: the mean shape of many people, its own mirror image, with the mouth open.
"""

from __future__ import annotations

from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray


def _read() -> NDArray[np.float32]:
    with resources.files(__package__).joinpath("reference.npy").open("rb") as file:
        points: NDArray[np.float32] = np.load(file, allow_pickle=False)
    return points


REFERENCE = _read()
"""float32 (478, 2): landmarks in the portrait's frame, as fractions of its side, from its outer edges."""

MIRROR = np.linalg.norm(REFERENCE[:, np.newaxis] - (REFERENCE * (-1, 1) + (1, 0)), axis=2).argmin(axis=1)
"""intp (478,): the landmark that is each one's mirror image."""
REFERENCE.flags.writeable = MIRROR.flags.writeable = False

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""Landmarks around the face, from the top of the forehead to the person's left and on."""

MARGIN = 1 / 16
"""Width of the canvas around the portrait, in its sides: a face unlike the reference reaches beyond it."""


def on_canvas(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points of the portrait's frame as fractions of the canvas's side, from its outer edges."""
    return np.asarray((points + MARGIN) / (1 + 2 * MARGIN), dtype=np.float32)


def face_in(corners: NDArray[np.float32], side: int, part: float, up: float = 1.0) -> NDArray[np.float32]:
    """1 within the face's outline and 0 outside, float32 (side, side).

    `corners` (36, 2): where the points of OVAL lie, as fractions of the side; `part`: the factor that the outline is
    scaled by about its middle; `up`: a further factor upwards.
    """
    middle = corners.mean(axis=0)
    away = part * (corners - middle)
    away[:, 1] *= np.where(away[:, 1] < 0, up, 1)
    drawn = np.zeros((side, side), dtype=np.uint8)
    cv2.fillPoly(drawn, [np.round((middle + away) * side - 0.5).astype(np.int32)], 1)
    return drawn.astype(np.float32)
