"""What was left out of an answer, in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import Skipped
from words.locales import Language


def left_out(
    skipped: Sequence[Skipped],
    words: Language,
    *,
    place: str = "",
    most_lines: int | None = None,
    most_characters: int | None = None,
) -> list[str]:
    """A heading, and a line for each photo with its reason; nothing where nothing was left out.

    `place`: what they were left out of, if that is to be said. At most `most_lines` lines and `most_characters`
    characters are spent on photos; the others are counted.
    """
    if not skipped:
        return []
    heading = words.text("skipped-of", place=place) if place else words.text("skipped")
    lines = _lines(skipped, words)
    shown, room = 0, most_characters
    for line in lines[:most_lines]:
        if room is not None:
            room -= len(line) + 1
            if room < 0:
                break
        shown += 1
    more = [words.text("skipped-more", count=len(lines) - shown)] if shown < len(lines) else []
    return [heading, *lines[:shown], *more]


def _lines(skipped: Sequence[Skipped], words: Language) -> list[str]:
    """Faces of one photo that have one reason share a line."""
    together: dict[tuple[str, str], list[Skipped]] = {}
    for one in skipped:
        together.setdefault((one.photo, one.reason), []).append(one)
    lines = []
    for (photo, reason), ones in together.items():
        values = {"photo": words.quote(photo), "reason": _reason(reason, words)}
        if ones[0].face is None:
            lines.append(words.text("skipped-photo", **values))
        elif len(ones) == 1:
            lines.append(words.text("skipped-face", number=ones[0].face, **values))
        else:
            lines.append(words.text("skipped-faces", count=len(ones), **values))
    return lines


def _reason(code: str, words: Language) -> str:
    """Few words for `Skipped.reason`."""
    key = f"reason-{code.replace('_', '-')}"
    return words.text(key if words.has(key) else "reason-other")
