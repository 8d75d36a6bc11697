"""Eyes, nose and mouth, more exactly than the mesh has them.

Landmarks are off by a pixel or two, differently in each photo, and lids and irises blur. Each feature of a bent face is
therefore moved, scaled and sheared on to the template's by inverse compositional alignment (Baker & Matthews 2004,
"Lucas-Kanade 20 years on"), where that makes the two more alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import template
from core.average.reference import REFERENCE, on_canvas
from core.average.resample import taken

_PLACES = ((468, 0.040, 0.024), (473, 0.040, 0.024), (2, 0.045, 0.024), (13, 0.065, 0.030))
"""Irises, base of the nose and mouth: a landmark, and half the width and height around it, in sides of the canvas."""
_ROUNDS = 6
_FARTHEST = 0.008
"""Sides of the canvas that a feature's middle or edge is moved at most."""
_ALIKE = 0.4
"""Correlation with the template that a feature must have in the end: behind sunglasses nothing is moved."""


@dataclass(frozen=True, eq=False)
class _Patch:
    """A feature of the template. `places` (h, w, 2): in pixels of `Sketch.middle`; `values` (h, w): the template there;
    `solve` (6, h * w): from differences in value to parameters; `basis` (h * w, 3): 1, x and y.
    """

    places: NDArray[np.float32]
    values: NDArray[np.float32]
    solve: NDArray[np.float32]
    basis: NDArray[np.float32]

    @classmethod
    def of(cls, known: NDArray[np.uint8], landmark: int, width: float, height: float) -> _Patch:
        rows, columns = template.MIDDLE
        corner = np.array((columns.start, rows.start), dtype=np.float32)
        x, y = np.round(on_canvas(REFERENCE[landmark]) * template.SIDE - 0.5) - corner
        half = round(width * template.SIDE), round(height * template.SIDE)
        across, down = np.meshgrid(*[np.arange(-size, size + 1, dtype=np.float32) for size in half])
        places = np.stack([across + x, down + y], axis=-1)
        basis = np.stack([np.ones_like(across), across / half[0], down / half[1]], axis=-1)
        values = _evened(known, places)
        slopes = np.gradient(values)[::-1]
        steep = np.concatenate([basis * slope[..., np.newaxis] for slope in slopes], axis=-1).reshape(-1, 6)
        weights = np.exp(-(basis[..., 1:] ** 2).sum(axis=-1)).reshape(-1, 1)
        normal = steep.T @ (steep * weights) + 0.01 * weights.sum() * 1e-3 * np.eye(6)
        return cls(
            places, values, np.asarray(np.linalg.solve(normal, (steep * weights).T), np.float32), basis.reshape(-1, 3)
        )

    def shift(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A feature's movement in pixels, as parameters (2, 3) to multiply `basis` by; all 0 if it should not move."""
        found = np.zeros((2, 3), dtype=np.float32)
        values = before = _evened(grey, self.places)
        for _ in range(_ROUNDS):
            found += (self.solve @ (self.values - values).ravel()).reshape(2, 3)
            values = _evened(grey, self.places + (self.basis @ found.T).reshape(self.places.shape))
        alike, was = float((values * self.values).mean()), float((before * self.values).mean())
        if alike < max(_ALIKE, was) or np.abs(found).max() > _FARTHEST * template.SIDE:
            return np.zeros((2, 3), dtype=np.float32)
        return found


@cache
def _patches() -> tuple[_Patch, ...]:
    return tuple(_Patch.of(template.sketch().middle, *place) for place in _PLACES)


@cache
def _windows(side: int) -> NDArray[np.float32]:
    """How much each of `side` x `side` places on the canvas follows each feature's movement: (side * side, 3 n)."""
    places = (np.stack(np.meshgrid(*[np.arange(side)] * 2), axis=-1) + 0.5) / side
    found = []
    for landmark, width, height in _PLACES:
        away = (places - on_canvas(REFERENCE[landmark])) / (width, height)
        window = np.exp(-(((away / 1.5) ** 2).sum(axis=-1, keepdims=True) ** 2))
        basis = np.concatenate([np.ones_like(window), np.clip(away, -1.5, 1.5)], axis=-1)
        found.append((window * basis / template.SIDE).reshape(-1, 3).astype(np.float32))
    return np.hstack(found)


def drift(sketch: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """The drift of the features in `Sketch.middle` of a face, at `side` x `side` places on the canvas: float32 (side,
    side, 2), in sides of the canvas.
    """
    shifts = np.hstack([patch.shift(sketch) for patch in _patches()])
    return np.asarray((_windows(side) @ shifts.T).reshape(side, side, 2), dtype=np.float32)


def _evened(grey: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values at `places`, scaled to mean 0 and deviation 1."""
    values = taken(grey, places).astype(np.float32)
    mean, deviation = cv2.meanStdDev(values)
    return np.asarray((values - mean.item()) / (deviation.item() + 2), dtype=np.float32)
