"""The sandbox's modules, scripts and style sheets stay short, and the scripts import one another in no circle."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

import sandbox
from sandbox.page.routes import STATIC

MOST_LINES = 420

ROOT = Path(sandbox.__file__).parent
SCRIPTS = sorted(STATIC.glob("*.js"))


def test_no_module_script_or_style_sheet_is_long() -> None:
    files = [*ROOT.rglob("*.py"), *SCRIPTS, *STATIC.glob("*.css")]
    lines = {file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert len(SCRIPTS) > 10
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_the_scripts_import_one_another_in_no_circle() -> None:
    imports = {
        script.name: re.findall(r'^import .* from "\./(.+)";$', script.read_text(encoding="utf-8"), re.MULTILINE)
        for script in SCRIPTS
    }
    assert any(imports.values())
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle
