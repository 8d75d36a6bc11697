"""Why two faces are alike or not: how the score of the pair changes when a part is hidden in both.

Occlusion (Zeiler & Fergus 2014) of a pair, as CorrRISE does it (Lu et al. 2024, "Towards Visual Saliency Explanations
of Face Verification"): two answers, what makes them alike and what does not, as the two signs of one number. All parts
of both photos go through the network in one batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from core.comparison import describe
from core.contracts import REGIONS, Region
from core.heatmap.regions import region_labels
from core.models.spec import ModelSpec
from core.similarity import score

if TYPE_CHECKING:
    from core.embedding import Embedder

Pixels = NDArray[np.uint8]

NO_EVIDENCE = 0.03
"""All changes together, below which nothing is claimed, in the unit of `_unit`."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """`changes`: by region, how much less alike the two are without it, where 1 is the way from one photo twice to the
    model's threshold; below 0: more alike. The same scale for every pair, so that two pictures can be compared.
    """

    changes: Mapping[Region, float]

    @property
    def shares(self) -> dict[Region, float]:
        """The changes as parts of all: signed, their sizes adding up to 1; all 0 where there is next to no change."""
        total = sum(abs(change) for change in self.changes.values())
        return {region: change / total if total >= NO_EVIDENCE else 0.0 for region, change in self.changes.items()}


def evidence(
    embedder: Embedder,
    crops: tuple[Pixels, Pixels],
    landmarks: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> Evidence:
    """What carries the likeness of two `crops` (uint8, s x s x 3); `landmarks`: (478, 2) each, in their pixels.

    By the plain score of the vectors: a cohort says what is usual for whole faces, not for those with a part hidden.
    """
    size = embedder.spec.input_size
    labels = [region_labels(points, size) for points in landmarks]
    batch = [*crops]
    for index in range(len(REGIONS)):
        batch += [hide(crop, label == index) for crop, label in zip(crops, labels, strict=True)]
    metric = embedder.spec.metric
    vectors = describe(embedder, np.stack(batch))
    scores = [score(first, second, metric) for first, second in zip(vectors[::2], vectors[1::2], strict=True)]
    unit = _unit(embedder.spec)
    return Evidence({region: (one - scores[0]) / unit for region, one in zip(REGIONS, scores[1:], strict=True)})


def _unit(spec: ModelSpec) -> float:
    """From the score of the same photo twice to the threshold; negative where a larger score is more alike."""
    return spec.threshold if spec.metric == "euclidean" else spec.threshold - 1


def hide(crop: Pixels, hidden: NDArray[np.bool_]) -> Pixels:
    """A crop (uint8, s x s x 3) whose `hidden` pixels (s, s) are filled with what surrounds them, blurred.

    The rest stays as it is, and nothing of what was hidden remains: to hide it again changes nothing. The fill is
    pull-push (Gortler et al. 1996, "The Lumigraph"): means of the visible pixels at ever coarser scales. Without any
    visible pixel all is grey.
    """
    seen = (~hidden).astype(np.float32)
    filled = np.rint(_pull_push(crop.astype(np.float32) * seen[..., np.newaxis], seen))
    return np.asarray(np.where(hidden[..., np.newaxis], np.clip(filled, 0, 255), crop), dtype=np.uint8)


def _pull_push(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """`values` (h, w, 3) already times `weights` (h, w), 0-1, to values everywhere."""
    height, width = weights.shape
    if height * width == 1:
        return np.asarray(values / weights if weights > 0 else np.full_like(values, 128), dtype=np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    pulled = np.asarray(cv2.resize(np.dstack([values, weights]), half, interpolation=cv2.INTER_AREA), dtype=np.float32)
    reach = np.minimum(pulled[..., 3] * 4, 1)  # one seen pixel in four is enough for a pixel of the next scale
    scale = np.divide(reach, pulled[..., 3], out=np.zeros_like(reach), where=pulled[..., 3] > 0)
    coarse = _pull_push(np.asarray(pulled[..., :3] * scale[..., np.newaxis], dtype=np.float32), reach)
    beneath = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    return np.asarray(values + (1 - weights)[..., np.newaxis] * beneath, dtype=np.float32)
