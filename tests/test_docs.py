"""What the documents say of the tests is so."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def rows() -> list[list[str]]:
    """Of the threat model's tables: what threatens, what stops it, what shows that."""
    lines = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in cells if len(row) == 3 and row[0] != "threat" and set(row[0]) != {"-"}]


def test_every_threat_names_tests_and_there_are_such() -> None:
    functions = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    found = rows()
    assert len(found) > 20
    for threat, _, shown in found:
        named = re.findall(r"`([^`]+)`", shown)
        assert named, f"no test is named for: {threat}"
        for name in named:
            assert name in functions or (ROOT / name).is_file() or name.startswith("make "), f"{threat}: no test {name}"
