"""facemorpher: 68 landmarks of dlib's, a triangulation of the face, black around it."""

from __future__ import annotations

from pathlib import Path

import facemorpher
from report import run


def average(folder: Path, size: int, out: Path) -> int:
    photos = [str(photo) for photo in sorted(folder.iterdir())]
    facemorpher.averager(photos, width=size, height=size, out_filename=str(out))
    return len(photos)


run(average)
