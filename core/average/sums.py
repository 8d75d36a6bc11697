"""The mean in constant memory: sums over faces, in each pixel of the canvas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import drift, texture
from core.average.sampling import Bent

_ROWS = 32
"""Added at once: what lies between then stays in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Changed in place; s is the side of the canvas.

    `values` (s, s, 3): of the light, each times its share; `share` (s, s): 255 a face; both float32: they are most of
    what there is, and what they round off shows in 8 bits after some millions of faces. `energy` (bands, cells, cells):
    of the texture, see `texture.log_energies`, times `cell_share` (cells, cells); `drift` (d, d, 2), see
    `core.average.drift`, and `weight` (): sum of the faces' weights.
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
            np.zeros((side, side, 3), dtype=np.float32),
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
        light = None if table is None else table.astype(np.float32)[np.newaxis]
        for top in range(0, len(bent.share), _ROWS):
            rows = slice(top, top + _ROWS)
            share = bent.share[rows].astype(np.float32)
            if weight != 1:
                share *= np.float32(weight)
            if light is not None:
                cv2.accumulateProduct(cv2.LUT(bent.pixels[rows], light), cv2.merge([share] * 3), self.values[rows])
            cv2.accumulate(share, self.share[rows])
        grey = cv2.cvtColor(bent.pixels, cv2.COLOR_RGB2GRAY)
        energy = texture.log_energies(np.left_shift(grey, 4, dtype=np.int16), unit=1 / 16)
        # shares are smooth: a few pixels tell that of a cell
        cell_share = weight * cv2.resize(bent.share, energy.shape[:0:-1]).astype(np.float64)
        np.add(self.energy, energy * cell_share, out=self.energy)
        np.add(self.cell_share, cell_share, out=self.cell_share)
        np.add(self.drift, weight * bent.drift, out=self.drift)
        np.add(self.weight, weight, out=self.weight)

    def merge(self, other: Sums) -> None:
        for name, mine in vars(self).items():
            np.add(mine, getattr(other, name), out=mine)

    def mirrored(self) -> Sums:
        """These and once more, left and right exchanged; but for the drift, which is of a form."""
        return Sums(
            self.values + self.values[:, ::-1],
            self.share + self.share[:, ::-1],
            self.energy + self.energy[..., ::-1],
            self.cell_share + self.cell_share[:, ::-1],
            self.drift,
            self.weight,
        )

    def dumps(self) -> bytes:
        file = BytesIO()
        there_is = {name: values for name, values in vars(self).items() if values.any()}
        np.savez(file, side=len(self.share), **there_is)
        return file.getvalue()

    @classmethod
    def loads(cls, data: bytes) -> Sums:
        """What `dumps` wrote."""
        with np.load(BytesIO(data), allow_pickle=False) as file:
            arrays = dict(file)
        return replace(cls.nothing(int(arrays.pop("side"))), **arrays)

    def mean(self) -> NDArray[np.float32]:
        """Light (s, s, 3), 0-1, and 0 where there is no share."""
        return np.asarray(self.values / np.maximum(self.share, 1e-9)[..., np.newaxis], dtype=np.float32)

    def mean_energy(self) -> NDArray[np.float32]:
        return np.asarray(self.energy / np.maximum(self.cell_share, 1e-9), dtype=np.float32)

    def mean_drift(self) -> NDArray[np.float32]:
        return np.asarray(self.drift / self.weight, dtype=np.float32)
