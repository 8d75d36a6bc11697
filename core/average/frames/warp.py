from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import drift
from core.average.form import Form
from core.average.frames.base import Frame
from core.average.mesh import Knots, Layout, reference_vertices, seen, vertices
from core.average.reference import MARGIN, OVAL, REFERENCE, on_canvas
from core.average.resample import taken
from core.average.sampling import Bent, held, sample, sketch
from core.average.shape import framed, mean_shape
from core.geometry import similarity_transform

_KNOTS, _STEP = 144, 4
"""Across the canvas at most, and pixels between them at least: what lies between is interpolated."""


class Warp(Frame):
    """Every face is bent to the mean shape (Rowland & Perrett 1995, "Manipulating facial appearance through shape and
    color"), so that brows, nose, mouth and outline meet, and stay sharp.

    The mean shape is known only after the last face. So faces are bent to a fixed reference first, and their average is
    bent to the mean shape in the end.
    """

    oval = on_canvas(REFERENCE[list(OVAL)])

    def __init__(self, size: int) -> None:
        self.size = size
        self.side = size + 2 * round(MARGIN * size)
        self._reference = on_canvas(reference_vertices()) * np.float32(self.side) - np.float32(0.5)
        self._layout = Layout.of(self._reference, Knots(self.side, max(round(self.side / _KNOTS), _STEP)))

    def bent(self, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> tuple[Bent, NDArray[np.float32]]:
        knots = self._layout.knots
        at = self._layout.between(np.hstack([vertices(landmarks), seen(landmarks)]))
        grain = 1 / (float(np.hypot(*similarity_transform(landmarks, REFERENCE)[:, 0])) * self.size)
        shown = held(rgb, at, grain, knots)[1:-1, 1:-1]
        own = drift.of(sketch(rgb, at[1:-1, 1:-1], grain * self.side), shown)
        at = drift.corrected(at, own, knots)
        return Bent(sample(rgb, at, grain, knots, at[..., 2]), own), framed(landmarks, self.size)

    def mean(self, landmarks: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float32]:
        return mean_shape(landmarks, self.size, weights)

    def picture(self, numbers: NDArray[np.float32], form: Form) -> NDArray[np.float32]:
        at = self._on_canvas(form.landmarks)
        at += drift.back(form.drift, (at + np.float32(0.5)) / np.float32(self.side)) * np.float32(self.side)
        shown = taken(numbers, at, cv2.INTER_LANCZOS4)
        # where the reference shrinks a lot (its open mouth, in a closed one), pixels are skipped: soften those parts
        stride = np.hypot(*np.moveaxis(np.gradient(at, axis=0), -1, 0)).astype(np.float32)
        squeezed = np.clip(cv2.GaussianBlur(stride, (0, 0), 1.0) - 2, 0, 1)
        x, y, width, height = cv2.boundingRect((squeezed > 0).astype(np.uint8))
        if width:
            part = np.s_[y : y + height, x : x + width]
            soft = _soft(numbers, at[part])
            shown[part] += (soft - shown[part]) * squeezed[part][..., np.newaxis]
        return shown

    def _on_canvas(self, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Each pixel's place on the canvas, (size, size, 2), in a picture of a face with these landmarks."""
        own = Layout.of(vertices(landmarks), Knots(self.size, 1))  # closed lips lie between few pixels
        return np.ascontiguousarray(own.knots.everywhere(own.between(self._reference)))


def _soft(numbers: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """`numbers` at `at`, without fine detail."""
    rim = 8
    (left, top), (right, bottom) = (
        at.min(axis=(0, 1)).astype(int) - rim,
        at.max(axis=(0, 1)).astype(int) + rim + 1,
    )
    left, top = max(left, 0), max(top, 0)
    part = np.ascontiguousarray(numbers[top : max(bottom, top + 1), left : max(right, left + 1)])
    return taken(np.asarray(cv2.GaussianBlur(part, (0, 0), 2.0)), at - np.array((left, top), dtype=np.float32))
