"""Occlusion (Zeiler & Fergus 2014): hide one part of a crop after another, and measure how far the target falls.

It needs neither gradients nor layers, so it works with any model.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from core import stages
from core.heatmap.targets import Target

if TYPE_CHECKING:
    from core.models.embedder import Embedder

BLUR = 0.08
"""Standard deviation of the blur that hides, in sides of the crop: it leaves no feature of a face."""

SPOTS, _SPOT_WIDTH = 12, 1 / 21
"""Spots along a side of the crop, and their standard deviation in sides of the crop: each overlaps its neighbours."""

_NOTHING = 1e-5
"""A fall up to here is rounding: crops of one batch and of another differ by as much where they are the same."""

_BATCH = 16


def occlusion(embedder: Embedder, crop: NDArray[np.uint8], target: Target) -> NDArray[np.float32]:
    """`falls`, as a heatmap: float32 (s, s), 0-1, or all 0 where hiding anything changes nothing, or brings the
    target nearer.
    """
    positive = np.maximum(falls(embedder, crop, target), 0)
    most = positive.max()
    return positive / most if most > _NOTHING else np.zeros_like(positive)


def falls(embedder: Embedder, crop: NDArray[np.uint8], target: Target) -> NDArray[np.float32]:
    """How far the target falls when a soft spot is hidden, at each pixel the mean over the spots that cover it.

    `crop`: uint8 (s, s, 3). Returns float32 (s, s), in the target's unit; negative where it rises.
    """
    size = crop.shape[0]
    whole = float(target.of(embedder(crop[np.newaxis]))[0])
    total, cover = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
    for hidden in _batches(_spots(size)):
        stages.enter("explain")  # all batches together take too long for one stage
        falls = whole - target.of(embedder(seen_through(crop, 1 - hidden)))
        total += np.tensordot(falls, hidden, 1)
        cover += hidden.sum(axis=0)
    return total / cover


def blurred(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A crop (uint8, s x s x 3), blurred until nothing can be recognised."""
    # in floats: in integers OpenCV takes three times as long for so wide a blur
    smooth = cv2.GaussianBlur(crop.astype(np.float32), (0, 0), BLUR * crop.shape[0])
    return np.rint(smooth).astype(np.uint8)


def seen_through(crop: NDArray[np.uint8], masks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Copies of a crop, each blurred where its mask (float32 (n, s, s)) is 0."""
    behind = blurred(crop).astype(np.float32)
    before = crop - behind
    # one by one, and merged: numpy is slow to broadcast over channels, and the whole array would not fit in caches
    return np.stack([np.rint(cv2.merge((mask,) * 3) * before + behind).astype(np.uint8) for mask in masks])


def _spots(size: int) -> Iterator[NDArray[np.float32]]:
    places = (np.arange(SPOTS) + 0.5) * size / SPOTS - 0.5
    pixels = np.arange(size)
    bells = np.exp(-((pixels - places[:, np.newaxis]) ** 2) / (2 * (_SPOT_WIDTH * size) ** 2)).astype(np.float32)
    for row in bells:
        for column in bells:
            yield np.outer(row, column)


def _batches(masks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Batches, so that the memory for crops does not grow with their number."""
    while batch := list(islice(masks, _BATCH)):
        yield np.stack(batch)
