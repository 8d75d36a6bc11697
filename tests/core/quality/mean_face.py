"""The mean face, turned any way and seen in any photo."""

from __future__ import annotations

import numpy as np

from core.face import Face
from core.quality.pose import _RIGID


def turned(yaw: float, pitch: float, scale: float = 30.0) -> Face:
    """The mean face's rigid points as a photo from far away would show them; all others at nought."""
    y, p = np.radians((yaw, pitch))
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    landmarks = np.zeros((478, 2), dtype=np.float32)
    for index, point in _RIGID.items():
        x, up, _ = about_y @ about_x @ point
        landmarks[index] = (500 + scale * x, 400 - scale * up)
    return Face(landmarks)
