"""How texts are set for the place where they are read: a terminal, or a chat with a markdown of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Markup:
    """`strong`: stands before and after what is emphasised; `quote`: sets off a name that comes from people, such as
    a file's, so that nothing in it is taken for a mark.
    """

    strong: str
    quote: Callable[[str], str]


def printable(name: str) -> str:
    """`name` in one line, without characters that would move a terminal's cursor or change its colours."""
    return "".join(character if character.isprintable() else " " for character in name)


PLAIN = Markup("", printable)
"""Without marks: for a terminal, and for alt texts."""
