"""How texts are set in Discord's markdown."""

from __future__ import annotations

from bot.messages.layout import clip
from words.markup import Markup, printable

NAME_LIMIT = 60
"""Characters of a file's name that are worth reading."""


def code(name: str) -> str:
    """A name as inline code: no markdown, mention or link in it comes to life.

    Discord's code spans know no escape for a backtick; a character that looks like one stands in its place.
    """
    return f"`{clip(printable(name).replace('`', 'ˋ'), NAME_LIMIT)}`"


DISCORD = Markup("**", code)
