"""A detected face -> its 478 landmarks, by the mesh network inside MediaPipe's FaceLandmarker.

MediaPipe reaches that network only through its own detector, which misses small and turned faces. Here the network gets
the face's place from CenterFace. For a profile its mesh still fits, although its own score says that there is no face.
"""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core import geometry
from core.detection.centerface import Detection
from core.detection.search import lean, look
from core.face import FIVE

_MEMBER = "face_landmarks_detector.tflite"
_OUTPUTS = ("Identity", "Identity_1")
_SIDE = 256
_MARGIN = 1.5
"""Side of the square that the network is shown, in sides of the face, as in MediaPipe."""
_BOX_TO_MESH = 0.9
"""A detector's box reaches above the mesh, which ends at the hairline."""
_APART = 0.2
"""Mean distance between the mesh's and the detector's five points, in sides of the face, above which they disagree."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """`landmarks`: float32 (478, 2), in pixels of the photo. `sure`: the network recognises a face, and it lies where
    the detector saw one.
    """

    landmarks: NDArray[np.float32]
    sure: bool


class MeshNetwork:
    """The network, taken out of face_landmarker.task."""

    def __init__(self, task: Path) -> None:
        """Errors: ValueError if `task` is not such a file."""
        try:
            # OpenCV's new engine has only the last of this file's outputs, and the classic one needs a path
            with tempfile.TemporaryDirectory(prefix="sokkuri-") as folder, zipfile.ZipFile(task) as package:
                path = package.extract(_MEMBER, folder)
                self._network: Any = cv2.dnn.readNetFromTFLite(path, cv2.dnn.ENGINE_CLASSIC)
        except (zipfile.BadZipFile, KeyError, cv2.error) as error:
            raise ValueError(f"no mesh network in it: {error}") from error

    def __call__(self, rgb: NDArray[np.uint8], detection: Detection) -> Mesh:
        """The landmarks of a face in `rgb`. Where the detector disagrees, the mesh is moved, rotated and scaled so that
        its five points come closest to the detector's.
        """
        side = _MARGIN * _BOX_TO_MESH * float(detection.size.max())
        rough, _ = self._run(rgb, detection.centre, side, lean(detection.points))
        # run again, centred on the mesh instead of the box, and upright by the mesh's own eyes
        roll = lean(rough[list(FIVE)])
        upright = look(np.zeros(2), 1, roll, 1)
        along = geometry.transform(rough, upright)
        low, high = along.min(axis=0), along.max(axis=0)
        centre = geometry.transform((low + high)[None] / 2, geometry.invert(upright))[0]
        landmarks, presence = self._run(rgb, centre, _MARGIN * float((high - low).max()), roll)
        points = landmarks[list(FIVE)]
        agrees = float(np.linalg.norm(points - detection.points, axis=1).mean()) <= _APART * detection.scale
        if not agrees:
            onto = geometry.similarity_transform(points, detection.points.astype(np.float32))
            landmarks = geometry.transform(landmarks, onto)
        return Mesh(landmarks, sure=agrees and presence >= 0.5)

    def _run(
        self, rgb: NDArray[np.uint8], centre: NDArray[np.floating], side: float, roll: float
    ) -> tuple[NDArray[np.float32], float]:
        """Landmarks, and the network's confidence (0-1) that there is a face."""
        matrix = look(centre, side, roll, _SIDE)
        crop = geometry.crop(rgb, matrix, _SIDE)
        self._network.setInput(np.ascontiguousarray(crop.transpose(2, 0, 1)[None].astype(np.float32) / 255))
        points, presence = self._network.forward(list(_OUTPUTS))
        places = points.reshape(-1, 3)[:, :2] - 0.5  # it counts from the outer edge of the first pixel
        return geometry.transform(places, geometry.invert(matrix)), float(1 / (1 + np.exp(-presence.item())))
