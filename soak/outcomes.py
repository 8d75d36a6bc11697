"""What became of a request, told from the words of the reply: the bot's own messages, whatever they say by now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from fluent.syntax import FluentParser, ast

from sandbox import Invocation, Message
from sandbox.conversations.player import IN_PROGRESS
from words.locales import LANGUAGES, source

KINDS = ("error-", "about-", "menu-", "stop-", "picture-too-heavy")
"""How the names of messages begin that a reply without a picture may consist of."""


def last_word(invocation: Invocation) -> Message | None:
    """The reply after all progress, or the word beside it, if there is one by now."""
    final = next((one for one in invocation.history if one.files or not one.text.endswith(IN_PROGRESS)), None)
    return final or next(iter(invocation.followups), None)


def outcome(reply: Message) -> str:
    """`picture`, `about`, the name of the bot's message without `error-`, or `other words`."""
    if reply.files:
        return "picture"
    for name, pattern in _messages():
        if pattern.search(reply.text):
            return "about" if name.startswith("about-") else name.removeprefix("error-")
    return "other words"


@cache
def _messages() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Those with the most words of their own first: of two that match, these say more."""
    found = []
    for language in LANGUAGES:
        for entry in FluentParser().parse(source(language)).body:
            if isinstance(entry, ast.Message) and entry.value and entry.id.name.startswith(KINDS):
                pattern = "".join(_pattern(entry.value.elements))
                found.append((len(re.sub(r"\\|\.\*\?", "", pattern)), entry.id.name, re.compile(pattern, re.DOTALL)))
    return tuple((name, pattern) for _, name, pattern in sorted(found, key=lambda one: -one[0]))


def _pattern(elements: Iterable[ast.TextElement | ast.Placeable]) -> Iterator[str]:
    for element in elements:
        if isinstance(element, ast.TextElement):
            yield re.escape(element.value)
        elif isinstance(element.expression, ast.SelectExpression):
            variants = ("".join(_pattern(one.value.elements)) for one in element.expression.variants)
            yield f"(?:{'|'.join(variants)})"
        else:
            yield ".*?"
