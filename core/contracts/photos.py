"""Photos that come in, pictures that go out, and the faces in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PictureFormat = Literal["jpeg", "png", "webp"]
Region = Literal["brows", "eyes", "nose", "mouth", "cheeks", "chin", "forehead", "outside"]
REGIONS: tuple[Region, ...] = ("brows", "eyes", "nose", "mouth", "cheeks", "chin", "forehead", "outside")


@dataclass(frozen=True)
class Photo:
    """An encoded picture (`data`), unchanged, and the name that its owner knows it by."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Picture:
    """An encoded picture to show: `data` in `format`, `width` x `height` pixels."""

    data: bytes = field(repr=False)
    format: PictureFormat
    width: int
    height: int


@dataclass(frozen=True)
class ShrinkRequest:
    """Re-encode `picture` in at most `limit` bytes."""

    picture: Picture
    limit: int


@dataclass(frozen=True)
class FoundFace:
    """One face of a photo. `box`: left, top, width, height in pixels of the upright photo."""

    photo: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class NumberedPhoto:
    """The photo called `photo` with its `count` faces framed and numbered from the left, from 1."""

    photo: str
    count: int
    picture: Picture


@dataclass(frozen=True)
class Skipped:
    """A photo that was left out, and why: the `code` of a PhotoError (`no_face`, ...) or of a rule (`too_small`, ...).

    `face`: the only face that was, by its number from the left, counted from 1; None: the whole photo. `place`: the
    photo's position among all.
    """

    photo: str
    reason: str
    face: int | None = None
    place: int = field(default=0, compare=False, repr=False)
