"""average-facer: 68 landmarks of dlib's and 8 points on the frame."""

from __future__ import annotations

from pathlib import Path

from facer import facer
from report import run


def average(folder: Path, size: int, out: Path) -> int:
    images = facer.load_images(str(folder), verbose=False)
    landmarks, faces = facer.detect_face_landmarks(images, save_landmarks=False, verbose=False)
    facer.create_average_face(faces, landmarks, output_dims=(size, size), output_file=str(out), verbose=False)
    return len(faces)


run(average)
