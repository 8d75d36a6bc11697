"""Which of several languages is for the readers of a locale."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from babel import parse_locale
from babel.core import get_global

ALIASES = {"nb": "no"}
"""Codes of one language: Bokmål is what Discord calls Norwegian."""


class _Tag(NamedTuple):
    language: str
    script: str | None
    territory: str | None


def best_match(locale: str, codes: Iterable[str]) -> str | None:
    """The one of `codes` for a locale such as `pt-BR`: its own, or that of all its regions; None: there is none.

    Whoever reads one script of a language may not read another: `zh-Hant`, and not `zh`, is for `zh-TW`.
    """
    wanted, tags = _tag(locale), {code: _tag(code) for code in codes}
    same = [code for code in tags if code.lower() == locale.lower()]
    own = [code for code, tag in tags.items() if tag == wanted]
    everywhere = [code for code, tag in tags.items() if tag == wanted._replace(territory=None)]
    return next(iter([*same, *own, *everywhere]), None)


@lru_cache(maxsize=256)  # a command has hundreds of texts, each asked for in each of Discord's thirty locales
def _tag(locale: str) -> _Tag:
    """Where the locale names no script, the one that is usual for it: https://unicode.org/reports/tr35/#Likely_Subtags"""
    try:
        language, territory, script, *_ = parse_locale(locale, sep="-")
    except ValueError:
        return _Tag(locale, None, None)
    if script is None:
        usual = get_global("likely_subtags")
        likely = usual.get(f"{language}_{territory}") or usual.get(language)
        script = parse_locale(likely)[2] if likely else None
    return _Tag(ALIASES.get(language, language), script, territory)
