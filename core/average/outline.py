"""The drift of hair, ears and neck, which the mesh of a face does not cover.

A bent face is compared with a template, and the optical flow between them (Kroeger et al. 2016, "Fast optical flow
using dense inverse search") moves what is outside of the face to its place in the template, as far as that makes the
two more alike. For backgrounds it mostly does not, so they stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average import template
from core.average.reference import OVAL, REFERENCE, face_in, on_canvas
from core.average.resample import taken
from core.average.template import SMALL

_SURROUNDINGS = 33
"""Pixels across which brightness and contrast are evened out, so that dark and fair hair are compared by shape."""
_LOCAL = 9
"""Pixels across which likeness is measured."""
_NO_BETTER, _BETTER = 0.02, 0.12
"""Gains in local correlation below which nothing is moved, and above which it is moved fully."""
_SMOOTH = 2.7
"""Deviation in pixels of the window over which movements are averaged."""
_FARTHEST = 6.7
"""The farthest that anything is moved, in pixels."""
_FREE = 0.96
"""The outline of the face, scaled by this about its middle, within which the mesh alone decides."""


def drift(sketch: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The drift in `Sketch.whole` of a face: float32 (SMALL, SMALL, 2), in sides of the canvas."""
    known, face = _template(), _evened(sketch)
    flow = np.asarray(cv2.GaussianBlur(_search().calc(known, face, None), (0, 0), _SMOOTH), dtype=np.float32)
    length = np.maximum(cv2.magnitude(flow[..., 0], flow[..., 1]), 1e-6)
    flow *= np.minimum(_FARTHEST / length, 1)[..., np.newaxis]
    moved = taken(face, _places() + flow)
    gain = _likeness(moved) - _likeness(face)
    trusted = cv2.GaussianBlur(np.clip((gain - _NO_BETTER) / (_BETTER - _NO_BETTER), 0, 1), (0, 0), _SMOOTH)
    flow *= (np.minimum(1.5 * trusted, 1) * _outside())[..., np.newaxis]
    return np.asarray(flow / SMALL, dtype=np.float32)


@cache
def _template() -> NDArray[np.uint8]:
    return _evened(template.sketch().whole)


@cache
def _search() -> Any:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)


@cache
def _outside() -> NDArray[np.float32]:
    """How far each place may follow the flow, 0-1."""
    return np.asarray(
        1 - cv2.GaussianBlur(face_in(on_canvas(REFERENCE[list(OVAL)]), SMALL, _FREE), (0, 0), 1.7), dtype=np.float32
    )


@cache
def _places() -> NDArray[np.float32]:
    return np.stack(np.meshgrid(*[np.arange(SMALL, dtype=np.float32)] * 2), axis=-1)


def _evened(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    values = grey.astype(np.float32)
    values -= _box(_box(values, _SURROUNDINGS), _SURROUNDINGS // 2)
    contrast = cv2.sqrt(np.maximum(_box(values * values, _SURROUNDINGS), 0)) + 6
    return np.asarray(np.clip(128 + 50 * values / contrast, 0, 255), dtype=np.uint8)


def _likeness(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Local correlation of an evened face with the template."""
    known, own = _template_around(), _Around.of(face)
    product = _box(known.values * own.values, _LOCAL) - known.mean * own.mean
    return np.asarray(product / cv2.sqrt(np.maximum(known.variance * own.variance, 1)), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Around:
    """A picture's values, and their mean and variance around each."""

    values: NDArray[np.float32]
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]

    @classmethod
    def of(cls, picture: NDArray[np.uint8]) -> _Around:
        values = picture.astype(np.float32)
        mean = _box(values, _LOCAL)
        return cls(values, mean, _box(values * values, _LOCAL) - mean * mean + 25)


@cache
def _template_around() -> _Around:
    return _Around.of(_template())


def _box(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(values, (side, side)), dtype=np.float32)
