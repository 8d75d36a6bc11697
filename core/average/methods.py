"""The table of methods to average many faces, exact in each pixel: a new one is a row, and its name in the contracts.

A mean is summed up, a face at a time (see `core.average.sums`). All others need every face at once, so they work on one
part of the canvas after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contracts import AverageMethod

_AT_ONCE = 3_000_000
"""How many values to sort at once. It bounds the memory, at some 20 bytes each."""
_TRIMMED = 0.1
"""Share of the faces that a trimmed mean leaves out at either end."""
_MIDDLE = 1e-4
"""Half the share of the faces in the middle that a median takes: parts of one face, or of two."""
_BIN = 4
"""Steps of 8 bits of grey in a bin of the density that a mode is looked for in."""
_WIDTH = 24.0
"""Deviation, in steps of 8 bits, of the density's kernel for one face; it falls with the fifth root of their number
(Silverman 1986)."""


def combined(
    pixels: NDArray[np.uint8], shares: NDArray[np.uint8], method: AverageMethod, table: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The light of n faces combined in p pixels, (p, 3), 0-1; 0 where no face has a share.

    `pixels` (n, p, 3) and `shares` (n, p): the faces'; `table` (256,): the light of each number.

    Errors: ValueError for a method that is summed up.
    """
    combine = METHODS[method]
    if combine is None:
        raise ValueError(f"the {method} of faces is summed up, one face at a time")
    step = max(_AT_ONCE // (3 * len(pixels)), 1)
    parts = [slice(start, start + step) for start in range(0, pixels.shape[1], step)]
    return np.concatenate([combine(pixels[:, part], shares[:, part], table) for part in parts])


def median(values: NDArray[np.float32], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weighted median of `values` (n, ...) over the first axis, element by element."""
    order = np.argsort(values, axis=0)
    up_to = np.cumsum(weights[order], axis=0)
    at = (up_to < 0.5 * up_to[-1:]).sum(axis=0)[np.newaxis]
    return np.asarray(np.take_along_axis(values, np.take_along_axis(order, at, axis=0), axis=0)[0], dtype=np.float32)


def _between(
    pixels: NDArray[np.uint8], shares: NDArray[np.uint8], table: NDArray[np.float32], *, low: float, high: float
) -> NDArray[np.float32]:
    """Mean light of the values between two quantiles (0-1, from the darkest), each weighted by its share."""
    packed = pixels.transpose(1, 2, 0).astype(np.uint16)
    packed <<= 8
    packed |= shares.T[:, np.newaxis]
    packed.sort(axis=2)  # by value; the share travels along in the low byte
    up_to = np.cumsum(packed & 255, axis=2, dtype=np.float32)
    whole = up_to[..., -1:].copy()
    np.clip(up_to, low * whole, high * whole, out=up_to)
    weights = np.diff(up_to, axis=2, prepend=low * whole)
    total = np.maximum(weights.sum(axis=2), 1e-6)
    return np.asarray(np.einsum("pcn,pcn->pc", table[packed >> 8], weights) / total, dtype=np.float32)


def _densest(pixels: NDArray[np.uint8], shares: NDArray[np.uint8], table: NDArray[np.float32]) -> NDArray[np.float32]:
    """The grey around which most faces are (Parzen 1962), and their mean light there.

    The modes of the single channels would come from different faces, and make a colour that no face has.
    """
    count, places = shares.shape
    width = _WIDTH * count**-0.2
    greys = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    density = np.zeros((places, 256 // _BIN), dtype=np.float32)
    flat, first = density.ravel(), np.arange(places) * density.shape[1]
    for grey, share in zip(greys, shares, strict=True):
        flat[first + grey // _BIN] += share
    smooth = cv2.GaussianBlur(density, (0, 0), width / _BIN, sigmaY=1e-9, borderType=cv2.BORDER_CONSTANT)
    densest = (smooth.argmax(axis=1).astype(np.float32) + 0.5) * _BIN - 0.5
    weights = shares * np.exp(-(((greys - densest) / width) ** 2) / 2)
    total = np.maximum(weights.sum(axis=0), 1e-6)[:, np.newaxis]
    return np.asarray(np.einsum("npc,np->pc", table[pixels], weights) / total, dtype=np.float32)


METHODS: Mapping[
    AverageMethod, Callable[[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]], NDArray[np.float32]] | None
] = {
    "mean": None,
    "median": partial(_between, low=0.5 - _MIDDLE, high=0.5 + _MIDDLE),
    "mode": _densest,
    "trimmed": partial(_between, low=_TRIMMED, high=1 - _TRIMMED),
}
"""How each method combines the pixels of all faces, as `combined` does without its `method`; None: summed up."""
