"""The lines of a recorded conversation. Anybody may have written them, so all are checked before any is played."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.files import read_regular
from sandbox.parse import parse
from sandbox.state import Json

MOST_BYTES = 16 * 1024 * 1024
MOST_BYTES_OF_A_LINE = 1024 * 1024

Text = Annotated[str, Field(max_length=6000)]  # as long as an option of a command may be
Number = Annotated[int, Field(ge=0, le=1_000_000)]
Thing = dict[Text, Text]
Value = Text | int | float | bool | Thing
Reference = dict[Text, Text | Number]


class Unplayable(Exception):
    """The file is no conversation, or a line of it cannot be played. The message says which, and why."""


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True)

    content: Text
    files: list[Text]


class _Line(BaseModel):
    """The type of each value, if present. Which values a line needs depends on its `do`."""

    model_config = ConfigDict(strict=True)

    id: Number
    do: Text
    who: Text = ""
    locale: Text = ""
    place: Text = Field("", alias="in")
    content: Text = ""
    files: list[Thing] = Field([], max_length=10)
    reply_to: Reference = {}
    forward: Reference = {}
    name: Text = ""
    command: Text = ""
    options: dict[Text, Value] = Field({}, max_length=25)
    message: Reference = {}
    person: Text = ""
    component: Number = 0
    values: list[Value] = Field([], max_length=25)
    form: Number = 0
    texts: dict[Text, Text] = {}
    conditions: dict[Text, bool | int | list[Text]] = {}
    answer: _Answer | None = None


def read(file: Path) -> tuple[Json, list[Json]]:
    """Returns the first line and the list of those after it. Raises Unplayable."""
    try:
        lines = [line for line in read_regular(file.resolve(), MOST_BYTES).split(b"\n") if line.strip()]
        start, *others = [_object(number, line) for number, line in enumerate(lines, 1)] or [{}]
        if start.get("conversation") != 1:
            raise Unplayable(f"{file} is not a conversation that this version can play")
        return start, [_checked(number, line) for number, line in enumerate(others, 2)]
    except (OSError, ValueError) as error:
        raise Unplayable(f"{file} cannot be read as a conversation: {error}") from error


def _object(number: int, line: bytes) -> Json:
    if len(line) > MOST_BYTES_OF_A_LINE:
        raise ValueError(f"line {number} has more than {MOST_BYTES_OF_A_LINE:,} bytes")
    try:
        value = parse(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"line {number} is not an object")
    return value


def _checked(number: int, line: Json) -> Json:
    try:
        return _Line.model_validate(line).model_dump(by_alias=True, exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"line {number}, {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
