"""The language of the terminal, and errors in one line of it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from core.contracts import ModelError, PersonError, SokkuriError, TooFewFaces
from words.errors import describe_error
from words.locales import Language, load
from words.markup import printable
from words.skipped import left_out


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language that the environment asks for by POSIX's rules; English if there is no such language."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return load().of(locale.partition(".")[0].replace("_", "-"))


def person_error_line(error: PersonError) -> str:
    """One line: what is wrong, with which photo, and what to do next."""
    words = language()
    lines = [describe_error(error, words)]
    if isinstance(error, TooFewFaces):
        lines += left_out(error.skipped, words)
    return _one_line(" ".join(lines))


def fault_line(error: Exception) -> str:
    """One line for the operator, in English like everything in the log."""
    if isinstance(error, ModelError):
        return _one_line(f"{error.model}: {error.detail}")
    if isinstance(error, SokkuriError):
        return _one_line(str(error))
    return _one_line(f"{type(error).__name__}: {error}")


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
