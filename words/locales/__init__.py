"""The words, one Fluent file a language, and the language for a locale.

A language is its file: `pt-BR.ftl` beside this one, or in a folder of one's own, is all that Brazilian Portuguese
takes. English is the language for everybody whose own is not here, and the one whose messages define what there is.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_timedelta
from babel.lists import format_list
from fluent.runtime import FluentBundle
from fluent.syntax import FluentParser
from fluent.syntax.ast import Resource, TextElement
from fluent.syntax.visitor import Transformer

from words.locales.check import mend
from words.locales.match import best_match
from words.markup import PLAIN, Markup

FALLBACK = "en"
SUFFIX = ".ftl"
STRONG = "**"
"""What stands before and after emphasised text in the files."""

LANGUAGES = tuple(sorted(Path(file.name).stem for file in files(__name__).iterdir() if file.name.endswith(SUFFIX)))
"""Codes of the languages that come with Sokkuri: those of the files here."""

Value = str | int | float

log = logging.getLogger(__name__)


class LanguageFileError(Exception):
    """A file of words that cannot be one, with its place and why."""


class _Emphasis(Transformer):
    """Sets the emphasis of messages before values are put into them: `**` in a name is no emphasis."""

    def __init__(self, strong: str) -> None:
        self._strong = strong

    def visit_TextElement(self, node: TextElement) -> TextElement:  # noqa: N802
        node.value = node.value.replace(STRONG, self._strong)
        return node


class Language:
    """Messages of one language. Numbers, lists and times are written as its readers write them.

    `code`: of a locale, as its file is called; `source`: Fluent; `fallback`: says what `source` does not; `markup`: how
    emphasis and names are set. `plain`: the same language without marks.
    """

    def __init__(
        self, code: str, source: str | Resource, fallback: Language | None = None, markup: Markup = PLAIN
    ) -> None:
        resource = FluentParser().parse(source) if isinstance(source, str) else source
        self.code = code
        self.quote = markup.quote
        self.plain: Language = self if markup is PLAIN else Language(code, resource, fallback and fallback.plain)
        self._locale = locale_of(code)
        self._fallback = fallback
        # No isolation marks: they would stand as odd characters in front of file names in a terminal.
        self._bundle = FluentBundle([code], use_isolating=False)
        if markup.strong != STRONG:
            resource = _Emphasis(markup.strong).visit(resource.clone())
        self._bundle.add_resource(resource)

    def has(self, key: str) -> bool:
        return self._bundle.has_message(key) or (self._fallback is not None and self._fallback.has(key))

    def text(self, key: str, **values: Value) -> str:
        """The message `key`, or the attribute of one (`message.attribute`). Raises KeyError: there is none."""
        name, _, attribute = key.partition(".")
        pattern = None
        if self._bundle.has_message(name):
            message = self._bundle.get_message(name)
            pattern = message.attributes.get(attribute) if attribute else message.value
        if pattern is None:
            if self._fallback is None:
                raise KeyError(key)
            return self._fallback.text(key, **values)
        text, errors = self._bundle.format_pattern(pattern, values)
        for error in errors:
            log.error("message %s in %s: %s", key, self.code, error)
        return str(text)

    def language_name(self, code: str) -> str:
        """What its readers call the language of a file."""
        return str(locale_of(code).get_display_name(self._locale))

    def listed(self, items: Iterable[str]) -> str:
        """“a, b and c”."""
        return format_list(list(items), locale=self._locale)

    def duration(self, seconds: float) -> str:
        """In round figures, and never less than it is: 5, 10, ... seconds, or whole minutes."""
        step = 5 if seconds <= 60 else 60
        rounded = max(math.ceil(seconds / step), 1) * step
        return format_timedelta(timedelta(seconds=rounded), threshold=1.01, locale=self._locale)


class Languages:
    """All languages there are at the moment: look one up for each answer, and keep none."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self._by_code: Mapping[str, Language] = {language.code: language for language in languages}

    @property
    def codes(self) -> list[str]:
        """The codes of the languages, which are the names of their files."""
        return list(self._by_code)

    def of(self, locale: str) -> Language:
        """The language for a locale such as `ja`, `en-GB` or `de`: its own, that of all its regions, else English."""
        return self.known(locale) or self._by_code[FALLBACK]

    def known(self, locale: str) -> Language | None:
        """The language for this locale, none if its readers would get English for want of their own."""
        code = best_match(locale, self._by_code)
        return None if code is None else self._by_code[code]

    def update(self, other: Languages) -> None:
        """Have the words of `other` from now on."""
        self._by_code = other._by_code


def load(folder: Path | None = None, markup: Markup = PLAIN) -> Languages:
    """Every language that comes with Sokkuri, and those of `folder`, with emphasis and names set as in `markup`.

    A file there is a language more, or changes single messages of one that is here. What is wrong with it is logged,
    and left out. Raises LanguageFileError: a file cannot be read, or is not called as a locale is.
    """
    languages = {code: shipped(code, markup) for code in (FALLBACK, *LANGUAGES)}
    english = languages[FALLBACK]
    for file in sorted(folder.glob(f"*{SUFFIX}")) if folder else ():
        code = next((code for code in languages if code.lower() == file.stem.lower()), file.stem)
        resource, problems = mend(_read(file), source(FALLBACK), whole=code not in languages)
        for problem in problems:
            log.warning("%s: %s", file, problem)
        languages[code] = Language(code, resource, languages.get(code, english), markup)
    return Languages(languages.values())


@cache
def shipped(code: str, markup: Markup = PLAIN) -> Language:
    """A language that comes with Sokkuri; parsed once, since its file does not change while the process runs."""
    return Language(code, source(code), None if code == FALLBACK else shipped(FALLBACK, markup), markup)


def source(code: str) -> str:
    """The Fluent file of a language that comes with Sokkuri."""
    return files(__name__).joinpath(code + SUFFIX).read_text(encoding="utf-8")


def locale_of(code: str) -> Locale:
    """Raises LanguageFileError: there is no such locale."""
    try:
        return Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise LanguageFileError(
            f"{code}{SUFFIX}: a file is to be called as its locale is, such as pt-BR.ftl"
        ) from error


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LanguageFileError(f"{file}: cannot be read: {error}") from error


def megabytes(size: int) -> float:
    """Bytes in the unit that Discord calls MB."""
    return size / 1024**2
