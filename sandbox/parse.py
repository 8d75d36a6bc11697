"""JSON that comes from outside: from bots, pages, recordings."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

MOST_LEVELS = 64
"""Objects and lists in each other: more than anything of Discord's has, and far from where Python ends a recursion."""

_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def parse(data: str | bytes, *, halves: bool = False) -> Any:
    """Raises ValueError: it is no JSON in UTF-8, is nested too deeply, or holds halves of characters (surrogates),
    which no message can carry on. `halves`: the caller looks for those.
    """
    text = data.decode() if isinstance(data, bytes) else data
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_levels(value)
    if not halves and _HALF_CHARACTER.search(text):
        check_characters(value)
    return value


def check_characters(value: Any) -> None:
    """Raises ValueError where JSON holds halves of characters."""
    json.dumps(value, ensure_ascii=False).encode()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


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
