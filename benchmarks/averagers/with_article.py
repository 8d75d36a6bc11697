"""The article's procedure, written anew: turn the photo about its middle until the eyes are level, shrink, add up."""

from __future__ import annotations

from pathlib import Path

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions
from report import run

from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store, default_folder

RIGHT_EYE, LEFT_EYE = 33, 263

landmarker = vision.FaceLandmarker.create_from_options(
    vision.FaceLandmarkerOptions(BaseOptions(str(Store(default_folder()).path(LANDMARKS_FILE))))
)


def average(folder: Path, size: int, out: Path) -> int:
    photos = []
    for path in sorted(folder.iterdir()):
        image = np.asarray(cv2.imread(str(path)))
        height, width = image.shape[:2]
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        face = landmarker.detect(mediapipe.Image(mediapipe.ImageFormat.SRGB, rgb)).face_landmarks[0]
        # in parts of the width and of the height, as the article has it: right for square photos
        across, down = face[LEFT_EYE].x - face[RIGHT_EYE].x, face[LEFT_EYE].y - face[RIGHT_EYE].y
        turn = cv2.getRotationMatrix2D((width // 2, height // 2), float(np.degrees(np.arctan2(down, across))), 1.0)
        level = cv2.warpAffine(image, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        photos.append(cv2.resize(level, (size, size)))
    cv2.imwrite(str(out), np.mean(photos, axis=0).astype(np.uint8))
    landmarker.close()
    return len(photos)


run(average)
