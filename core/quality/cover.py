"""Which parts of a face are hidden: by the edge of the photo, a bar, dark glasses or a mask.

Glasses and masks are detected by asking the network: a part whose hiding does not move the vector was not seen. The
idea is that of occlusion (Zeiler & Fergus 2014), asked of the two halves of a face. Lenses that are simply dark, and
masks that are simply even, are seen as such.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.models.embedder import Embedder
from core.models.spec import SeenParts
from core.quality import light
from core.templates import TEMPLATES, Template

_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_EYES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
_BRIGHT = (50, 280, 205, 425, 151, 9)
"""Landmarks on the cheeks and the forehead."""
_SPOT = 0.03
"""Radius of what is looked at around each of them, in sides of the crop."""

_SMALLEST_BAR = 0.06
"""The share of the face that one flat area must fill, to be taken for a bar rather than for a smooth cheek."""
_LOST = 0.1
"""The share of the rest of the face that is too dark, or too bright, from which that explains such areas: the edge of a
bar is 3 % of a face at most."""

_DARK_LENS, _EVEN_LENS = 0.06, 0.07
"""Brightness of the eyes, and its deviation, in linear light, as shares of the cheeks' and forehead's: both are larger
for the bare eyes of 51 Londoners (0.08 and more) and of 45 of 46 people in the street."""

_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_FINE, _COARSE = 0.009, 0.022
_AROUND = 0.018
"""Two blurs whose difference is the detail of eyes and lips, and how much of what surrounds these counts too, in sides
of the crop."""
_NO_LIPS = 0.33
"""How strong the detail of the lips is, as a share of the eyes': 0.39 and more for 51 Londoners, 0.5 and more for
people in the street, blurred or dark too; 0.34 and less where a mask was drawn over the mouth."""

_BLUR = 0.125
_SOFT = 0.055
"""How far a hidden part is blurred, and how wide its edge is, in sides of the crop."""
_UPPER, _LOWER = (-0.435, 0.353), (0.5, 3.0)
"""Where the two parts begin and end, from the eyes (0) to the mouth (1): brows to cheekbones, nostrils to chin."""


def oval(landmarks: NDArray[np.float32], side: int) -> NDArray[np.bool_]:
    """Which pixels of a crop (`side` x `side`) belong to the face; `landmarks`: (478, 2), in the crop's pixels."""
    inside = np.zeros((side, side), np.uint8)
    cv2.fillPoly(inside, [np.rint(landmarks[list(_OVAL)]).astype(np.int32)], 1)
    return inside.astype(np.bool_)


def cut_off(crop: NDArray[np.uint8], face: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels of the face lie outside of the photo, where a crop is black, or under a bar of one colour: s x s.

    `crop`: uint8 RGB, s x s x 3; `face`: see `oval`. Glare and darkness make large areas of one colour too: an area is
    theirs if there is more of them in the rest of the face.
    """
    square = np.ones((3, 3), np.uint8)
    flat = face & ((cv2.dilate(crop, square) - cv2.erode(crop, square)).max(axis=2) <= 1)
    rest = face & ~flat
    for lost in (light.dark(crop), light.overexposed(crop)):
        if lost[rest].sum() > _LOST * rest.sum():
            flat &= ~lost
    count, labels = cv2.connectedComponents(flat.astype(np.uint8), connectivity=4)
    sizes = np.bincount(labels.ravel(), minlength=count)
    sizes[0] = 0
    return np.asarray((sizes[labels] >= _SMALLEST_BAR * face.sum()) & flat, dtype=np.bool_)


def behind_dark_lenses(crop: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> bool:
    """Whether the place of the eyes is almost black, and evenly so. `crop`, `landmarks`: as in `cut_off` and `oval`."""
    side = len(crop)
    eyes, bright = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
    cv2.fillPoly(eyes, [np.rint(landmarks[list(eye)]).astype(np.int32) for eye in _EYES], 1)
    for landmark in _BRIGHT:
        x, y = np.rint(landmarks[landmark]).astype(int).tolist()
        cv2.circle(bright, (x, y), max(1, round(_SPOT * side)), 1, -1)
    if not eyes.any() or not bright.any():
        return False
    light = ((crop / 255.0) ** 2.2) @ (0.2126, 0.7152, 0.0722)
    usual = max(float(np.median(light[bright > 0])), 1e-4)
    seen = light[eyes > 0]
    return float(seen.mean()) < _DARK_LENS * usual and float(seen.std()) < _EVEN_LENS * usual


def behind_cloth(crop: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> bool:
    """Whether there is next to no detail where the mouth should be. `crop`, `landmarks`: as in `behind_dark_lenses`."""
    side = len(crop)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = cv2.GaussianBlur(grey, (0, 0), _FINE * side) - cv2.GaussianBlur(grey, (0, 0), _COARSE * side)
    around = np.ones((2 * round(_AROUND * side) + 1,) * 2, np.uint8)
    strengths = []
    for outlines in ((_LIPS,), _EYES):
        place = np.zeros((side, side), np.uint8)
        cv2.fillPoly(place, [np.rint(landmarks[list(outline)]).astype(np.int32) for outline in outlines], 1)
        inside = detail[cv2.dilate(place, around) > 0]
        if not len(inside):
            return False
        strengths.append(float(inside.std()))
    return strengths[0] < _NO_LIPS * strengths[1]


def seen_parts(
    embedder: Embedder, crops: NDArray[np.uint8], vectors: NDArray[np.float32], clear: SeenParts
) -> NDArray[np.float64]:
    """The shares (0-1) of the upper and of the lower part of n faces that the network sees: (n, 2).

    `crops`: uint8 RGB (n, s, s, 3), in the frame of the model's template; `vectors`: (n, d), the network's for them;
    `clear`: how far its vectors move for clear and for covered faces. It takes two passes of the network a face.
    """
    template = TEMPLATES[embedder.spec.template]
    hidden = [np.stack([_blurred(crop, template, part) for crop in crops]) for part in (_UPPER, _LOWER)]
    whole, upper, lower = map(_unit, (vectors, *np.split(embedder(np.concatenate(hidden)), 2)))
    shares = []
    for part, (covered, uncovered) in ((upper, clear.upper), (lower, clear.lower)):
        moved = 1 - (whole * part).sum(axis=1)
        shares.append(np.clip((moved - covered) / (uncovered - covered), 0, 1))
    return np.stack(shares, axis=1)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    exact = vectors.astype(np.float64)
    return np.asarray(exact / np.maximum(np.linalg.norm(exact, axis=1, keepdims=True), 1e-12))


def _blurred(crop: NDArray[np.uint8], template: Template, part: tuple[float, float]) -> NDArray[np.uint8]:
    side = len(crop)
    eyes, mouth = template.eyes_and_mouth
    top, bottom = (side * (eyes + at * (mouth - eyes)) for at in part)
    rows = np.arange(side, dtype=np.float32)[:, np.newaxis, np.newaxis]
    edge = _SOFT * side
    weight = np.clip((rows - top) / edge + 0.5, 0, 1) * np.clip((bottom - rows) / edge + 0.5, 0, 1)
    blurred = cv2.GaussianBlur(crop, (0, 0), _BLUR * side).astype(np.float32)
    return np.asarray(np.rint(crop * (1 - weight) + blurred * weight), dtype=np.uint8)
