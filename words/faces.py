"""Which face of a photo is meant, in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import FoundFace, NumberedPhoto
from words.locales import Language


def several_faces(used: FoundFace, found: Sequence[FoundFace], words: Language) -> list[str]:
    """A line that says which of a photo's faces was used, where there was a choice."""
    if len(found) < 2:
        return []
    number = found.index(used) + 1
    return [words.text("several-faces", photo=words.quote(used.photo), count=len(found), number=number)]


def numbered_alt(photo: NumberedPhoto, words: Language) -> str:
    """Alt text of a photo with numbered faces."""
    return words.plain.text("numbered-alt", photo=words.plain.quote(photo.photo), count=photo.count)
