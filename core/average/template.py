"""The template: a small grey face of nobody, bent to the reference, for parts that have no landmarks.

Made by `benchmarks/make_reference.py`: the median of many people, symmetric.
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
"""Pixels across the whole canvas in the template."""
SMALL = 144
"""Pixels across the whole canvas when outlines are compared."""
MIDDLE = np.s_[180:312, 144:288]
"""Rows and columns of the template that hold the features, with a margin."""


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
    """The template, uint8 (SIDE, SIDE)."""
    with resources.files(__package__).joinpath("template.png").open("rb") as file:
        return np.asarray(cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


@cache
def sketch() -> Sketch:
    """The template itself as a sketch."""
    return Sketch.of(read())
