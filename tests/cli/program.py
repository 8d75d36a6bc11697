"""The real program `sokkuri`, as a person or a script runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]

ONE_LIGHT_WORKER = {"SOKKURI_WORKERS__COUNT": "1", "SOKKURI_WORKERS__HEATMAPS": "false"}
"""Settings for a bot where it does not matter how many workers it has, or whether they have loaded torch."""

SERVED = """
import json, os, sys
from cli.main import main
answers = os.fdopen(os.dup(1), "w")
for call in sys.stdin:
    arguments, variables, *files = json.loads(call)
    os.environ.clear()
    os.environ.update(variables)
    for number, file in enumerate(files, start=1):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    try:
        main(arguments)
    except SystemExit as ended:
        status = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    print(json.dumps(status), file=answers, flush=True)
"""
"""The program, called again and again in one process. A call is a line of JSON: its arguments, its environment, and the
files for its standard output and standard error. The answer is its exit status.
"""

PROGRAM = Path(sys.executable).with_name("sokkuri")


def environment(**more: str) -> dict[str, str]:
    """This process's, in English and without settings; `more` on top."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
    return kept | {"LC_ALL": "C.UTF-8"} | more
