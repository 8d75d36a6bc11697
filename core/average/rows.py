"""Rows of the canvas, combined from all faces by a method other than the mean, few at a time to save memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import arrays, light, methods, skin
from core.average.stack import Band
from core.contracts import AverageRecipe


@dataclass(frozen=True, eq=False)
class Rows:
    """`values` float32 (h, s, 3): light, 0-1; `drift` float32 (r, d, 2): the matching rows of the median of the faces'
    drifts.
    """

    values: NDArray[np.float32]
    drift: NDArray[np.float32]

    @classmethod
    def together(cls, rows: Iterable[Rows]) -> Self:
        """All rows, given from the top down."""
        rows = list(rows)
        return cls(np.concatenate([one.values for one in rows]), np.concatenate([one.drift for one in rows]))

    def dumps(self) -> bytes:
        return arrays.dumped({"values": self.values, "drift": self.drift})

    @classmethod
    def loads(cls, data: bytes) -> Self:
        return cls(**arrays.loaded(data))


def combined(band: Band, recipe: AverageRecipe, weights: Sequence[float]) -> Rows:
    """The rows of one band. `weights`: of the faces, above 0; only their ratios matter."""
    parts = np.array(weights) / max(weights)
    usual = skin.usual(band.gains, weights)
    height, width = next(iter(band)).shape[:2]
    pixels = np.empty((len(parts), height, width, 3), dtype=np.uint8)
    shares = np.empty((len(parts), height, width), dtype=np.uint8)
    tables = _recoloured(band.gains / usual) if recipe.match_colour else None
    for number, (face, part) in enumerate(zip(band, parts, strict=True)):
        cv2.cvtColor(face, cv2.COLOR_RGBA2RGB, dst=pixels[number])
        if tables is not None:
            cv2.LUT(pixels[number], tables[number : number + 1], dst=pixels[number])
        cv2.convertScaleAbs(face[..., 3], dst=shares[number], alpha=part)
    if recipe.symmetric:
        pixels = np.concatenate([pixels, pixels[:, :, ::-1]])
        shares = np.concatenate([shares, shares[:, :, ::-1]])
    table = light.table(recipe.light)[:, 0].astype(np.float32)
    flat = methods.combined(
        pixels.reshape(-1, height * width, 3), shares.reshape(-1, height * width), recipe.method, table
    )
    drift = methods.median(band.drifts, np.array(weights))
    return Rows(flat.reshape(height, width, 3), drift)


def _recoloured(gains: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Lookup tables (n, 256, 3) that multiply the channels of n photos by `gains` (n, 3)."""
    linear = light.table("linear", gains[:, np.newaxis]).astype(np.float32)
    return light.to_pixels(light.to_numbers(linear, "linear"))
