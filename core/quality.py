"""Which faces are fit to be averaged, and how to recognise a picture that was seen before.

A face that is turned away, blurred or tiny smears the whole average, so it is left out, with a reason. It is measured
against the average: a face is small, or blurred, if the average needs more detail than it has.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contracts import FINGERPRINT_BITS, Flaw
from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import crop
from core.templates import PORTRAIT, Template, to_template

MOST_YAW, MOST_PITCH = 32.0, 25.0
"""Degrees. All 204 three-quarter views of the London set lie at 32.5 and more, most at 43; all 102 frontal ones within
10 and 14. Beyond it, portraits in a thread show one cheek, or the chin, where the others show a whole face."""

MOST_ENLARGED = 5.0
"""How many times a face may be enlarged for the average."""

LEAST_SHARP = 0.35
"""See `sharpness`. 250 photos that look sharp have 0.42 and more, most of them 0.65; blurred by a Gaussian of 0.03
distances between the eyes (5 pixels of an average of 768) they have 0.3."""

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

_FACE = Template((RIGHT_IRIS, LEFT_IRIS), ((0.30, 0.36), (0.70, 0.36)))
_FACE_SIDE = 100
"""The face from the brows to the chin, and its side in pixels, at which the eyes are 40 pixels apart."""
_BORDER = 8

_INNER_FACE = Template((RIGHT_IRIS, LEFT_IRIS), ((0.25, 0.25), (0.75, 0.25)))
_INNER_SIDE = 128


def flaw(rgb: NDArray[np.uint8], face: Face, size: int) -> Flaw | None:
    """Why to leave this face of `rgb` (uint8, h x w x 3) out of an average of `size` pixels; None: it is fit."""
    yaw, pitch = pose(face)
    if face.approximate or abs(yaw) > MOST_YAW or abs(pitch) > MOST_PITCH:
        return "turned_away"
    if np.hypot(*to_template(face, PORTRAIT, size)[:, 0]) > MOST_ENLARGED:
        return "too_small"
    if sharpness(rgb, face) < LEAST_SHARP:
        return "too_blurred"
    return None


def pose(face: Face) -> tuple[float, float]:
    """Yaw and pitch in degrees: 0 from the front, positive when turned to the photo's right, or up.

    They are those of the scaled orthographic projection that best maps a mean face's rigid points to the landmarks: the
    2 x 3 matrix of least squares, and the nearest one to it with orthonormal rows (Horn et al. 1988). A face unlike the
    mean one is some degrees off.
    """
    model = np.array(list(_RIGID.values()))
    points = face.landmarks[list(_RIGID)].astype(np.float64) * (1, -1)
    fitted = np.linalg.lstsq(model - model.mean(axis=0), points - points.mean(axis=0), rcond=None)[0].T
    left, _, right = np.linalg.svd(fitted, full_matrices=False)
    across, up = left @ right
    towards = np.cross(across, up)  # by the rows of a rotation: where the face's own axes end up
    return float(np.degrees(np.arctan2(across[2], towards[2]))), float(np.degrees(np.arcsin(up[2])))


def sharpness(rgb: NDArray[np.uint8], face: Face) -> float:
    """How much of the finest detail a face has, relative to coarser detail: 0 (none) to about 1.

    Natural pictures have as much contrast in one octave of detail as in the next (Field 1987), and blur takes it from
    the finest first. So, unlike the variance of the Laplacian, the ratio does not depend on light, skin or beard.
    """
    grey = _grey(rgb, face, _FACE, _FACE_SIDE)
    fine, middle, coarse = (_smoothed(grey, deviation) for deviation in (1, 2, 4))
    inner = slice(_BORDER, -_BORDER)
    finest = (grey - fine)[inner, inner].std()
    return float(finest / max((middle - coarse)[inner, inner].std(), 1e-6))


def fingerprint(rgb: NDArray[np.uint8], face: Face) -> int:
    """FINGERPRINT_BITS bits that stay nearly the same when a picture is re-encoded, resized or cropped.

    They say where the inner face is brighter than its surroundings: the signs of a difference of Gaussians, on a grid
    of 32 x 32 from the eyes to the chin. The face is aligned first, since a crop would shift everything. See
    `contracts.same_picture`.
    """
    side = int(FINGERPRINT_BITS**0.5)
    grey = _grey(rgb, face, _INNER_FACE, _INNER_SIDE)
    small = np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), dtype=np.float32)
    brighter = _smoothed(small, 1) > _smoothed(small, 2.5)
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")


def _grey(rgb: NDArray[np.uint8], face: Face, template: Template, side: int) -> NDArray[np.float32]:
    return crop(rgb, to_template(face, template, side), side, grey=True).astype(np.float32)


def _smoothed(grey: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), deviation), dtype=np.float32)
