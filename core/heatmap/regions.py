"""The regions of a face in a crop, a map's share in each, and the map laid back on its photo."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contracts import REGIONS, Region

# Outlines on MediaPipe's mesh. The nose and lips of a turned head stick out over the rim of the mesh, so those regions
# are the convex hulls of their points, and the face is that of all points.
_HULLS: Mapping[Region, tuple[tuple[int, ...], ...]] = {
    "cheeks": (tuple(range(468)),),
    "nose": (
        (168, 193, 122, 196, 236, 129, 64, 98, 2, 327, 294, 358, 456, 419, 351, 417, 1, 4, 5, 195, 197, 6),
        (107, 9, 336, 285, 417, 168, 193, 55),
    ),
    "mouth": (
        (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
        (61, 98, 2, 327, 291),
    ),
}
_POLYGONS: Mapping[Region, tuple[tuple[int, ...], ...]] = {
    "forehead": (
        (21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 300, 293, 334, 296, 336, 9, 107, 66, 105, 63, 70),
    ),
    "chin": ((61, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 291),),
    "eyes": (
        (226, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25),
        (446, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255),
    ),
    "brows": (
        (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
        (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
    ),
}
_PAINT_ORDER: tuple[Region, ...] = ("cheeks", "forehead", "chin", "nose", "mouth", "eyes", "brows")


def regions(values: NDArray[np.float32], landmarks: NDArray[np.float32]) -> dict[Region, float]:
    """Share of `values` (float32 (s, s), >= 0) in each region of the face, adding up to 1, or all 0 for an empty map.

    `landmarks`: (478, 2), in the map's own pixels.
    """
    names = region_labels(landmarks, values.shape[0])
    total = float(values.sum(dtype=np.float64))
    sums = np.bincount(names.ravel(), weights=values.ravel().astype(np.float64), minlength=len(REGIONS))
    return {region: float(sums[i]) / total if total > 0 else 0.0 for i, region in enumerate(REGIONS)}


def region_labels(landmarks: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    """The region of each pixel of a `size` x `size` crop, as an index into REGIONS: uint8 (size, size)."""
    labels = np.full((size, size), REGIONS.index("outside"), dtype=np.uint8)
    corners = np.round(landmarks * 16).astype(np.int32)
    for region in _PAINT_ORDER:
        colour = REGIONS.index(region)
        for polygon in _POLYGONS.get(region, ()):
            cv2.fillPoly(labels, [corners[list(polygon)]], colour, shift=4)
        for hull in _HULLS.get(region, ()):
            cv2.fillPoly(labels, [cv2.convexHull(corners[list(hull)])], colour, shift=4)
    return labels


def on_photo(
    values: NDArray[np.float32], back: NDArray[np.float64], height: int, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The map laid back on its photo: (values, coverage), both float32 (height, width), 0-1.

    `back`: the 2 x 3 matrix from the crop's pixels to the photo's. Coverage is 1 where the network saw the photo and
    0 where it did not, with a soft edge.
    """
    size = values.shape[0]
    inset = max(1, size // 24)
    seen = np.zeros((size, size), dtype=np.float32)
    seen[inset:-inset, inset:-inset] = 1
    seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), inset / 2), dtype=np.float32)
    laid, coverage = (cv2.warpAffine(one, back, (width, height), flags=cv2.INTER_LINEAR) for one in (values, seen))
    return np.asarray(laid, dtype=np.float32), np.asarray(coverage, dtype=np.float32)
