"""A face in a photo, and what follows from its landmarks alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LANDMARKS = 478

RIGHT_IRIS, LEFT_IRIS = 468, 473
"""Centres of the irises; "right" is the person's own, on the left of an upright photo."""

FIVE = (RIGHT_IRIS, LEFT_IRIS, 1, 61, 291)
"""The landmarks that lie where `Face.detected` does: the eyes, the tip of the nose, the corners of the mouth."""

_PROFILE = 0.5
"""Distance between the eyes, in distances from the eyes to the mouth, below which a face is in profile. All of 204
London profiles have 0.44 at most, all of 204 three-quarter views 0.57 at least."""


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a photo.

    `landmarks`: float32 (478, 2), x and y in pixels of the photo, the centre of its first pixel at (0, 0) as OpenCV
    counts, in MediaPipe's order ("left" and "right" are the person's own). Points may lie outside the photo.

    `approximate`: the mesh network did not recognise it as a face (a profile, a face that is half hidden), or disagreed
    with the detector; the landmarks are good enough for a box and a crop, and nothing else.

    `detected`: float32 (5, 2), where the detector saw both eyes, the tip of the nose and the corners of the mouth; None
    if the face was found without it.
    """

    landmarks: NDArray[np.float32]
    approximate: bool = False
    detected: NDArray[np.float32] | None = None

    @property
    def five(self) -> NDArray[np.float32]:
        """Right eye, left eye, tip of the nose, right and left corner of the mouth, (5, 2): the detector's, if it gave
        any, since it sees profiles better than the mesh does.
        """
        return self.landmarks[list(FIVE)] if self.detected is None else self.detected

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height in whole pixels: the smallest box that holds all the landmarks."""
        left, top = np.floor(self.landmarks.min(axis=0)).astype(int)
        right, bottom = np.ceil(self.landmarks.max(axis=0)).astype(int)
        return int(left), int(top), int(right - left), int(bottom - top)

    @property
    def area(self) -> int:
        return self.box[2] * self.box[3]

    @property
    def profile(self) -> Literal["left", "right"] | None:
        """Which way a face in profile looks, as seen in a photo in which it is upright; None for any other face."""
        right_eye, left_eye, nose, *mouth = self.five.astype(np.float64) @ (1, 1j)
        eyes = (right_eye + left_eye) / 2
        down = sum(mouth) / 2 - eyes
        if down == 0 or -((left_eye - right_eye) / down).imag >= _PROFILE:
            return None
        return "left" if ((nose - eyes) / down).imag > 0 else "right"


def largest(faces: tuple[Face, ...]) -> int:
    """Index of the face with the largest box; if several are equal, the leftmost. `faces` must not be empty."""
    return max(range(len(faces)), key=lambda i: (faces[i].area, -i))
