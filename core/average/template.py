"""A small grey picture of nobody, bent to the reference: what lies where, where no landmark says so.

Made by `benchmarks/make_reference.py`: the median of many people, its own mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 432
"""Pixels across the whole canvas, in it."""
SMALL = 144
"""Pixels across the whole canvas in which outlines are compared."""
MIDDLE = np.s_[180:312, 144:288]
"""Rows and columns of it in which the features lie, with room to move."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """A bent face in grey, to be compared with the template.

    `whole`: uint8 (SMALL, SMALL), the canvas; `middle`: uint8 (h, w), MIDDLE of SIDE x SIDE pixels of it.
    """

    whole: NDArray[np.uint8]
    middle: NDArray[np.uint8]

    @classmethod
    def of(cls, picture: NDArray[np.uint8]) -> Self:
        """`picture`: uint8 (SIDE, SIDE)."""
        small = cv2.resize(picture, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
        return cls(np.asarray(small, dtype=np.uint8), picture[MIDDLE])


def read() -> NDArray[np.uint8]:
    """uint8 (SIDE, SIDE)."""
    with resources.files(__package__).joinpath("template.png").open("rb") as file:
        return np.asarray(cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


@cache
def sketch() -> Sketch:
    """Of the template itself."""
    return Sketch.of(read())
