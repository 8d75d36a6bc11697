"""How a face is turned, how large it is, and whether its photo was stretched: what the mesh alone tells.

The mean face's rigid points, in centimetres, are fitted to the landmarks by the 2 x 3 matrix of least squares. In a
photo that was not stretched its rows are two rows of a rotation, times one scale in pixels a centimetre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.face import Face

# In centimetres, x to the right of an upright photo, y up, z towards the viewer: from the canonical face model of
# MediaPipe's face geometry (Apache-2.0). These points do not move with the mouth or the brows.
_RIGID = {
    10: (0.00, 8.26, 4.48),
    33: (-4.45, 2.66, 3.17),
    133: (-1.86, 2.59, 3.76),
    362: (1.86, 2.59, 3.76),
    263: (4.45, 2.66, 3.17),
    168: (0.00, 3.27, 5.24),
    1: (0.00, -1.13, 7.48),
    2: (0.00, -2.09, 6.06),
    234: (-7.66, 0.67, -2.44),
    454: (7.66, 0.67, -2.44),
}
_FACE_WIDTH = 15.32
"""Centimetres between the mean face's ears."""
_STRETCH_SEEN = 0.85
"""The part of a stretch, in logarithms, that the mesh follows: it was trained on faces of the usual proportions.
Measured on 13 portraits, from 0.6 to 2 times as wide."""


def pose(face: Face) -> tuple[float, float]:
    """Yaw and pitch in degrees: 0 from the front, positive when turned to the photo's right, or up.

    They are those of the scaled orthographic projection that best maps a mean face's rigid points to the landmarks: the
    fitted matrix, and the nearest one to it with orthonormal rows (Horn et al. 1988). A face unlike the mean one is
    some degrees off.
    """
    left, _, right = np.linalg.svd(_fitted(face), full_matrices=False)
    across, up = left @ right
    towards = np.cross(across, up)  # by the rows of a rotation: where the face's own axes end up
    return float(np.degrees(np.arctan2(across[2], towards[2]))), float(np.degrees(np.arcsin(up[2])))


def width(face: Face) -> float:
    """Pixels of the photo across the face from ear to ear, whichever way it is turned."""
    return float(_FACE_WIDTH * np.sqrt(np.prod(np.linalg.norm(_fitted(face), axis=1))))


def stretch(face: Face) -> float:
    """How many times wider than tall a square became, by the fitted matrix's two rows: 1 for a photo as it was taken.

    Faces differ from the mean one: those of 100 portraits from the front have 0.84 to 1.17, as a face that leans or
    nods differs most.
    """
    across, up = np.linalg.norm(_fitted(face), axis=1)
    return float((across / up) ** (1 / _STRETCH_SEEN))


def _fitted(face: Face) -> NDArray[np.float64]:
    """Pixels a centimetre: (2, 3)."""
    model = np.array(list(_RIGID.values()))
    points = face.landmarks[list(_RIGID)].astype(np.float64) * (1, -1)
    fitted = np.linalg.lstsq(model - model.mean(axis=0), points - points.mean(axis=0), rcond=None)[0]
    return np.asarray(fitted.T, dtype=np.float64)
