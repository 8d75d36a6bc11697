"""What is wrong with a face in a photo, so that less can be said about it than about a clear one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

CautionKind = Literal[
    "profile",
    "turned",
    "small",
    "blurred",
    "pixelated",
    "overexposed",
    "dark",
    "stretched",
    "cut_off",
    "eyes_covered",
    "mouth_covered",
    "unclear",
]
CAUTION_KINDS: tuple[CautionKind, ...] = get_args(CautionKind)


@dataclass(frozen=True)
class Caution:
    """Something that limits what a face can tell.

    `value`: how much of it was measured, by kind: `profile` and `turned`: degrees from the front; `small`: pixels of
    the file across the face; `blurred`: pixels across the face that its detail would fit into; `pixelated`: blocks
    across the face; `overexposed` and `dark`: the share of the face (0-1) without detail; `stretched`: how many times
    wider than tall a square would be (below 1: taller); `cut_off`, `eyes_covered`, `mouth_covered`: the share (0-1) of
    the face, of the upper and of the lower half that cannot be seen; `unclear`: the length of the network's vector as
    a share of what clear faces have.
    """

    kind: CautionKind
    value: float
