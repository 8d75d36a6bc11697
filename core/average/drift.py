"""Drift: how far the parts of a bent face still lie from where they belong.

A template defines which parts match, and the faces define where they lie: each face's drift is measured against the
template and removed, and the mean of all drifts is added back in the end.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import features, outline
from core.average.mesh import Knots
from core.average.resample import taken
from core.average.template import Sketch

SIDE = 108
"""Places across the canvas at which a drift is given; between them it is interpolated."""
_FINE = 216
"""Places across the canvas at which it is inverted."""

Drift = NDArray[np.float32]
"""(SIDE, SIDE, 2): for each place, how far off what belongs there lies, x and y, in sides of the canvas."""

NONE: Drift = np.zeros((SIDE, SIDE, 2), dtype=np.float32)


def of(sketch: Sketch, held: NDArray[np.float32]) -> Drift:
    """The drift of a bent face. `sketch`: the face; `held` (k, k): how much of the canvas its photo covers, 0-1."""
    around = cv2.resize(outline.drift(sketch.whole), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    found = around + features.drift(sketch.middle, SIDE)
    return np.asarray(found * cv2.resize(held, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., np.newaxis])


def corrected(at: NDArray[np.float32], drift: Drift, knots: Knots) -> NDArray[np.float32]:
    """The values at a canvas's knots (k, k, 3), each looked up where its part really lies."""
    inner = knots.count - 2
    shift = cv2.copyMakeBorder(_dense(drift, inner) * np.float32(inner), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return taken(at, _places(knots.count) + shift)


def back(drift: Drift, at: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of a drift: (h, w, 2), for places `at` on the canvas (h, w, 2), all in sides of the canvas."""
    dense = _dense(drift, _FINE)
    way = -dense
    for _ in range(6):  # each place plus its way, plus the drift there, is the place again
        way = -taken(dense, _places(_FINE) + way * np.float32(_FINE))
    return taken(way, at * np.float32(_FINE) - np.float32(0.5))


def _dense(drift: Drift, side: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(drift, (side, side), interpolation=cv2.INTER_CUBIC))


@cache
def _places(side: int) -> NDArray[np.float32]:
    return np.stack(np.meshgrid(*[np.arange(side, dtype=np.float32)] * 2), axis=-1)
