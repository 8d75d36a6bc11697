"""A small grey picture of nobody, bent to the reference: what lies where, where no landmark says so.

Made by `benchmarks/make_reference.py`: the median of many people, its own mirror image.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 432
"""Pixels across the whole canvas, in it and in the sketches of faces that are compared with it."""


@cache
def read() -> NDArray[np.uint8]:
    """uint8 (SIDE, SIDE)."""
    with resources.files(__package__).joinpath("template.png").open("rb") as file:
        return np.asarray(cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
