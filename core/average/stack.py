"""Bent faces kept one by one, compressed without loss, in bands of rows, so that one band of all faces fits in memory.

WebP's lossless format at its fastest takes 394 kB for a face of 864 x 864 pixels and its share, where a PNG at its
fastest takes 625, and is read in half the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.average import arrays
from core.average.sampling import Bent

ROWS = 16
"""Rows in a band."""


@dataclass(frozen=True, eq=False)
class Band:
    """The same rows of n faces. `packed`: the pixels and shares of each; `gains` (n, 3): see `core.average.skin`;
    `drifts` float32 (n, r, d, 2): this band's share of the rows of their drifts.
    """

    packed: Sequence[bytes]
    gains: NDArray[np.float64]
    drifts: NDArray[np.float32]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """The rows of each face, uint8 (rows, side, 4): RGB and share."""
        return map(_unpacked, self.packed)

    def dumps(self) -> bytes:
        lengths = np.array([len(one) for one in self.packed])
        packed = np.frombuffer(b"".join(self.packed), dtype=np.uint8)
        return arrays.dumped({"lengths": lengths, "packed": packed, "gains": self.gains, "drifts": self.drifts})

    @classmethod
    def loads(cls, pieces: Iterable[bytes]) -> Self:
        """One band of all faces, which come in several pieces."""
        packed: list[bytes] = []
        gains, drifts = [], []
        for piece in pieces:
            stored = arrays.loaded(piece)
            gains.append(stored["gains"])
            drifts.append(stored["drifts"])
            ends = np.cumsum(stored["lengths"])
            packed += [part.tobytes() for part in np.split(stored["packed"], ends[:-1])]
        return cls(packed, np.concatenate(gains), np.concatenate(drifts))


class Stack:
    """Faces, in the order in which they were added."""

    def __init__(self) -> None:
        self._packed: list[list[bytes]] = []
        self._gains: list[NDArray[np.float64]] = []
        self._drifts: list[NDArray[np.float32]] = []

    def __len__(self) -> int:
        return len(self._packed)

    def add(self, bent: Bent, gains: NDArray[np.float64]) -> None:
        tops = range(0, len(bent.pixels), ROWS)
        self._packed.append([_packed(bent.pixels[top : top + ROWS]) for top in tops])
        self._gains.append(gains)
        self._drifts.append(bent.drift)

    def merge(self, other: Stack) -> None:
        self._packed += other._packed
        self._gains += other._gains
        self._drifts += other._drifts

    def bands(self) -> Iterator[Band]:
        """The bands of all faces, from the top down."""
        gains = np.array(self._gains)
        bands = zip(*self._packed, strict=True)
        drifts = zip(*(np.array_split(drift, len(self._packed[0])) for drift in self._drifts), strict=True)
        for packed, rows in zip(bands, drifts, strict=True):
            yield Band(packed, gains, np.stack(rows))

    def faces(self) -> Iterator[tuple[Bent, NDArray[np.float64]]]:
        """Each face with its gains."""
        for bands, gains, drift in zip(self._packed, self._gains, self._drifts, strict=True):
            yield Bent(np.concatenate([_unpacked(band) for band in bands]), drift), gains

    def dumps(self) -> tuple[bytes, ...]:
        """Its bands, to travel to other processes together or one by one."""
        return tuple(band.dumps() for band in self.bands())

    @classmethod
    def loads(cls, bands: Iterable[bytes]) -> Self:
        """The stack that `dumps` wrote."""
        made = cls()
        whole = [Band.loads([band]) for band in bands]
        made._packed = [list(face) for face in zip(*(band.packed for band in whole), strict=True)]
        made._gains = list(whole[0].gains)
        made._drifts = list(np.concatenate([band.drifts for band in whole], axis=1))
        return made


def _packed(part: NDArray[np.uint8]) -> bytes:
    file = BytesIO()
    Image.fromarray(part, "RGBA").save(file, "WEBP", lossless=True, quality=0, method=0, exact=True)
    return file.getvalue()


def _unpacked(data: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(data)) as image:  # its mode is RGB if every pixel is opaque
        return np.asarray(image.convert("RGBA"))
