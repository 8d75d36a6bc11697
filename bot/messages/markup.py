"""Texts in Discord's markdown."""

from __future__ import annotations

from bot.messages.layout import clip
from words.markup import Markup, printable

NAME_LIMIT = 60
"""Characters of a file's name that are worth reading."""


def code(name: str) -> str:
    """A name as inline code, so that no markdown, mention or link in it is active.

    Discord's code spans have no escape for a backtick, so a character that looks like one replaces it. Nor can they be
    empty: two backticks would open a span of their own.
    """
    return f"`{clip(printable(name).replace('`', 'ˋ'), NAME_LIMIT) or ' '}`"


DISCORD = Markup("**", code)
