"""Parsing JSON from outside: from bots, pages and recordings."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

MOST_LEVELS = 64
"""Nested objects and lists: more than anything of Discord's has, and far below Python's recursion limit."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(data: str | bytes, *, surrogates: bool = False) -> Any:
    """Parses JSON in UTF-8. Raises ValueError if it is malformed, nested too deeply, or holds lone surrogates, which
    cannot be encoded again.

    `surrogates`: allows those; the caller checks for them.
    """
    text = data.decode() if isinstance(data, bytes) else data
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_levels(value)
    if not surrogates and _SURROGATE.search(text):
        check_characters(value)
    return value


def check_characters(value: Any) -> None:
    """Raises ValueError if the JSON value holds lone surrogates."""
    json.dumps(value, ensure_ascii=False).encode()


def without_nulls(value: Any) -> Any:
    """Returns the JSON value without the fields that are null, at every level. Discord treats them as left out."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_levels(value: Any) -> None:
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        level = [one for outer in level for one in _inside(outer) if isinstance(one, dict | list)]
        if not level:
            return
    raise ValueError(f"it is nested more than {MOST_LEVELS} levels deep")


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
