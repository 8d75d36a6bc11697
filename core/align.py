"""Face -> crop in a template's frame, and back.

A template says where a few landmarks should lie in a square crop. The transform between photo and crop is the
similarity (rotation, one scale, shift; never a mirror image) with the least squared error: Umeyama 1991, which in
the plane is one complex division.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.faces import Face

RIGHT_IRIS, LEFT_IRIS = 468, 473
"""Centres of the irises; "right" is the person's own, on the left of an upright photo."""


@dataclass(frozen=True)
class Template:
    """`landmarks`: indices of MediaPipe's mesh; `points`: where each should lie, in parts of the crop's side (0-1).

    `profile`: of a face in profile that looks to the left, where the middle between its eyes and the middle between the
    corners of its mouth should lie instead; None: it is cropped as any other.
    """

    landmarks: tuple[int, ...]
    points: tuple[tuple[float, float], ...]
    profile: tuple[tuple[float, float], tuple[float, float]] | None = None


def _padded(points: tuple[tuple[float, float], ...], padding: float) -> tuple[tuple[float, float], ...]:
    """Points in a square to which `padding` (in parts of its side) was added all around."""
    return tuple(((x + padding) / (1 + 2 * padding), (y + padding) / (1 + 2 * padding)) for x, y in points)


def _in_pixels(points: tuple[tuple[float, float], ...], side: int) -> tuple[tuple[float, float], ...]:
    return tuple((x / side, y / side) for x, y in points)


TEMPLATES: Mapping[str, Template] = {
    # dlib's get_face_chip_details for five points, with the padding its face recognition model was trained on
    "dlib": Template(
        (33, 133, 362, 263, 2),
        _padded(
            ((0.1206, 0.2137), (0.3341, 0.2291), (0.6461, 0.2290), (0.8596, 0.2135), (0.4901, 0.6278)),
            padding=0.25,
        ),
        # by the eyes' distance from each other a profile would come out much too large; measured on the London set,
        # where anything within 5 % of the side from here does nearly as well
        profile=((0.58, 0.267), (0.625, 0.709)),
    ),
    # Deng et al. 2019, "ArcFace": the five points of insightface's `arcface_dst`, for a crop of 112 pixels
    "arcface": Template(
        (RIGHT_IRIS, LEFT_IRIS, 1, 61, 291),
        _in_pixels(
            ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)),
            side=112,
        ),
    ),
    # the whole face in the middle, from the top of the forehead to the chin, eyes level: what the article's
    # photos looked like
    "centered": Template(
        (RIGHT_IRIS, LEFT_IRIS, 10, 152),
        ((0.34, 0.42), (0.66, 0.42), (0.5, 0.08), (0.5, 0.92)),
    ),
}


PORTRAIT = Template((RIGHT_IRIS, LEFT_IRIS), ((0.40, 0.47), (0.60, 0.47)))
"""The frame of the pictures people look at: eyes level, room for hair above and for the neck below."""


_PROFILE = 0.5
"""Distance between the eyes, in distances from the eyes to the mouth, below which a face is in profile. All of 204
London profiles have 0.44 at most, all of 204 three-quarter views 0.57 at least."""


def profile(face: Face) -> Literal["left", "right"] | None:
    """Where a face in profile looks, as one sees it in a photo in which it stands upright; None for any other face."""
    right_eye, left_eye, nose, *mouth = face.five.astype(np.float64) @ (1, 1j)
    eyes = (right_eye + left_eye) / 2
    down = sum(mouth) / 2 - eyes
    if down == 0 or -((left_eye - right_eye) / down).imag >= _PROFILE:
        return None
    return "left" if ((nose - eyes) / down).imag > 0 else "right"


def similarity_transform(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarity that brings `source` closest to `target` (both (n, 2), n >= 2), as a 2 x 3 matrix.

    Errors: ValueError when all points of `source` coincide.
    """
    z = source.astype(np.float64) @ (1, 1j)
    w = target.astype(np.float64) @ (1, 1j)
    centred = z - z.mean()
    spread = np.vdot(centred, centred).real
    if spread == 0:
        raise ValueError("the points coincide")
    turn = np.vdot(centred, w - w.mean()) / spread
    shift = w.mean() - turn * z.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def to_template(face: Face, template: Template, size: int) -> NDArray[np.float64]:
    """The 2 x 3 matrix from the photo's pixels to those of a `size` x `size` crop in the template's frame."""
    side = profile(face) if template.profile is not None else None
    if side is None:
        points = np.array(template.points, dtype=np.float32) * size
        return similarity_transform(face.landmarks[list(template.landmarks)], points)
    places = np.array(template.profile, dtype=np.float32) * size
    if side == "right":
        places[:, 0] = size - 1 - places[:, 0]
    five = face.five
    return similarity_transform(np.stack([five[:2].mean(axis=0), five[3:].mean(axis=0)]), places)


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2 x 3 matrix of the way back."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)


def transform(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """`points` (n, 2) through a 2 x 3 matrix."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


def crop(
    rgb: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    size: int,
    outside: tuple[int, int, int] = (0, 0, 0),
    grey: bool = False,
) -> NDArray[np.uint8]:
    """The `size` x `size` crop of a photo (uint8, h x w x 3) that `matrix` leads to; `outside` fills what it lacks.
    `grey`: its brightness alone (uint8, `size` x `size`), and what is outside is black.

    A large face is shrunk by area averaging first: sampling it at every third pixel would keep noise, not the face.
    """
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    step = max(int(1 / scale), 1)
    corners = np.array([(0, 0), (size, 0), (size, size), (0, size)], dtype=np.float32)
    places = transform(corners, invert(matrix))
    height, width = rgb.shape[:2]
    left, top = np.clip(np.floor(places.min(axis=0)).astype(int) - step, 0, (width, height))
    right, bottom = np.clip(np.ceil(places.max(axis=0)).astype(int) + step, 0, (width, height))
    columns, rows = (right - left) // step, (bottom - top) // step
    if columns <= 0 or rows <= 0:
        return np.full((size, size) if grey else (size, size, 3), 0 if grey else outside, dtype=np.uint8)
    part = rgb[top : top + rows * step, left : left + columns * step]
    if grey:  # sooner than in the end, since one channel is shrunk in a third of the time
        part = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    if step > 1:
        part = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # a small pixel's centre lies in the middle of the `step` large ones it stands for
    offset = np.array([left, top]) + (step - 1) / 2
    matrix = np.column_stack([matrix[:, :2] * step, matrix[:, :2] @ offset + matrix[:, 2]])
    if grey:
        return _sampled(part, matrix, size, (0,))
    # OpenCV samples four channels in half of the time that it takes for three
    four = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(_sampled(four, matrix, size, outside), cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _sampled(
    pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, outside: tuple[int, ...]
) -> NDArray[np.uint8]:
    found = cv2.warpAffine(
        pixels, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return np.asarray(found, dtype=np.uint8)
