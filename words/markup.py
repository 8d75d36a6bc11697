"""How texts are set for the place where they are read: a terminal, or a chat with a markdown of its own."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Markup:
    """`strong`: stands before and after what is emphasised; `quote`: sets off a name that comes from people, such as
    a file's, so that nothing in it is taken for a mark.
    """

    strong: str
    quote: Callable[[str], str]


NOT_PRINTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that a terminal acts on: control, format (such as changes of direction), surrogates, and
separators of lines and paragraphs."""

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Words and emoji are spelled with them."""


def printable(text: str) -> str:
    """`text` on one line, with every character that a terminal would act on written out: `\\x1b` in place of ESC."""
    return "".join(map(_printable, text))


def printable_lines(text: str) -> str:
    """Each line of `text` as `printable` writes it."""
    return "\n".join(map(printable, text.split("\n")))


def _printable(character: str) -> str:
    if character in JOINERS or unicodedata.category(character) not in NOT_PRINTED:
        return character
    return character.encode("unicode_escape").decode()


PLAIN = Markup("", printable)
"""Without marks: for a terminal, and for alt texts."""
