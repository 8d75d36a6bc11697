"""The mean in constant memory: sums over faces, in each pixel of the canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from core.average import drift, texture
from core.average.sampling import Bent

_ROWS = 96
"""Rows added at once, so that temporary values stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over faces, changed in place; s is the side of the canvas.

    `values` (3, s, s): light times share; `share` (s, s): 255 a face. Both are float32, since they are most of the
    data, and their rounding shows in 8 bits only after millions of faces. `energy` (bands, cells, cells): energy of
    the texture, see `texture.log_energies`, times `cell_share` (cells, cells); `drift` (d, d, 2): see
    `core.average.drift`; `weight` (): the faces' weights.
    """

    values: NDArray[np.float32]
    share: NDArray[np.float32]
    energy: NDArray[np.float64]
    cell_share: NDArray[np.float64]
    drift: NDArray[np.float64]
    weight: NDArray[np.float64]

    @classmethod
    def nothing(cls, side: int) -> Sums:
        cells = texture.cells(side)
        return cls(
            np.zeros((3, side, side), dtype=np.float32),
            np.zeros((side, side), dtype=np.float32),
            np.zeros((texture.BANDS, cells, cells)),
            np.zeros((cells, cells)),
            np.zeros(drift.NONE.shape),
            np.zeros(()),
        )

    def add(self, bent: Bent, table: NDArray[np.float64] | None, weight: float) -> None:
        """`table` (256, 3) or (256, 1): the light of each number, see `light.table`, or None to leave `values`
        alone; `weight`: above 0.
        """
        light = None if table is None else np.broadcast_to(table.astype(np.float32), (256, 3)).T.copy()
        grey = np.empty(bent.pixels.shape[:2], dtype=np.uint8)
        planes: Sequence[MatLike] | None = None
        for top in range(0, len(bent.pixels), _ROWS):
            rows = slice(top, top + _ROWS)
            planes = cv2.split(bent.pixels[rows], planes)  # into the same memory
            *colours, share = planes
            part = share.astype(np.float32)
            if weight != 1:
                part *= np.float32(weight)
            if light is not None:
                for values, colour, one in zip(self.values, colours, light, strict=True):
                    cv2.accumulateProduct(cv2.LUT(colour, one), part, values[rows])
            cv2.accumulate(part, self.share[rows])
            cv2.cvtColor(bent.pixels[rows], cv2.COLOR_RGBA2GRAY, dst=grey[rows])
        energy = texture.log_energies(grey)
        # shares are smooth: a few pixels are enough for a cell
        cell_share = weight * cv2.resize(bent.pixels, energy.shape[:0:-1])[..., 3].astype(np.float64)
        np.add(self.energy, energy * cell_share, out=self.energy)
        np.add(self.cell_share, cell_share, out=self.cell_share)
        np.add(self.drift, weight * bent.drift, out=self.drift)
        np.add(self.weight, weight, out=self.weight)

    def merge(self, other: Sums) -> None:
        for name, mine in vars(self).items():
            np.add(mine, getattr(other, name), out=mine)

    def mirrored(self) -> Sums:
        """The sums plus their mirror image, except for the drift, which belongs to a form."""
        return Sums(
            self.values + self.values[..., ::-1],
            self.share + self.share[:, ::-1],
            self.energy + self.energy[..., ::-1],
            self.cell_share + self.cell_share[:, ::-1],
            self.drift,
            self.weight,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All sums, except those that are 0 everywhere."""
        nonzero = {name: values for name, values in vars(self).items() if values.any()}
        return {"side": np.array(len(self.share)), **nonzero}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Sums:
        """The sums that `arrays` returned, among other arrays or not."""
        nothing = cls.nothing(int(arrays["side"]))
        return replace(nothing, **{name: arrays[name] for name in vars(nothing) if name in arrays})

    def mean(self) -> NDArray[np.float32]:
        """The mean light (s, s, 3), 0-1; 0 where there is no share."""
        return np.asarray(cv2.merge(list(self.values / np.maximum(self.share, 1e-9))), dtype=np.float32)

    def mean_energy(self) -> NDArray[np.float32]:
        return np.asarray(self.energy / np.maximum(self.cell_share, 1e-9), dtype=np.float32)

    def mean_drift(self) -> NDArray[np.float32]:
        return np.asarray(self.drift / self.weight, dtype=np.float32)
