"""The program, in an empty folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from program import PROGRAM, SERVED, Run, environment


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


@pytest.fixture(scope="module")
def loaded_sokkuri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`sokkuri`, in one process for all calls of a module, so that the libraries are loaded once: for tests of many
    calls, where another test has shown that the program does it as a process of its own.
    """
    home, files = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("said")
    out, errors = files / "out", files / "errors"
    command = [sys.executable, "-c", SERVED]
    with subprocess.Popen(command, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
            call = [list(map(str, arguments)), environment(**(env or {})), str(out), str(errors)]
            print(json.dumps(call), file=process.stdin, flush=True)
            answer = process.stdout.readline()
            assert answer, f"the program ended with status {process.wait()}: {errors.read_text()}"
            return subprocess.CompletedProcess(arguments, json.loads(answer), out.read_text(), errors.read_text())

        yield run
        process.stdin.close()
