"""Bent faces kept one by one, without loss and small: PNG, in bands of rows, so that all of one band fit in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import ranked
from core.average.sampling import Bent

ROWS = 8
"""Of a band."""
_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]


class Stack:
    """`faces`: the packed bands of each, from the top down; `drifts`: theirs."""

    def __init__(self) -> None:
        self.faces: list[list[NDArray[np.uint8]]] = []
        self.drifts: list[NDArray[np.float32]] = []

    def add(self, bent: Bent) -> None:
        whole = np.dstack([bent.pixels, bent.share])
        self.faces.append([_packed(whole[top : top + ROWS]) for top in range(0, len(whole), ROWS)])
        self.drifts.append(bent.drift)

    def merge(self, other: Stack) -> None:
        self.faces += other.faces
        self.drifts += other.drifts

    def __iter__(self) -> Iterator[Bent]:
        for bands, drift in zip(self.faces, self.drifts, strict=True):
            whole = np.concatenate([_unpacked(band) for band in bands])
            yield Bent(np.ascontiguousarray(whole[..., :3]), np.ascontiguousarray(whole[..., 3]), drift)

    def bands(self) -> Iterator[NDArray[np.uint8]]:
        """From the top down, those of all faces: uint8 (faces, rows, side, 4), RGB and share."""
        for bands in zip(*self.faces, strict=True):
            yield np.stack([_unpacked(band) for band in bands])

    def median_drift(self, weights: NDArray[np.float64]) -> NDArray[np.float32]:
        """Row by row: to sort all of them at once would take several times their room."""
        return np.stack([ranked.median(np.array(rows), weights) for rows in zip(*self.drifts, strict=True)])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it but the packed bands, for `of_arrays`."""
        return {
            "lengths": np.array([[len(band) for band in bands] for bands in self.faces], dtype=np.int64),
            "drifts": np.array(self.drifts, dtype=np.float32),
        }

    def packed(self) -> Iterator[NDArray[np.uint8]]:
        """All the packed bands, one after the other."""
        return (band for bands in self.faces for band in bands)

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]], packed: NDArray[np.uint8]) -> Stack:
        """`packed` is not copied: it is most of what there is."""
        made = cls()
        lengths = arrays["lengths"]
        pieces = iter(np.split(packed, np.cumsum(lengths.ravel())[:-1]))
        made.faces = [[next(pieces) for _ in bands] for bands in lengths]
        made.drifts = list(arrays["drifts"])
        return made


def _packed(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    done, data = cv2.imencode(".png", part, _FAST)
    if not done:
        raise ValueError(f"a part of {part.shape} cannot be packed")
    return np.asarray(data, dtype=np.uint8)


def _unpacked(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), dtype=np.uint8)
