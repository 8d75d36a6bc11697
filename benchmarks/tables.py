"""How figures are told: tables, as Markdown for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | float | None


@dataclass(frozen=True)
class Table:
    """`rows`: a cell for each of the `columns`; None is an empty one."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    about: str = ""


@dataclass(frozen=True)
class Part:
    """One part of the report. `figures`: what the tables come to, by name, for whoever watches a figure over time."""

    title: str
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    figures: dict[str, float] = field(default_factory=dict)


def part_of(values: dict[str, Any]) -> Part:
    """What `dataclasses.asdict` made of a part."""
    tables = [Table(**table) for table in values["tables"]]
    return Part(values["title"], tables, values["notes"], values["figures"])


def markdown(part: Part) -> str:
    """The part, under a heading."""
    blocks = [f"## {part.title}"]
    for table in part.tables:
        numbers = [all(not isinstance(row[i], str) for row in table.rows) for i in range(len(table.columns))]
        lines = [table.columns, ["---:" if number else "---" for number in numbers]]
        lines += [[_said(cell) for cell in row] for row in table.rows]
        blocks += [table.about] if table.about else []
        blocks.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join([*blocks, *part.notes]) + "\n"


def _said(cell: Cell) -> str:
    """With three digits that mean something, at least."""
    if cell is None:
        return ""
    if isinstance(cell, str | int):
        return str(cell)
    if abs(cell) >= 100:
        return f"{cell:.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}" if abs(cell) >= 0.1 or not cell else f"{cell:.3f}"
