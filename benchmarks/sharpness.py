"""How sharp a face is, and how much its outline ghosts: `python -m benchmarks.sharpness PICTURE...`.

All figures are taken from the grey picture, scaled so that the irises lie 140 pixels apart, as they do in a portrait
of 512 pixels. A picture with more than one face is measured at the largest.

Sharpness is the variance of the Laplacian, over the face and around the eyes. Ghosting is the width of the edge that
the outline makes, along lines across it: what the grey changes by in all, divided by the steepest change. One clear
edge is as narrow as the lens and the pixels make it; the outlines of many faces, side by side, are a slope.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contracts import Limits, Photo
from core.detection.centerface import network_file
from core.detection.finder import FaceFinder
from core.face import LEFT_IRIS, RIGHT_IRIS, Face, largest
from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store, default_folder
from core.photo import decode

EYES_APART = 140
"""Pixels between the irises."""
EDGE = 40
"""Pixels by which the convex hull of the landmarks is shrunk: away with the outline and the fringe."""
EYE_BOX = 58
"""Pixels of a side of the squares around the irises."""
FINE = 1.0
"""Deviation in pixels of the blur before slopes are taken, so that they are the outline's and not the grain's."""
BLACK = 3
"""Grey up to which a pixel is taken for empty."""

JAW = (361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132)
"""Landmarks from ear to ear by the chin."""
TEMPLES = ((356, 454, 323), (93, 234, 127))
"""Landmarks beside which the ears are, left and right."""
ACROSS_JAW = (-20, 20)
ACROSS_EARS = (0, 75)
"""Where the lines across the outline begin and end, in pixels outwards of the landmarks."""
LINES = 60
"""Lines across the jaw, and across both ears."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sharpness:
    """`face`, `eyes`: variance of the Laplacian; `jaw`, `ears`: width of the outline's edge in pixels, nan where the
    picture is empty outside of the face.
    """

    face: float
    eyes: float
    jaw: float
    ears: float

    @classmethod
    def mean(cls, several: Iterable[Sharpness]) -> Self:
        return cls(*np.nanmean([astuple(one) for one in several], axis=0).tolist())


def measure(rgb: Pixels, face: Face) -> Sharpness:
    grey, points = _normalised(rgb, face)
    laplacian = cv2.Laplacian(grey, cv2.CV_64F)
    hull = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.round(points).astype(np.int32)), 1)
    inner = cv2.erode(hull, np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8))
    half = EYE_BOX // 2
    eyes = [
        laplacian[max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1].ravel()
        for x, y in np.round(points[[RIGHT_IRIS, LEFT_IRIS]]).astype(int)
    ]
    return Sharpness(
        face=float(laplacian[inner > 0].var()),
        eyes=float(np.concatenate(eyes).var()),
        jaw=_edge_width(grey, points, [JAW], ACROSS_JAW),
        ears=_edge_width(grey, points, TEMPLES, ACROSS_EARS),
    )


def _normalised(rgb: Pixels, face: Face) -> tuple[Pixels, NDArray[np.float64]]:
    """The grey picture at the scale that all figures are taken at, and the landmarks in it."""
    scale = EYES_APART / float(np.linalg.norm(face.landmarks[RIGHT_IRIS] - face.landmarks[LEFT_IRIS]))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grey = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=interpolation)
    return np.asarray(grey, np.uint8), (face.landmarks.astype(np.float64) + 0.5) * scale - 0.5


def _edge_width(
    grey: Pixels, points: NDArray[np.float64], outlines: Sequence[Sequence[int]], across: tuple[int, int]
) -> float:
    """Median over lines across the outlines: the grey's range along the line, divided by its steepest slope."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), FINE)
    away = np.arange(across[0], across[1] + 0.5, 0.5)
    profiles = []
    for outline in outlines:
        start, outwards = _normals(points, outline, LINES // len(outlines))
        at = start[:, np.newaxis] + away[:, np.newaxis] * outwards[:, np.newaxis]
        x, y = np.moveaxis(at.astype(np.float32), -1, 0)
        profiles.append(cv2.remap(smooth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    profile = np.concatenate(profiles)
    if np.median(profile[:, -1]) <= BLACK:
        return float("nan")
    steepest = np.abs(np.diff(profile, axis=1)).max(axis=1) / 0.5
    return float(np.median(np.ptp(profile, axis=1) / np.maximum(steepest, 1e-6)))


def _normals(
    points: NDArray[np.float64], outline: Sequence[int], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`count` points spread evenly along the outline, and the unit vectors that point away from the face there."""
    corners = points[list(outline)]
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    steps = np.linspace(0, walked[-1], count)
    at = np.stack([np.interp(steps, walked, corners[:, i]) for i in (0, 1)], axis=1)
    along = np.gradient(at, axis=0)
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    outwards = np.sign(((at - points.mean(axis=0)) * normal).sum())
    return at, normal * outwards


@contextmanager
def face_finder() -> Iterator[FaceFinder]:
    store = Store(default_folder())
    with FaceFinder(store.path(LANDMARKS_FILE), partial(network_file, store)) as finder:
        yield finder


def read(path: Path, finder: FaceFinder) -> tuple[Pixels, Face]:
    """A picture file and the largest face in it. Errors: as of `decode`; ValueError where there is no face."""
    rgb = decode(Photo(path.name, path.read_bytes()), Limits()).pixels
    faces = finder.find(rgb)
    if not faces:
        raise ValueError(f"no face in {path}")
    return rgb, faces[largest(faces)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path, nargs="+")
    arguments = parser.parse_args()
    print("| picture | sharpness, face | sharpness, eyes | edge at the jaw, px | edge at the ears, px |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with face_finder() as finder:
        measured = []
        for path in arguments.pictures:
            measured.append(measure(*read(path, finder)))
            print(row(path.name, measured[-1]))
    if len(measured) > 1:
        print(row("mean", Sharpness.mean(measured)))


def row(name: str, one: Sharpness) -> str:
    return f"| {name} | {one.face:.1f} | {one.eyes:.1f} | {one.jaw:.1f} | {one.ears:.1f} |"


if __name__ == "__main__":
    main()
