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

PROGRAM = Path(sys.executable).with_name("sokkuri")


def environment(**more: str) -> dict[str, str]:
    """This process's, in English and without settings; `more` on top."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
    return kept | {"LC_ALL": "C.UTF-8"} | more
