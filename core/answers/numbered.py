"""Photos with numbered faces, which several answers contain."""

from __future__ import annotations

from collections.abc import Iterable

from core.cards import numbered as card
from core.contracts import NumberedPhoto, PictureFormat
from core.engine import Located
from core.photo import encode
from core.stages import Stopwatch


def numbered(photos: Iterable[Located], picture_format: PictureFormat, watch: Stopwatch) -> tuple[NumberedPhoto, ...]:
    """The photos that show several faces, drawn with a number on each face."""
    several = [photo for photo in photos if len(photo.faces) > 1]
    with watch("number"):
        return tuple(
            NumberedPhoto(
                photo.name,
                len(photo.faces),
                encode(card.numbered(photo.pixels, photo.faces), picture_format),
            )
            for photo in several
        )
