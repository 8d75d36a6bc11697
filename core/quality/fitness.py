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
from core.quality.detail import sharpness, smoothed
from core.quality.pose import pose
from core.templates import PORTRAIT, Template, to_template

MOST_YAW, MOST_PITCH = 32.0, 25.0
"""Degrees. All 204 three-quarter views of the London set lie at 32.5 and more, most at 43; all 102 frontal ones within
10 and 14. Beyond it, portraits in a thread show one cheek, or the chin, where the others show a whole face."""

MOST_ENLARGED = 5.0
"""How many times a face may be enlarged for the average."""

LEAST_SHARP = 0.35
"""See `sharpness`. 250 photos that look sharp have 0.42 and more, most of them 0.65; blurred by a Gaussian of 0.03
distances between the eyes (5 pixels of an average of 768) they have 0.3."""

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


def fingerprint(rgb: NDArray[np.uint8], face: Face) -> int:
    """FINGERPRINT_BITS bits that stay nearly the same when a picture is re-encoded, resized or cropped.

    They say where the inner face is brighter than its surroundings: the signs of a difference of Gaussians, on a grid
    of 32 x 32 from the eyes to the chin. The face is aligned first, since a crop would shift everything. See
    `contracts.same_picture`.
    """
    side = int(FINGERPRINT_BITS**0.5)
    grey = crop(rgb, to_template(face, _INNER_FACE, _INNER_SIDE), _INNER_SIDE, grey=True).astype(np.float32)
    small = np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), dtype=np.float32)
    brighter = smoothed(small, 1) > smoothed(small, 2.5)
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")
