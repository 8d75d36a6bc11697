"""The tree of errors, which `core.contracts.errors` begins and `bot.errors` completes, is the one that they draw."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Iterator
from dataclasses import fields
from types import ModuleType

import pytest

import bot.errors
from core.contracts import SokkuriError, errors

CORE, BOT = errors, bot.errors


def drawn(module: ModuleType) -> Iterator[tuple[str, int]]:
    """Each name in the tree that the module's docstring draws, with its depth below `SokkuriError`."""
    for line in (module.__doc__ or "").splitlines():
        if branch := re.match(r"    ([│ ├└─]*)(\w+)", line):
            yield branch[2], len(branch[1]) // 4


def defined(module: ModuleType) -> dict[str, type[SokkuriError]]:
    classes = inspect.getmembers(module, inspect.isclass)
    return {name: one for name, one in classes if one.__module__ == module.__name__ and issubclass(one, SokkuriError)}


@pytest.mark.parametrize("module", [CORE, BOT], ids=["core", "bot"])
def test_the_drawn_tree_is_the_tree(module: ModuleType) -> None:
    all_errors = defined(CORE) | defined(BOT)
    tree = list(drawn(module))
    assert {name for name, _ in tree} >= defined(module).keys()
    above: list[type] = []
    for name, depth in tree:
        one = all_errors[name]
        assert depth == 0 or one.__base__ is above[depth - 1], name
        above[depth:] = [one]


@pytest.mark.parametrize("error", defined(BOT).values(), ids=defined(BOT))
def test_an_error_of_the_bot_survives_the_way_between_processes(error: type[SokkuriError]) -> None:
    before = error(*range(len(fields(error))))  # type: ignore[arg-type]
    after = pickle.loads(pickle.dumps(before))
    assert type(after) is error
    assert vars(after) == vars(before)


def test_core_knows_nothing_of_the_bots_errors() -> None:
    assert not defined(CORE).keys() & defined(BOT).keys()
