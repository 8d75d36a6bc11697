"""Photo -> faces: where they are, and 478 landmarks each.

MediaPipe's FaceLandmarker (Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile
GPUs"; irises: Ablavatski et al. 2020) through its tasks API. Its detector is BlazeFace short range: a profile, or a
face below some 5 % of the picture's width, is not found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

LANDMARKS = 478
MAX_FACES = 20
"""Each face costs a pass of the mesh network: a bound on what one crowded picture may cost."""


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a photo.

    `landmarks`: float32 (478, 2), x and y in pixels of the photo, the centre of its first pixel at (0, 0) as OpenCV
    counts, in MediaPipe's order ("left" and "right" are the person's own). Points may lie outside the photo.
    """

    landmarks: NDArray[np.float32]

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height in whole pixels: the smallest box that holds all the landmarks."""
        left, top = np.floor(self.landmarks.min(axis=0)).astype(int)
        right, bottom = np.ceil(self.landmarks.max(axis=0)).astype(int)
        return int(left), int(top), int(right - left), int(bottom - top)

    @property
    def area(self) -> int:
        return self.box[2] * self.box[3]


def largest(faces: tuple[Face, ...]) -> int:
    """Index of the face with the largest box; the leftmost of equals. `faces` must not be empty."""
    return max(range(len(faces)), key=lambda i: (faces[i].area, -i))


@contextmanager
def _native_silence() -> Iterator[None]:
    """Keeps what native code writes to standard error away: MediaPipe's start-up remarks know no other switch."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class FaceFinder:
    """Finds faces; holds native resources until `close` (or the end of a `with`).

    Left to the end of the interpreter, MediaPipe would close itself when the modules it needs for that are gone.
    """

    def __init__(self, model: Path) -> None:
        """`model`: the path of face_landmarker.task. Errors: RuntimeError, ValueError where it is no such file."""
        from mediapipe.tasks.python import vision
        from mediapipe.tasks.python.core.base_options import BaseOptions

        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=MAX_FACES,
        )
        with _native_silence():
            self._landmarker: Any = vision.FaceLandmarker.create_from_options(options)
            self.find(np.zeros((64, 64, 3), dtype=np.uint8))  # its threads start, and chatter, with the first picture

    def find(self, rgb: NDArray[np.uint8]) -> tuple[Face, ...]:
        """Faces of `rgb` (uint8, height x width x 3, RGB), from left to right by the middle of their boxes."""
        import mediapipe

        height, width = rgb.shape[:2]
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb))
        found = self._landmarker.detect(image).face_landmarks
        # MediaPipe's 0..1 run from the outer edge of the first pixel to that of the last one.
        faces = [
            Face(np.array([(p.x * width - 0.5, p.y * height - 0.5) for p in points], dtype=np.float32))
            for points in found
        ]
        return tuple(sorted(faces, key=lambda face: face.box[0] + face.box[2] / 2))

    def close(self) -> None:
        self._landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
