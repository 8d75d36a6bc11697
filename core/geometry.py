"""Transforms between a photo and a crop of it, as 2 x 3 matrices.

A photo is laid on a template by a similarity (rotation, one scale, shift; never a mirror image) of the least squared
error: Umeyama 1991, which in the plane is one complex division.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def similarity_transform(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarity that maps `source` closest to `target` (both (n, 2), n >= 2), as a 2 x 3 matrix.

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


def invert(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse, as a 2 x 3 matrix."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)


def transform(points: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """`points` (n, 2), mapped by a 2 x 3 matrix."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


def crop(
    rgb: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    size: int,
    outside: tuple[int, int, int] = (0, 0, 0),
    grey: bool = False,
) -> NDArray[np.uint8]:
    """The `size` x `size` crop of a photo (uint8, h x w x 3) that `matrix` maps it to; `outside` is the colour of what
    lies outside of the photo. `grey`: return brightness alone (uint8, `size` x `size`), with black outside.

    A large face is shrunk by area averaging first: to sample every third pixel would keep noise, not the face.
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
    if grey:  # first, since one channel is shrunk in a third of the time
        part = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    if step > 1:
        part = np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # a small pixel's centre lies in the middle of the `step` large ones it stands for
    offset = np.array([left, top]) + (step - 1) / 2
    matrix = np.column_stack([matrix[:, :2] * step, matrix[:, :2] @ offset + matrix[:, 2]])
    if grey:
        return _sampled(part, matrix, size, (0,))
    # OpenCV samples four channels in half the time that it takes for three
    four = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(_sampled(four, matrix, size, outside), cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _sampled(
    pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, outside: tuple[int, ...]
) -> NDArray[np.uint8]:
    found = cv2.warpAffine(
        pixels, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=outside
    )
    return np.asarray(found, dtype=np.uint8)
