"""Photo -> faces: where they are, and 478 landmarks each.

MediaPipe's FaceLandmarker (Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile
GPUs"; irises: Ablavatski et al. 2020) looks at the whole photo first. Its detector, BlazeFace short range, is quick,
but misses profiles and small faces, and mistakes upside-down faces for upright ones. So unless it finds exactly one
large face, and CenterFace sees the same face there, the photo is searched thoroughly (see `core.detection.search`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.contracts import Device
from core.detection import mediapipe_import
from core.detection.centerface import CenterFace
from core.detection.mesh import MeshNetwork
from core.detection.search import ACCEPTED, confirm, search
from core.face import FIVE, Face

MAX_FACES = 64
"""The most faces of a photo. Each costs a pass of the mesh network, so this bounds the cost of a crowd."""

_LARGE = 0.3
"""Longer side of a face's box, in shorter sides of the photo, above which few other faces fit."""
_SAME = 0.2
"""Mean distance between two faces' five points, in sides of the face, up to which they are one face."""
_ALONE = 0.64
"""Score above which a detection is a face even if the mesh network sees none. 204 profiles scored 0.65 or more,
non-faces 0.53 or less, and a blurred cheek behind somebody 0.63."""
_ALONE_SIZE = 20
"""Smallest longer side in pixels of such a detection."""


@contextmanager
def _native_silence() -> Iterator[None]:
    """Suppress what native code writes to standard error: MediaPipe's start-up messages have no other switch."""
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

    At the interpreter's exit MediaPipe would try to close itself after the modules it needs for that are gone.
    """

    def __init__(
        self, landmarker: Path, detector: Callable[[], Path], threads: int = 1, device: Device = "cpu"
    ) -> None:
        """`landmarker`: the path of face_landmarker.task; `detector`: returns the path of CenterFace (`network_file`),
        called once the first file has proved good; `threads`: how many a search may use, 0 for as many as there are
        processors; `device`: where to run CenterFace.

        Errors: RuntimeError or ValueError if the first is not such a file; ModelError for the second.
        """
        mediapipe_import.load()
        from mediapipe.tasks.python import vision
        from mediapipe.tasks.python.core.base_options import BaseOptions

        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(landmarker)),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=MAX_FACES,
        )
        self._file = landmarker
        self._network = CenterFace(detector(), threads, device)
        with _native_silence():
            self._landmarker: Any = vision.FaceLandmarker.create_from_options(options)
            self._at_once(np.zeros((64, 64, 3), dtype=np.uint8))  # its threads start, and log, with the first photo

    @cached_property
    def _mesh(self) -> MeshNetwork:
        """Loaded for the first thorough search: photos of one clear face do not need its 15 MB."""
        return MeshNetwork(self._file)

    def warm(self) -> None:
        """Run CenterFace once; `__init__` has run the landmarker. A search of a blank photo would take 0.5 s more."""
        self._network(np.zeros((1, 64, 64, 3), dtype=np.uint8), ACCEPTED)

    def find(self, rgb: NDArray[np.uint8]) -> tuple[Face, ...]:
        """Faces of `rgb` (uint8, height x width x 3, RGB), from left to right by the middle of their boxes."""
        at_once = self._at_once(rgb)
        if len(at_once) == 1 and self._is_clear(at_once[0], rgb):
            return tuple(at_once)
        faces: list[Face] = []
        for detection in search(self._network, rgb)[:MAX_FACES]:
            points = detection.points.astype(np.float32)
            face = next((one for one in at_once if _apart(one, points) < _SAME * detection.scale), None)
            if face is not None:
                face = replace(face, detected=points)
            else:
                mesh = self._mesh(rgb, detection)
                if not mesh.sure and (detection.score < _ALONE or detection.size.max() < _ALONE_SIZE):
                    continue
                face = Face(mesh.landmarks, approximate=not mesh.sure, detected=points)
            _add(faces, face)
        for face in at_once:
            if len(faces) < MAX_FACES and self._confirmed(face, rgb):
                _add(faces, face)
        return tuple(sorted(faces, key=lambda face: face.box[0] + face.box[2] / 2))

    def _at_once(self, rgb: NDArray[np.uint8]) -> list[Face]:
        import mediapipe

        height, width = rgb.shape[:2]
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb))
        # MediaPipe's 0..1 run from the outer edge of the first pixel to that of the last one.
        return [
            Face((np.array([(p.x, p.y) for p in points]) * (width, height) - 0.5).astype(np.float32))
            for points in self._landmarker.detect(image).face_landmarks
        ]

    def _is_clear(self, face: Face, rgb: NDArray[np.uint8]) -> bool:
        return max(face.box[2:]) >= _LARGE * min(rgb.shape[:2]) and self._confirmed(face, rgb)

    def _confirmed(self, face: Face, rgb: NDArray[np.uint8]) -> bool:
        return confirm(self._network, rgb, face.landmarks[list(FIVE)], max(face.box[2:]))

    def close(self) -> None:
        self._landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _apart(face: Face, points: NDArray[np.floating]) -> float:
    """Mean distance in pixels between the five points of a face and others."""
    return float(np.linalg.norm(face.landmarks[list(FIVE)] - points, axis=1).mean())


def _add(faces: list[Face], face: Face) -> None:
    """Add a face, unless it is there already: as another mesh of it, or within another face."""
    if all(_apart(one, face.landmarks[list(FIVE)]) > _SAME * max(one.box[2:]) for one in faces):
        faces.append(face)
