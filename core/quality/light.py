"""How a face is lit: the parts of it that are too bright or too dark to hold any detail."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WHITE = 252
"""A channel from here on (of 255) is taken for clipped; two clipped channels of three leave no form."""
_BLACK = 20
"""Brightness (of 255) of the brightest channel. Portraits of people of any colour have 3 % of the face below it at
most; at a tenth of their brightness, half to all of it."""


def overexposed(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels (uint8 RGB, ... x 3) have no detail because they are too bright."""
    return np.asarray(np.sort(pixels, axis=-1)[..., 1] >= _WHITE)


def dark(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels (uint8 RGB, ... x 3) have no detail because they are too dark."""
    return np.asarray(pixels.max(axis=-1) <= _BLACK)
