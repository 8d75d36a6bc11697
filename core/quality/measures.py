"""All that is measured of one face: how it is turned, lit, drawn and covered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.face import Face
from core.quality import cover, detail, light
from core.quality.pose import pose, stretch, width

_FRONT = 30.0
"""Degrees of yaw and pitch up to which a face's proportions and its eyes tell something about the photo."""


@dataclass(frozen=True)
class Quality:
    """`profile`: seen from the side; `yaw`, `pitch`: degrees from the front; `width`: pixels of the file across it;
    `detail`: pixels that its detail would fit into, `blocks`: how many lie across the face (None: no limit was found);
    `cut_off`: the share (0-1) of the face that lies outside the photo or under a bar; `overexposed`, `dark`: shares
    (0-1) of the rest; `stretch`: how many times too wide (1: not, or not to be told); `dark_lenses`, `cloth`: whether
    the eyes, or the mouth, are behind some.

    By the network, where that was measured for it: `length`: that of the vector, relative to a clear face's; `upper`,
    `lower`: the shares (0-1) of these parts of the face that it sees.
    """

    profile: bool
    yaw: float
    pitch: float
    width: float
    detail: float | None
    blocks: float | None
    overexposed: float
    dark: float
    cut_off: float
    stretch: float
    dark_lenses: bool
    cloth: bool
    length: float | None = None
    upper: float | None = None
    lower: float | None = None


def measure(
    photo: NDArray[np.uint8], face: Face, shrunk: int, crop: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> Quality:
    """What the pixels tell, without the network. `photo`: uint8 RGB, each side `shrunk` times smaller than in the file;
    `crop`: the face as the network sees it (uint8 RGB, s x s x 3), `landmarks`: float32 (478, 2) in its pixels.
    """
    profile = face.profile is not None
    yaw, pitch = pose(face)
    front = is_front(face)
    inside = cover.oval(landmarks, len(crop))
    cut_off = np.zeros_like(inside) if profile else cover.cut_off(crop, inside)
    seen = crop[inside & ~cut_off]
    return Quality(
        profile=profile,
        yaw=yaw,
        pitch=pitch,
        width=width(face) * shrunk,
        detail=None if profile else detail.detail(photo, face),
        blocks=detail.blocks(photo, face),
        overexposed=_share(light.overexposed(seen)),
        dark=_share(light.dark(seen)),
        cut_off=_share(cut_off[inside]) if inside.any() else 1.0,
        stretch=stretch(face) if front else 1.0,
        dark_lenses=front and cover.behind_dark_lenses(crop, landmarks),
        cloth=front and cover.behind_cloth(crop, landmarks),
    )


def _share(of: NDArray[np.bool_]) -> float:
    return float(of.mean()) if len(of) else 0.0


def is_front(face: Face) -> bool:
    """Whether the mesh was fitted to a face from the front, so that it may be believed in detail."""
    yaw, pitch = pose(face)
    return face.profile is None and not face.approximate and abs(yaw) <= _FRONT and abs(pitch) <= _FRONT
