"""Docstrings open with a verb or a noun, and modules stay small enough to read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CHECKED = ("bot", "cli", "core", "sandbox", "sokkuri", "words")
"""Packages whose docstrings and lengths are checked."""

MOST_LINES = 420

BARE = re.compile(r"(Of|As|By) ")
"""Words that open a fragment, where a docstring should say what something is or does."""


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"there is no package {package}"
    return found


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The line and the text of each docstring, those below constants and fields included."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):  # a text that is a statement of its own
                yield node.lineno, text.strip()


def bare(source: str) -> list[tuple[int, str]]:
    return [(line, text.splitlines()[0]) for line, text in docstrings(source) if BARE.match(text)]


@pytest.mark.parametrize("package", CHECKED)
def test_no_docstring_opens_with_a_bare_preposition(package: str) -> None:
    sources = {file: file.read_text(encoding="utf-8") for file in modules(package)}
    assert [(str(file.relative_to(ROOT)), *one) for file, source in sources.items() for one in bare(source)] == []


def test_a_bare_preposition_is_found() -> None:
    source = (
        'X = 1\n"""Of one port."""\n\ndef f() -> None:\n    """As Python does it."""\n\nclass C:\n    """A class."""\n'
    )
    assert bare(source) == [(2, "Of one port."), (5, "As Python does it.")]


@pytest.mark.parametrize("package", CHECKED)
def test_modules_are_short(package: str) -> None:
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in modules(package)}
    assert {str(file.relative_to(ROOT)): count for file, count in lines.items() if count > MOST_LINES} == {}
