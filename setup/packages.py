"""What `pyproject.toml` lists, and pip, which installs it into the environment of this Python.

pip is given the versions in `constraints.txt`, and keeps its own settings: indexes, proxies, certificates.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"

_PIP = (sys.executable, "-m", "pip")
_DOWNLOAD = re.compile(r"\s*Downloading (\S+) \(([\d.]+ [MG]B)\)")
_TROUBLE = re.compile(r"\s*(WARNING|ERROR|error): ")


class PipFailed(Exception):
    """What pip says went wrong, in one line."""


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def needing_torch() -> list[str]:
    """The dependencies that are installed last: torch, and those that bring it."""
    return list(project()["tool"]["sokkuri"]["needing-torch"])


def without_torch() -> list[str]:
    """All other dependencies."""
    last = needing_torch()
    return [one for one in project()["project"]["dependencies"] if one not in last]


def pins() -> dict[str, str]:
    """The version of each project in `constraints.txt`."""
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", CONSTRAINTS.read_text("utf-8")))


def pip_settings() -> dict[str, str]:
    """pip's own settings, by the names of its options; the last of several for one option counts."""
    listed = subprocess.run([*_PIP, "config", "list"], capture_output=True, text=True, check=False).stdout
    settings = (line.partition("=") for line in listed.splitlines())
    return {name.rpartition(".")[2]: ast.literal_eval(value) for name, _, value in settings if value}


def pip_versions(project: str) -> list[str]:
    """The versions that pip finds for this machine, from where it takes everything; none if it cannot say."""
    command = [*_PIP, "index", "versions", "--retries=0", project]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"(?m)^Available versions: (.*)$", said)
    return found[1].split(", ") if found else []


def installed(project: str) -> str | None:
    """The version that is installed, None: none is."""
    try:
        return version(project)
    except PackageNotFoundError:
        return None


def remove(projects: Sequence[str]) -> None:
    """Uninstall them, and delete what an installation that failed has left of them."""
    subprocess.run([*_PIP, "uninstall", "--yes", *projects], capture_output=True, check=False)
    for name in projects:
        shutil.rmtree(Path(sysconfig.get_path("purelib"), name), ignore_errors=True)


def install(*arguments: str) -> None:
    """Run `pip install`, and print each large file that it downloads. Raises PipFailed.

    Unless PIP_CACHE_DIR is set, pip keeps no copy of what it downloads, which would take half as much room again. It
    downloads into the environment's own file system, since /tmp may be small or in memory. Python compiles a
    module when it first imports it, and most are never imported: so pip compiles all of them only where Python is told
    not to write what it compiles.
    """
    command = [*_PIP, "install", "--no-warn-conflicts", "-c", str(CONSTRAINTS), *arguments]
    if not sys.dont_write_bytecode:
        command.append("--no-compile")
    problem = ""
    with tempfile.TemporaryDirectory(prefix="downloads-", dir=sys.prefix) as folder:
        environment = {"TMPDIR": folder, **os.environ}
        if "PIP_CACHE_DIR" not in environment:
            environment["PIP_NO_CACHE_DIR"] = "1"
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as pip:
            assert pip.stdout is not None
            for line in pip.stdout:
                if large := _DOWNLOAD.match(line):
                    print(f"  {unquote(large[1].rpartition('/')[2])} ({large[2]})", flush=True)
                elif trouble := _TROUBLE.match(line):
                    print(line.rstrip(), file=sys.stderr, flush=True)
                    problem = problem or (line.strip() if trouble[1] != "WARNING" else "")
    if pip.returncode:
        raise PipFailed(problem or f"pip ended with status {pip.returncode}")
