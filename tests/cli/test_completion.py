"""The tab key completes commands, options, choices, models and files, in each shell as a person has it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from program import PROGRAM, environment

PATIENCE = 120.0

START = {
    "bash": (["--norc", "--noprofile", "-i"], 'eval "$(sokkuri completion bash)"'),
    "zsh": (["-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(sokkuri completion zsh)"'),
    "fish": (["--no-config", "-i"], "sokkuri completion fish | source"),
}

TYPED = {
    "sokkuri look": "alikes",
    "sokkuri models ch": "eck",
    "sokkuri gradcam --meth": "od",
    "sokkuri gradcam --method layer": "cam",
    "sokkuri gradcam --target iden": "tity",
    "sokkuri average --shape al": "ign",
    "sokkuri similar --model sf": "ace",
    "sokkuri models use ar": "cface",
    "sokkuri models add x --preset sf": "ace",
    "sokkuri similar holi": "day.jpg",
    "sokkuri gradcam --out holi": "day.jpg",
    "sokkuri average --morph holi": "day.jpg",
}


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._read = b""

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def wait_for(self, pattern: str) -> None:
        """Read on until the pattern is shown."""
        until = time.monotonic() + PATIENCE
        while not (found := re.search(pattern.encode(), self._read)):
            ready, _, _ = select.select([self._end], [], [], until - time.monotonic())
            assert ready, f"{pattern!r} is not in {self._read!r}"
            self._read += os.read(self._end, 65536)
        self._read = self._read[found.end() :]


@contextmanager
def terminal(shell: str, folder: Path) -> Iterator[Terminal]:
    arguments, _ = START[shell]
    ours, theirs = pty.openpty()
    own = environment(TERM="dumb", PATH=f"{PROGRAM.parent}:{os.environ['PATH']}", PS1="", HOME=str(folder))
    process = subprocess.Popen(
        [shell, *arguments], cwd=folder, env=own, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(ours)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_tab_key_completes(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "holiday.jpg").touch()
    with terminal(shell, tmp_path) as shown:
        shown.type(f"{START[shell][1]}; echo rea''dy\n")
        shown.wait_for("ready")
        for start, rest in TYPED.items():
            shown.type(f"{start}\t")
            shown.wait_for(re.escape(rest))
            shown.type("\x15")  # Ctrl-U: away with the line


def test_fish_offers_the_same(tmp_path: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    (tmp_path / "holiday.jpg").touch()
    asked = "; ".join(f"echo '> {typed}'; complete --do-complete '{typed}'" for typed in TYPED)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{START['fish'][1]}; {asked}"],
        cwd=tmp_path,
        env=environment(PATH=f"{PROGRAM.parent}:{os.environ['PATH']}", HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    offered = dict(answer.split("\n", 1) for answer in done.stdout.split("> ")[1:])
    for typed, rest in TYPED.items():
        assert typed.split()[-1] + rest in [line.split("\t")[0] for line in offered[typed].splitlines()], typed


def test_wrong_settings_break_no_completion(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("nonsense = 1")
    own = environment(_SOKKURI_COMPLETE="bash_complete", COMP_WORDS="sokkuri similar --model ", COMP_CWORD="3")
    done = subprocess.run([PROGRAM], cwd=tmp_path, env=own, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")
