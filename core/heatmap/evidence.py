"""Why two faces are alike or not: how the score of the pair changes when a part of them is hidden.

It is occlusion (Zeiler & Fergus 2014) of a pair, like CorrRISE (Lu et al. 2024, "Towards Visual Saliency Explanations
of Face Verification"). What makes them alike and what sets them apart are the two signs of one number. Each part is
hidden in one photo, in the other, and in both; the Shapley value (1953) divides the change between the photos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contracts import REGIONS, Region
from core.heatmap.occlusion import seen_through
from core.heatmap.regions import region_labels
from core.models.spec import ModelSpec
from core.similarity.scores import score

if TYPE_CHECKING:
    from core.models.embedder import Embedder

Pixels = NDArray[np.uint8]
Map = NDArray[np.float32]
Vector = NDArray[np.float32]

NO_EVIDENCE = 0.03
"""The sum of all changes, in units of `_unit`, below which nothing is claimed."""
SPOTS, _SPOT_WIDTH = 4, 0.6
"""Soft spots along a side of the face's box, and their standard deviation relative to their spacing."""
_MARGIN = 0.1
"""How far the spots reach beyond the mesh, which ends at the hairline, in sides of its box."""
_RIM = 0.02
"""Standard deviation of a region's soft edge in a map, in sides of the crop."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """`changes`: by region, how much less alike the two are with it hidden in both; `maps`: for each crop, float32 (s,
    s), its contribution around each pixel. For each region or spot, the two maps add up to the change.

    The unit is the difference between the same photo twice and the model's threshold; negative: more alike. It is the
    same for every pair, so that pictures can be compared.
    """

    changes: Mapping[Region, float]
    maps: tuple[Map, Map]

    @property
    def shares(self) -> dict[Region, float]:
        """The changes as shares: signed, their absolute values adding up to 1; all 0 if there is next to no change."""
        total = sum(abs(change) for change in self.changes.values())
        return {region: change / total if total >= NO_EVIDENCE else 0.0 for region, change in self.changes.items()}


def evidence(
    embedder: Embedder,
    crops: tuple[Pixels, Pixels],
    landmarks: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> Evidence:
    """What makes two `crops` (uint8, s x s x 3) alike; `landmarks`: (478, 2) each, in their pixels.

    It compares the network's plain vectors, without mirror images or a cohort: a cohort of whole faces says nothing
    about faces with a part hidden.
    """
    metric, unit = embedder.spec.metric, _unit(embedder.spec)

    def change(one: Vector, other: Vector) -> float:
        return (score(one, other, metric) - score(first.whole, second.whole, metric)) / unit

    first, second = (Hidden(embedder, crop, points) for crop, points in zip(crops, landmarks, strict=True))
    in_both = np.array([change(one, other) for one, other in zip(first.parts, second.parts, strict=True)])
    in_first = np.array([change(one, second.whole) for one in first.parts])
    in_second = np.array([change(first.whole, other) for other in second.parts])
    return Evidence(
        dict(zip(REGIONS, in_both.tolist(), strict=False)),
        (first.map((in_both + in_first - in_second) / 2), second.map((in_both + in_second - in_first) / 2)),
    )


class Hidden:
    """The vectors of a crop: `whole`, and `parts`: with each of the regions, and then each of the spots, hidden."""

    def __init__(self, embedder: Embedder, crop: Pixels, landmarks: NDArray[np.float32]) -> None:
        size = crop.shape[0]
        labels = region_labels(landmarks, size)
        regions = [labels == index for index in range(len(REGIONS))]
        spots = _spots(landmarks, size)
        hidden = [hide(crop, region) for region in regions]
        self.whole, *self.parts = embedder(np.concatenate([[crop], hidden, seen_through(crop, 1 - spots)]))
        soft = [cv2.GaussianBlur(region.astype(np.float32), (0, 0), _RIM * size) for region in regions]
        self._masks = np.concatenate([soft, spots])

    def map(self, values: NDArray[np.float64]) -> Map:
        """The mean, at each pixel, of the values of the parts that cover it."""
        total = np.tensordot(values.astype(np.float32), self._masks, 1)
        return np.asarray(total / self._masks.sum(axis=0), dtype=np.float32)


def _spots(landmarks: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Spots over the face, row by row, at the same places of any face: (SPOTS ** 2, size, size), 1 in their middles."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    steps = (high - low) / SPOTS
    middles = low + (np.arange(SPOTS)[:, np.newaxis] + 0.5) * steps
    away = (np.arange(size)[:, np.newaxis, np.newaxis] - middles) / (_SPOT_WIDTH * steps)
    across, down = np.exp(-(away**2) / 2).astype(np.float32).transpose(2, 1, 0)
    spots = down[:, np.newaxis, :, np.newaxis] * across[:, np.newaxis, :]
    return np.asarray(spots.reshape(-1, size, size), dtype=np.float32)


def _unit(spec: ModelSpec) -> float:
    """The threshold minus the score of the same photo twice; negative if a larger score means more alike."""
    return spec.threshold if spec.metric == "euclidean" else spec.threshold - 1


def hide(crop: Pixels, hidden: NDArray[np.bool_]) -> Pixels:
    """A crop (uint8, s x s x 3) whose `hidden` pixels (s, s) are filled with what surrounds them, blurred.

    The rest does not change, and nothing of what was hidden remains: hiding it again changes nothing. The fill is
    pull-push (Gortler et al. 1996, "The Lumigraph"): means of the visible pixels at ever coarser scales. Without any
    visible pixel all is grey.
    """
    opaque = cv2.cvtColor(crop, cv2.COLOR_RGB2RGBA).astype(np.float32)
    opaque[..., 3] = 1
    filled = _pull_push(_times(opaque, (~hidden).astype(np.float32)))
    shown = crop.copy()
    shown[hidden] = np.clip(np.rint(filled[hidden, :3]), 0, 255)
    return shown


def _pull_push(seen: Map) -> Map:
    """Fill in colours (h, w, 4), premultiplied by their fourth channel, 0-1, which says how visible they are."""
    height, width = seen.shape[:2]
    weights = seen[..., 3]
    if height * width == 1:
        return seen / weights if weights > 0 else np.full_like(seen, 128)
    half = ((width + 1) // 2, (height + 1) // 2)
    pulled = np.asarray(cv2.resize(seen, half, interpolation=cv2.INTER_AREA), np.float32).reshape(half[1], half[0], 4)
    reach = np.minimum(pulled[..., 3] * 4, 1)  # one visible pixel in four is enough for a pixel of the next scale
    scale = np.divide(reach, pulled[..., 3], out=np.zeros_like(reach), where=pulled[..., 3] > 0)
    coarse = _pull_push(_times(pulled, scale))
    beneath = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(seen + _times(beneath.reshape(seen.shape), 1 - weights), np.float32)


def _times(colours: Map, weights: Map) -> Map:
    """(h, w, 4) times (h, w), which numpy alone is slow to broadcast over channels."""
    return np.asarray(colours * cv2.merge((weights,) * 4).reshape(colours.shape))
