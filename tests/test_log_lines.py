"""docs/running.md explains every line that the bot logs, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEVELS = {"info": "INFO", "warning": "WARNING", "error": "ERROR", "critical": "CRITICAL", "exception": "ERROR"}
GAP = "…"


def logged(source: str) -> Iterator[tuple[str, str]]:
    """The level of each line that the code logs, and the line with a gap for whatever is inserted."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        name, called = node.func.attr, ast.unparse(node.func.value)
        if name in LEVELS and called in ("log", "_log", "logger"):
            level, message = LEVELS[name], node.args[0]
        elif name == "log" and len(node.args) > 1:
            level, message = ast.unparse(node.args[0]).removeprefix("logging.").replace("level", "any"), node.args[1]
        else:
            continue
        line = template(message)
        if re.search(r"\w", line):  # else it is handed on, and written elsewhere
            yield level, line


def template(message: ast.expr) -> str:
    match message:
        case ast.Constant(str(text)):
            return re.sub(r"%(?:\.\d+)?[a-z]", GAP, text)
        case ast.JoinedStr(parts):
            return "".join(part.value if isinstance(part, ast.Constant) else GAP for part in parts)
    return ""


def explained() -> list[tuple[str, str]]:
    document = (ROOT / "docs/running.md").read_text(encoding="utf-8")
    section = document.partition("\n## What each log line means\n")[2].partition("\n### Lines of discord.py\n")[0]
    return [(level, line) for level, line in re.findall(r"^\| (\w+) \| `([^`]+)` \| .{10,} \|$", section, re.MULTILINE)]


def test_every_line_of_the_log_is_explained_once() -> None:
    files = [file for folder in ("bot", "words") for file in (ROOT / folder).rglob("*.py")]
    written = {line for file in files for line in logged(file.read_text(encoding="utf-8"))}
    assert len(written) > 40
    found = explained()
    assert written - set(found) == set(), "docs/running.md does not explain these"
    assert set(found) - written == set(), "nothing logs these"
    assert len(found) == len(set(found))


def test_lines_are_found_however_they_are_written() -> None:
    code = """
log.info("registered %s of %d", name, count)
log.exception("broke")
log.warning(f"refused with {status}: {why}")
self.logger.log(level, "%d more: %s", count, example)
super().log(logging.INFO, "a request")
super().log(level, msg, *args)
math.log(2)
"""
    assert set(logged(code)) == {
        ("INFO", "registered … of …"),
        ("ERROR", "broke"),
        ("WARNING", "refused with …: …"),
        ("any", "… more: …"),
        ("INFO", "a request"),
    }
