"""What people do to photos of faces, on purpose or not: twelve kinds of damage in five strengths each.

Each kind takes a photo (uint8 RGB, h x w x 3), its face and a strength of `STRENGTHS`, and returns another photo. The
figures are chosen so that the mildest leaves a face that anyone recognises and the worst does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from core.face import LEFT_IRIS, RIGHT_IRIS, Face

STRENGTHS = (1, 2, 3, 4, 5)

Pixels = NDArray[np.uint8]

_CHIN, _LEFT_EAR, _RIGHT_EAR, _NOSE_BRIDGE = 152, 454, 234, 6
_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
"""The outline of the face from the person's right ear over the chin to the left one."""


def mask(photo: Pixels, face: Face, strength: int) -> Pixels:
    """A surgical mask, from below the lips upwards to the bridge of the nose."""
    part = (0.55, 0.45, 0.35, 0.25, 0.12)[strength - 1]
    down = face.landmarks[_CHIN] - face.landmarks[_NOSE_BRIDGE]
    top = face.landmarks[_NOSE_BRIDGE] + part * down
    jaw = face.landmarks[list(_JAW)]
    covered = jaw[((jaw - top) @ down) > 0] + 0.06 * down
    across = np.array([[down[1], -down[0]]]) / np.linalg.norm(down)
    width = float(np.linalg.norm(face.landmarks[_LEFT_EAR] - face.landmarks[_RIGHT_EAR]))
    sides = top + np.array([[0.52], [0.0], [-0.52]]) * width * across - np.array([[0.0], [0.08], [0.0]]) * down
    return _painted(photo, cv2.convexHull(np.concatenate([covered, sides]).astype(np.float32)), (156, 190, 214))


def dark_glasses(photo: Pixels, face: Face, strength: int) -> Pixels:
    """Dark glasses, from half of a lens to much more than the eyes."""
    wide, high = ((0.26, 0.16), (0.32, 0.20), (0.38, 0.26), (0.42, 0.32), (0.46, 0.38))[strength - 1]
    right, left = face.landmarks[RIGHT_IRIS], face.landmarks[LEFT_IRIS]
    apart = float(np.linalg.norm(left - right))
    lean = float(np.degrees(np.arctan2(*(left - right)[::-1])))
    out = photo.copy()
    for centre in (right, left):
        place = float(centre[0]), float(centre[1] + 0.06 * apart)
        cv2.ellipse(out, (place, (2 * wide * apart, 2 * high * apart), lean), (18, 18, 20), -1, cv2.LINE_AA)
    cv2.line(out, _whole(right), _whole(left), (18, 18, 20), max(2, round(0.06 * apart)), cv2.LINE_AA)
    return out


def mask_and_dark_glasses(photo: Pixels, face: Face, strength: int) -> Pixels:
    return dark_glasses(mask(photo, face, strength), face, strength)


def half_in_black(photo: Pixels, face: Face, strength: int) -> Pixels:
    """A black bar over the person's right part of the face."""
    part = (0.2, 0.3, 0.4, 0.5, 0.6)[strength - 1]
    left, _, width, _ = face.box
    out = photo.copy()
    out[:, : max(0, round(left + part * width))] = 0
    return out


def cropped(photo: Pixels, face: Face, strength: int) -> Pixels:
    """The photo ends within the face: it lacks the chin, then the mouth, then the nose."""
    part = (0.9, 0.8, 0.7, 0.6, 0.5)[strength - 1]
    _, top, _, height = face.box
    return photo[: max(8, round(top + part * height))].copy()


def small(photo: Pixels, face: Face, strength: int) -> Pixels:
    """Shrink the photo to 64 pixels on its longer side, down to 24."""
    side = (64, 48, 40, 32, 24)[strength - 1]
    return _resized(photo, side / max(photo.shape[:2]))


def blurred(photo: Pixels, face: Face, strength: int) -> Pixels:
    """Blur by a Gaussian whose deviation is 4 to 20 pixels, where the longer side has 600."""
    deviation = (4, 8, 10, 14, 20)[strength - 1] * max(photo.shape[:2]) / 600
    return np.asarray(cv2.GaussianBlur(photo, (0, 0), deviation), dtype=np.uint8)


def overexposed(photo: Pixels, face: Face, strength: int) -> Pixels:
    return _lit(photo, (1.5, 2.0, 2.5, 3.0, 4.0)[strength - 1])


def dark(photo: Pixels, face: Face, strength: int) -> Pixels:
    return _lit(photo, (0.3, 0.15, 0.1, 0.06, 0.03)[strength - 1])


def stretched(photo: Pixels, face: Face, strength: int) -> Pixels:
    """So many times as wide."""
    wide = (1.2, 1.333, 1.5, 1.778, 2.0)[strength - 1]
    height, width = photo.shape[:2]
    return np.asarray(cv2.resize(photo, (round(width * wide), height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def pixelated(photo: Pixels, face: Face, strength: int) -> Pixels:
    """So many blocks a side."""
    blocks = (100, 70, 50, 40, 30)[strength - 1]
    height, width = photo.shape[:2]
    return np.asarray(
        cv2.resize(_resized(photo, blocks / max(height, width)), (width, height), interpolation=cv2.INTER_NEAREST),
        dtype=np.uint8,
    )


def compressed(photo: Pixels, face: Face, strength: int) -> Pixels:
    """A JPEG of so low a quality."""
    quality = (20, 15, 10, 7, 5)[strength - 1]
    _, data = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


KINDS: Mapping[str, Callable[[Pixels, Face, int], Pixels]] = {
    "mask": mask,
    "dark glasses": dark_glasses,
    "mask and dark glasses": mask_and_dark_glasses,
    "half in black": half_in_black,
    "cropped": cropped,
    "small": small,
    "blurred": blurred,
    "overexposed": overexposed,
    "dark": dark,
    "stretched": stretched,
    "pixelated": pixelated,
    "compressed": compressed,
}


def _whole(point: NDArray[np.float32]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _painted(photo: Pixels, outline: NDArray[np.float32], colour: tuple[int, int, int]) -> Pixels:
    """Cloth of this colour with a little shading, so that it is not one flat area."""
    cover = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, np.rint(outline).astype(np.int32), 255, cv2.LINE_AA)
    rows = np.linspace(-1, 1, photo.shape[0])[:, np.newaxis, np.newaxis]
    cloth = np.array(colour) + 6 * np.sin(rows * 0.12 * photo.shape[0]) - 10 * rows
    part = cover[..., np.newaxis] / 255
    return np.clip(np.rint(photo * (1 - part) + cloth * part), 0, 255).astype(np.uint8)


def _resized(photo: Pixels, factor: float) -> Pixels:
    height, width = photo.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _lit(photo: Pixels, factor: float) -> Pixels:
    """Multiply all values by `factor` and clip them at white, as an editor or a poor camera would."""
    return np.clip(np.rint(photo * factor), 0, 255).astype(np.uint8)
