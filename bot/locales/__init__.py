"""The words, one Fluent file a language, and the language for a locale.

English is the language for everybody whose own is not here, and the one whose messages define what there is.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from importlib.resources import files

from babel.dates import format_timedelta
from fluent.runtime import FluentBundle, FluentResource

from core.contracts import (
    Fault,
    FileTooLarge,
    MissingPermission,
    PictureTooLarge,
    SokkuriError,
)

FALLBACK = "en"
LANGUAGES = ("en", "ja")

Value = str | int | float
Quote = Callable[[str], str]

log = logging.getLogger(__name__)


class Language:
    """Messages of one language. Numbers are written as its readers write them."""

    def __init__(self, code: str, source: str) -> None:
        self.code = code
        # No isolation marks: they would stand as odd characters in front of file names in a terminal.
        self._bundle = FluentBundle([code], use_isolating=False)
        self._bundle.add_resource(FluentResource(source))

    def has(self, key: str) -> bool:
        return self._bundle.has_message(key)

    def text(self, key: str, **values: Value) -> str:
        """The message `key`, or the attribute of one (`message.attribute`). Raises KeyError: there is none."""
        name, _, attribute = key.partition(".")
        try:
            message = self._bundle.get_message(name)
        except LookupError:
            raise KeyError(key) from None
        pattern = message.attributes[attribute] if attribute else message.value
        if pattern is None:
            raise KeyError(key)
        text, errors = self._bundle.format_pattern(pattern, values)
        for error in errors:
            log.error("message %s in %s: %s", key, self.code, error)
        return str(text)

    def error(self, error: BaseException, *, job_id: str = "", quote: Quote = str) -> str:
        """What is wrong and what to do next. `quote` sets off the name of a photo in the text."""
        if not isinstance(error, SokkuriError):
            return self.text("error-fault", id=job_id)
        key = "error-" + error.code.replace("_", "-")
        if isinstance(error, Fault):
            return self.text(key if self.has(key) else "error-fault", id=job_id)
        if isinstance(error, MissingPermission) and error.permission == "message_content":
            key = "error-missing-intent"
        return self.text(key, **self._values(error, quote))

    def reason(self, code: str) -> str:
        """Why a photo was left out, in few words: `code` as in `Skipped.reason`."""
        key = "reason-" + code.replace("_", "-")
        return self.text(key if self.has(key) else "reason-other")

    def _values(self, error: SokkuriError, quote: Quote) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for field in fields(error):  # type: ignore[arg-type]  # every leaf of the tree is a dataclass
            value = getattr(error, field.name)
            if field.name == "photo":
                values["photo"] = quote(value)
            elif isinstance(value, str | int | float):
                values[field.name] = value
        if "seconds" in values:
            values["time"] = self.duration(float(values["seconds"]))
        if isinstance(error, FileTooLarge):
            values |= {"size": megabytes(error.size), "limit": megabytes(error.limit)}
        if isinstance(error, PictureTooLarge):
            values["limit"] = error.limit / 1e6
        if isinstance(error, MissingPermission):
            values["permission"] = self.permission(error.permission)
        return values

    def duration(self, seconds: float) -> str:
        """In round figures, and never less than it is: 5, 10, ... seconds, or whole minutes."""
        step = 5 if seconds <= 60 else 60
        rounded = max(math.ceil(seconds / step), 1) * step
        return format_timedelta(timedelta(seconds=rounded), threshold=1.01, locale=self.code)

    def permission(self, name: str) -> str:
        """Discord's word for a permission, as its settings show it."""
        key = "permission-" + name.replace("_", "-")
        return self.text(key) if self.has(key) else name


class Languages:
    """All languages."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self._by_code: Mapping[str, Language] = {language.code: language for language in languages}

    def of(self, locale: str) -> Language:
        """The language for a locale such as `ja`, `en-GB` or `de`."""
        return self._by_code.get(locale.partition("-")[0], self._by_code[FALLBACK])

    def known(self, locale: str) -> Language | None:
        """The language of exactly this locale's code, none if its readers would get English instead."""
        return self._by_code.get(locale.partition("-")[0])


def load() -> Languages:
    """Read every language's file."""
    return Languages(Language(code, source(code)) for code in LANGUAGES)


def source(code: str) -> str:
    """The Fluent file of a language."""
    return files(__name__).joinpath(f"{code}.ftl").read_text(encoding="utf-8")


def megabytes(size: int) -> float:
    """Bytes in the unit that Discord calls MB."""
    return size / 1024**2
