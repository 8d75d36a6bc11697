"""Faces -> average face.

Two shapes. `align` turns, scales and shifts each photo so that the eyes meet, as the article did by rotation alone:
everything but the eyes blurs. `warp` bends each face to the mean shape first (Rowland & Perrett 1995, "Manipulating
facial appearance through shape and color"), so that brows, nose, mouth and outline meet too, and stay sharp.

Light adds up, the sRGB numbers in a file do not: the mean is taken in linear light. A pixel that a photo does not
hold (its frame cut it off) has no part in the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from core.align import PORTRAIT, invert, similarity_transform, to_template, transform
from core.contracts import Shape
from core.faces import Face

_FADE = 0.04
"""A photo's share falls to nothing over this part of the frame's side, so that its edge leaves no seam."""

_NOTHING = 1e-6
"""Weight of a photo's stretched border: it shows only where no photo holds the pixel."""


def mean_face(
    photos: Iterable[tuple[NDArray[np.uint8], Face]],
    landmarks: Sequence[NDArray[np.float32]],
    size: int,
    shape: Shape = "warp",
) -> NDArray[np.uint8]:
    """The average of `photos`, pairs of (uint8 RGB h x w x 3, its face), as uint8 RGB `size` x `size`.

    Give it photos that `trimmed` has seen. `landmarks` are those of the same faces, each (478, 2): the mean shape
    must be known before the first photo is bent, while the photos themselves may come one at a time.
    Errors: ValueError when there is no photo.
    """
    if not landmarks:
        raise ValueError("there is nothing to average")
    warp = _Warp.to_mean_of(landmarks, size) if shape == "warp" else None
    total = np.zeros((size, size, 3), dtype=np.float32)
    weights = np.zeros((size, size), dtype=np.float32)
    for rgb, face in photos:
        at = warp.sampling(face) if warp is not None else _similar_sampling(face, size)
        weight = _inside(at, rgb.shape[0], rgb.shape[1], size)
        part = cv2.remap(rgb, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        total += _LINEAR[part] * weight[..., np.newaxis]
        weights += weight
    return _to_srgb(total / weights[..., np.newaxis])


def trimmed(rgb: NDArray[np.uint8], face: Face, size: int) -> tuple[NDArray[np.uint8], Face]:
    """What a picture of `size` can need of a photo, and the face in it.

    Cut to the frame with room around it for the warp, and shrunk by a whole factor while it stays at least as fine
    as the picture.
    """
    room = np.array([(-0.3, -0.3), (1.3, -0.3), (1.3, 1.3), (-0.3, 1.3)], dtype=np.float32) * size
    matrix = to_template(face, PORTRAIT, size)
    needed = transform(room, invert(matrix))
    height, width = rgb.shape[:2]
    left, top = np.clip(np.floor(needed.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(needed.max(axis=0)).astype(int), (left + 1, top + 1), (width, height))
    step = max(int(1 / np.hypot(*matrix[:, 0])), 1)
    columns, rows = max((right - left) // step, 1), max((bottom - top) // step, 1)
    part = rgb[top : top + rows * step, left : left + columns * step]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA) if step > 1 else part.copy()
    offset = np.array([left + (step - 1) / 2, top + (step - 1) / 2], dtype=np.float32)
    return np.asarray(small, dtype=np.uint8), Face((face.landmarks - offset) / np.float32(step))


def mean_shape(landmarks: Sequence[NDArray[np.float32]], size: int) -> NDArray[np.float32]:
    """Mean of the faces' landmarks in the portrait's frame, float32 (478, 2): generalised Procrustes (Gower 1975).

    Each face is fitted to the mean of all by a similarity, and the mean taken anew, until it stands still; then the
    mean's own eyes are put where the frame wants them.
    """
    shapes = [transform(points, to_template(Face(points), PORTRAIT, size)) for points in landmarks]
    mean = shapes[0]
    for _ in range(10):
        fitted = [transform(points, similarity_transform(points, mean)) for points in shapes]
        average = np.asarray(np.mean(fitted, axis=0), dtype=np.float32)
        new = transform(average, to_template(Face(average), PORTRAIT, size))
        moved = float(np.abs(new - mean).max())
        mean = new
        if moved < 0.01:
            break
    return mean


@dataclass(frozen=True, eq=False)
class _Warp:
    """Piecewise-affine map from the mean shape to any face.

    One Delaunay triangulation of the mean shape with anchors around the frame. For each pixel of the picture:
    `corners`, int32 (pixels, 3), which three points span its triangle, and `parts`, float32 (pixels, 3), its
    barycentric coordinates there. Both serve every face.
    """

    size: int
    mean: NDArray[np.float32]
    corners: NDArray[np.int32]
    parts: NDArray[np.float32]

    @classmethod
    def to_mean_of(cls, landmarks: Sequence[NDArray[np.float32]], size: int) -> _Warp:
        mean = mean_shape(landmarks, size)
        triangulation = Delaunay(np.concatenate([mean, _anchors(size)]))
        own = np.zeros((size, size), dtype=np.int32)
        parts = np.zeros((size, size, 3), dtype=np.float32)
        # Done by hand: scipy's find_simplex and transform call LAPACK once a triangle, and with BLAS's threads waiting
        # for each other on a busy machine that took 5 s now and then.
        for number, corners in enumerate(triangulation.points[triangulation.simplices]):
            first, second, third = corners
            left, top = np.clip(np.ceil(corners.min(axis=0)), 0, size).astype(int)
            right, bottom = np.clip(np.floor(corners.max(axis=0)) + 1, 0, size).astype(int)
            (ax, ay), (bx, by) = first - third, second - third
            doubled_area = ax * by - ay * bx
            x, y = np.arange(left, right) - third[0], np.arange(top, bottom)[:, np.newaxis] - third[1]
            of_first, of_second = (x * by - y * bx) / doubled_area, (y * ax - x * ay) / doubled_area
            here = np.stack([of_first, of_second, 1 - of_first - of_second], axis=-1)
            inside = (here > -1e-9).all(axis=-1)  # a pixel on an edge is that of either side
            own[top:bottom, left:right][inside] = number
            parts[top:bottom, left:right][inside] = here[inside]
        return cls(size, mean, triangulation.simplices[own.ravel()], parts.reshape(-1, 3))

    def sampling(self, face: Face) -> NDArray[np.float32]:
        """Where in the face's photo each pixel of the picture comes from: float32 (size, size, 2), x and y.

        The anchors have no landmark of their own: they follow the similarity that fits the face to the mean.
        """
        back = invert(similarity_transform(face.landmarks, self.mean))
        points = np.concatenate([face.landmarks, transform(_anchors(self.size), back)])
        where = sum(points[self.corners[:, i]] * self.parts[:, i, np.newaxis] for i in range(3))
        return np.asarray(where, dtype=np.float32).reshape(self.size, self.size, 2)


def _similar_sampling(face: Face, size: int) -> NDArray[np.float32]:
    back = invert(to_template(face, PORTRAIT, size))
    x, y = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    return transform(np.stack([x, y], axis=-1).reshape(-1, 2), back).reshape(size, size, 2)


def _anchors(size: int) -> NDArray[np.float32]:
    """Points around the picture, well outside of it so that no triangle of the border is thin."""
    steps = np.linspace(-0.25, 1.25, 7) * size
    low, high = np.full(7, -0.25 * size), np.full(7, 1.25 * size)
    sides = [(steps, low), (steps, high), (low[1:-1], steps[1:-1]), (high[1:-1], steps[1:-1])]
    return np.concatenate([np.stack(side, axis=1) for side in sides]).astype(np.float32)


def _inside(at: NDArray[np.float32], height: int, width: int, size: int) -> NDArray[np.float32]:
    """How much a photo counts in each pixel of the picture, 0-1, fading towards the photo's edge."""
    x, y = at[..., 0], at[..., 1]
    # the fade is counted in the picture's pixels; the photo's may be finer or coarser
    grain = float(np.median(np.hypot(np.diff(x, axis=1), np.diff(y, axis=1))))
    room = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    return np.asarray(np.clip(room / (max(grain, 1e-6) * _FADE * size), _NOTHING, 1), dtype=np.float32)


def _linear_table() -> NDArray[np.float32]:
    """sRGB's transfer function (IEC 61966-2-1) for all 256 values: 0-1, linear light."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _linear_table()


def _to_srgb(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    linear = np.clip(linear, 0, 1)
    value = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(value * 255), dtype=np.uint8)
