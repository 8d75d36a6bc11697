"""Settings of a model as they were written -> checked values, or an error that says what was expected and found."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from core.contracts import ModelMisconfigured

_LONGEST_SHOWN = 300


class Table:
    """A table of settings that checks each value it reads. `model` and `where` are for the errors' text."""

    def __init__(self, model: str, values: Mapping[str, Any], where: str = "") -> None:
        self.model = model
        self.values = values
        self._where = where

    def wrong(self, key: str, expected: str, found: str) -> ModelMisconfigured:
        return ModelMisconfigured(self.model, f"{self._where}{key}: expected {expected}, found {found}")

    def only(self, keys: Sequence[str]) -> None:
        for key in self.values:
            if key not in keys:
                near = difflib.get_close_matches(str(key), keys, n=1)
                hint = f" (is {near[0]} meant?)" if near else ""
                raise self.wrong(str(key), f"one of the keys {', '.join(keys)}", f"an unknown key{hint}")

    def _get(self, key: str, expected: str) -> Any:
        if key not in self.values:
            raise self.wrong(key, expected, "nothing")
        return self.values[key]

    def text(self, key: str, *, empty: bool = False) -> str:
        value = self._get(key, "a text")
        if not isinstance(value, str) or (not value and not empty):
            raise self.wrong(key, "a text", shown(value))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, "a list of texts")
        if isinstance(value, str):
            value = (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, "a list of texts", shown(value))
        return tuple(value)

    def one_of(self, key: str, options: Sequence[str]) -> str:
        expected = "one of " + ", ".join(options)
        value = self._get(key, expected)
        if value not in options:
            raise self.wrong(key, expected, shown(value))
        return cast(str, value)

    def path(self, key: str) -> Path:
        value = self._get(key, "a path")
        if not isinstance(value, str | Path) or not str(value):
            raise self.wrong(key, "a path", shown(value))
        return Path(value).expanduser()

    def flag(self, key: str) -> bool:
        value = self._get(key, "true or false")
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", shown(value))
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        expected = f"a whole number from {low} to {high}"
        value = self._get(key, expected)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, expected, shown(value))
        return value

    def real(self, key: str, low: float, high: float, *, zero: bool = True) -> float:
        expected = f"a number from {low:g} to {high:g}" + ("" if zero else ", and not 0")
        value = self._get(key, expected)
        if not _is_real(value) or not low <= value <= high or not (zero or value):
            raise self.wrong(key, expected, shown(value))
        return float(value)

    def reals(self, key: str, fewest: int, most: int) -> tuple[float, ...]:
        expected = f"{fewest} numbers" if fewest == most else f"{fewest} to {most} numbers"
        value = self._get(key, expected)
        if not isinstance(value, list | tuple) or not fewest <= len(value) <= most or not all(map(_is_real, value)):
            raise self.wrong(key, expected, shown(value))
        return tuple(map(float, value))

    def triple(self, key: str) -> tuple[float, float, float]:
        first, second, third = self.reals(key, 3, 3)
        return first, second, third

    def table(self, key: str) -> Table:
        value = self._get(key, "a table")
        if not isinstance(value, Mapping):
            raise self.wrong(key, "a table", shown(value))
        return Table(self.model, value, f"{self._where}{key}.")


def _is_real(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that is larger than any float
        return False


def shown(value: object) -> str:
    """A value for a message, shortened: nobody reads a thousand digits, and Python refuses to print more than 4,300."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
