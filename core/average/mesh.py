"""Bending: piecewise-affine maps between faces, over one triangulation.

The triangles span the mesh of the face, rings around it that carry hair, ears and neck along, and anchors far outside
of the frame, so that nothing tears at its edge. The mesh itself ends at the forehead and the jaw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average.reference import OVAL, REFERENCE
from core.geometry import invert, similarity_transform, transform

_UNSEEN = (470, 472, 475, 477)
"""Top and bottom of the irises: the lids hide them, and the triangles between would fold."""
_MESH = np.array([index for index in range(len(REFERENCE)) if index not in _UNSEEN])

_RINGS = ((1.12, 1.1), (1.3, 1.0), (1.65, 0.6))
"""Rings around the face: how far out each lies, relative to the face's outline, and how much of the outline's movement
it follows."""
_SMOOTH = np.array((1, 2, 3, 2, 1)) / 9
"""Weights by which that movement is averaged over neighbours along the outline."""
_FAR = np.stack(
    [point for point in np.stack(np.meshgrid(*[np.linspace(-0.5, 1.5, 6)] * 2), axis=-1).reshape(-1, 2)
     if np.abs(point - 0.5).max() > 0.99]
).astype(np.float32)  # fmt: skip
"""Fixed anchors around the picture, well outside of it so that no triangle at the border is thin."""


def vertices(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """All corners of the triangles, float32 (n, 2), for a face with these landmarks (478, 2), in the same frame.

    Rings and anchors are placed by the similarity that fits the face to the reference.
    """
    fit = similarity_transform(landmarks, REFERENCE)
    middle = REFERENCE[list(OVAL)].mean(axis=0)
    outline = REFERENCE[list(OVAL)] - middle
    moved = transform(landmarks[list(OVAL)], fit) - REFERENCE[list(OVAL)]
    around = np.concatenate([moved[-2:], moved, moved[:2]])
    moved = np.stack([np.convolve(around[:, axis], _SMOOTH, mode="valid") for axis in (0, 1)], axis=1)
    rings = [middle + far * outline + follows * moved for far, follows in _RINGS]
    outside = np.concatenate([*rings, _FAR]).astype(np.float32)
    return np.concatenate([landmarks[_MESH], transform(outside, invert(fit))])


@cache
def reference_vertices() -> NDArray[np.float32]:
    return vertices(REFERENCE)


@cache
def triangles() -> NDArray[np.int16]:
    """int16 (m, 3): the vertices of each triangle: the Delaunay triangulation of the reference, made by
    `benchmarks/make_reference.py`.
    """
    with resources.files(__package__).joinpath("triangles.npy").open("rb") as file:
        return np.asarray(np.load(file, allow_pickle=False), dtype=np.int16)


_STRIP = 12
"""Rows of knots in a strip."""


@dataclass(frozen=True)
class Knots:
    """A grid over a picture of `size` x `size` pixels, `step` pixels apart, that reaches one step beyond it.

    Maps are computed there; what lies between is interpolated.
    """

    size: int
    step: int

    @property
    def count(self) -> int:
        """Knots across, as down."""
        return -(-self.size // self.step) + 2

    @property
    def first(self) -> float:
        """Pixel at which the first one lies, across as down."""
        return (self.step - 1) / 2 - self.step

    def everywhere(self, at_knots: NDArray[Any]) -> NDArray[Any]:
        """Values at the knots (count, count, ...), interpolated to every pixel: (size, size, ...), same dtype."""
        side = self.count * self.step
        whole = cv2.resize(at_knots, (side, side), interpolation=cv2.INTER_LINEAR) if self.step > 1 else at_knots
        return np.asarray(whole)[self.step : self.step + self.size, self.step : self.step + self.size]

    def strips(self, at_knots: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """`everywhere`, in strips that stay in the processor's cache: the first row's number, and the rows."""
        for start in range(0, self.size, _STRIP * self.step):
            first = start // self.step
            part = at_knots[first : first + _STRIP + 2]
            height, width = len(part) * self.step, self.count * self.step
            whole = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
            rows = min(_STRIP * self.step, self.size - start)
            yield start, np.asarray(whole[self.step : self.step + rows, self.step : self.step + self.size])


@dataclass(frozen=True, eq=False)
class _Spans:
    """The rows of knots in each triangle: n spans, from the left end of a row in a triangle to its right end.

    `owners` int32 (n,): the triangle; `firsts` int32 (n,): the knot at the left end, counted row by row; `lengths`
    (n,): how many knots; `values` and `slopes` float32 (3, n): barycentric coordinates there, and how they change from
    a knot to the next.
    """

    owners: NDArray[np.int32]
    firsts: NDArray[np.int32]
    lengths: NDArray[np.int64]
    values: NDArray[np.float32]
    slopes: NDArray[np.float32]

    @classmethod
    def of(cls, corners: NDArray[np.float64], count: int) -> _Spans:
        """`corners` (m, 3, 2): of triangles, in units of knots; `count`: knots across, as down."""
        (ax, ay), (bx, by) = (corners[:, :2] - corners[:, 2:]).transpose(1, 2, 0)
        doubled_areas = ax * by - ay * bx
        tops = np.clip(np.ceil(corners[..., 1].min(axis=1)), 0, count).astype(int)
        ends = np.clip(np.floor(corners[..., 1].max(axis=1)) + 1, 0, count).astype(int)
        heights = np.where(doubled_areas != 0, np.maximum(ends - tops, 0), 0)
        owners = np.repeat(np.arange(len(corners)), heights)
        rows = np.arange(len(owners)) + (tops - (np.cumsum(heights) - heights))[owners]
        ax, ay, bx, by = (edge[owners] / doubled_areas[owners] for edge in (ax, ay, bx, by))
        x, y = corners[owners, 2].T
        slopes = np.stack([by, -ay, ay - by]) + 0.0  # without negative zeros
        first, second = -x * by - (rows - y) * bx, (rows - y) * ax + x * ay
        values = np.stack([first, second, 1 - first - second])
        # a knot is inside where no coordinate is negative; one on an edge belongs to either side
        with np.errstate(divide="ignore", invalid="ignore"):
            bounds = -(values + 1e-9) / slopes
        lefts = np.fmax.reduce(np.where(slopes >= 0, bounds, 0), axis=0, initial=0)
        rights = np.fmin.reduce(np.where(slopes < 0, bounds, count), axis=0, initial=count - 1)
        filled = np.ceil(lefts) <= np.floor(rights)
        owners, rows, slopes, values = owners[filled], rows[filled], slopes[:, filled], values[:, filled]
        start, end = np.ceil(lefts[filled]).astype(int), np.floor(rights[filled]).astype(int)
        return cls(
            owners.astype(np.int32),
            (rows * count + start).astype(np.int32),
            end - start + 1,
            (values + slopes * start).astype(np.float32),
            slopes.astype(np.float32),
        )


@dataclass(frozen=True, eq=False)
class Layout:
    """The triangles laid out over a picture.

    `corners` int32 (3, count * count): the vertices of the triangle that each knot lies in; `parts` float32, likewise:
    its barycentric coordinates there. They serve every face.
    """

    knots: Knots
    corners: NDArray[np.int32]
    parts: NDArray[np.float32]

    @classmethod
    def of(cls, points: NDArray[np.float32], knots: Knots) -> Layout:
        """`points`: where the vertices lie, in the picture's pixels."""
        count = knots.count
        corners = ((points.astype(np.float64) - knots.first) / knots.step)[triangles()]
        spans = _Spans.of(corners, count)
        # not by scipy: its find_simplex and transform call LAPACK once a triangle, and on a busy machine BLAS's
        # threads, waiting for each other, sometimes took 5 s
        span = np.repeat(np.arange(len(spans.lengths), dtype=np.int32), spans.lengths)
        along = np.arange(len(span), dtype=np.int32) - (np.cumsum(spans.lengths) - spans.lengths).astype(np.int32)[span]
        places = spans.firsts[span] + along
        own = np.zeros(count * count, dtype=np.int32)
        own[places] = spans.owners[span]
        parts = np.zeros((3, count * count), dtype=np.float32)
        for whole, start, slope in zip(parts, spans.values, spans.slopes, strict=True):
            whole[places] = start[span] + slope[span] * along
        return cls(knots, np.ascontiguousarray(triangles()[own].T, dtype=np.int32), parts)

    def between(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """`values` (n, c) of the vertices, at the knots between them: float32 (count, count, c)."""
        side = self.knots.count
        found = []
        for channel in np.ascontiguousarray(values.T, dtype=np.float32):
            at = channel.take(self.corners[0]) * self.parts[0]
            for corner, part in zip(self.corners[1:], self.parts[1:], strict=True):
                at += channel.take(corner) * part
            found.append(at.reshape(side, side))
        return np.asarray(cv2.merge(found), dtype=np.float32)


_HIDDEN, _PLAIN = 0.15, 0.6
"""Ratios of a part's area in the photo to that in the reference, at which it counts for nothing, and fully."""


def seen(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of the face around each vertex the photo shows, float32 (n, 1), 0-1.

    A cheek that is turned away, a shut eye and the inside of a closed mouth have little area in the photo, or, folded
    over, a negative one: spread over the reference they would smear.
    """
    fitted = transform(vertices(landmarks), similarity_transform(landmarks, REFERENCE))
    ratio = _areas(fitted) / _reference_areas()
    part = np.clip((ratio - _HIDDEN) / (_PLAIN - _HIDDEN), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), dtype=np.float32)[:, np.newaxis]


@cache
def _reference_areas() -> NDArray[np.float64]:
    return _areas(reference_vertices())


def _areas(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Signed area of the triangles around each vertex, (n,)."""
    corners = points[triangles()].astype(np.float64)
    (ax, ay), (bx, by) = (corners[:, 0] - corners[:, 2]).T, (corners[:, 1] - corners[:, 2]).T
    return np.bincount(triangles().ravel(), np.repeat(ax * by - ay * bx, 3), len(points)).astype(np.float64)
