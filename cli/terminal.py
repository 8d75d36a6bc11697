"""Makes text from others safe for the terminal."""

from __future__ import annotations

import unicodedata

# Other characters (control, format such as changes of direction, surrogates) and separators of lines and paragraphs.
NOT_SENT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # words and emoji are spelled with them


def shown(text: str) -> str:
    """`text` on one line, with every character that a terminal would act on written out: `\\x1b` in place of ESC."""
    return "".join(_shown(letter) for letter in text)


def shown_lines(text: str) -> str:
    return "\n".join(map(shown, text.split("\n")))


def _shown(letter: str) -> str:
    if letter in JOINERS or unicodedata.category(letter) not in NOT_SENT:
        return letter
    return letter.encode("unicode_escape").decode()
