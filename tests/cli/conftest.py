"""The program, in an empty folder."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from program import PROGRAM, Run, environment


@pytest.fixture
def sokkuri(tmp_path: Path) -> Run:
    """Runs `sokkuri ARGUMENTS` in an empty folder. `env`: settings on top of an environment without any."""
    home = tmp_path / "elsewhere"
    home.mkdir()

    def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=home,
            env=environment(**(env or {})),
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    return run
