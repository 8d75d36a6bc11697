"""Discord libraries, each installed at a pinned version when a test first needs it, in `.venv/clients` of the checkout.

To add one: a row in `LIBRARIES`, its bot in `clients/` (test_libraries.py says what that does), and a row in
docs/sandbox.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

PROGRAMS = Path(__file__).with_name("clients")
FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "clients"

NO_REGISTRY = re.compile(
    r"EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT"  # npm
    r"|ConnectTimeout|ConnectionError|NameResolutionError|NewConnectionError|ProxyError|ReadTimeout"  # pip
)


@dataclass(frozen=True)
class Library:
    """`program`: the bot that uses it; `packages`: what pip installs, with dependencies that this environment lacks.
    What npm installs is in `clients/package-lock.json`.
    """

    name: str
    program: str
    packages: tuple[str, ...] = ()

    @property
    def on_node(self) -> bool:
        return self.program.endswith(".cjs")


LIBRARIES = (
    Library("discord.py", "discord_py_bot.py"),
    Library("hikari", "hikari_bot.py", ("hikari==2.7.0", "colorlog==6.12.0")),
    # nextcord 2 imports pkg_resources, which newer versions of setuptools lack
    Library("nextcord", "nextcord_bot.py", ("nextcord==2.6.0", "setuptools==80.10.2")),
    Library("disnake", "disnake_bot.py", ("disnake==2.12.2",)),
    Library(
        "interactions.py",
        "interactions_bot.py",
        (
            "discord-py-interactions==5.16.0",
            "croniter==7.0.0",
            "discord-typings==0.9.0",
            "emoji==2.16.0",
            "tomli==2.5.0",
        ),
    ),
    Library("discord.js", "discord_js_bot.cjs"),
)


def command(library: Library) -> tuple[Sequence[str | Path], Mapping[str, str]]:
    """Returns the command line of the library's bot, and what it needs in its environment. Installs the library if need
    be; skips the test where that is impossible.
    """
    if library.on_node:
        return [_found("node"), PROGRAMS / library.program], {"NODE_PATH": str(_installed(library) / "node_modules")}
    path = {"PYTHONPATH": str(_installed(library))} if library.packages else {}
    return [sys.executable, PROGRAMS / library.program], path


def _installed(library: Library) -> Path:
    """Returns the folder of the library. It is installed once for all processes that run tests."""
    folder = FOLDER / library.name
    lock_file = (PROGRAMS / "package-lock.json").read_text() if library.on_node else ""
    wanted = "\n".join((sys.version, *library.packages, lock_file))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / f"{library.name}.lock"):
        done = folder / ".installed"
        if not done.exists() or done.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _install(library, folder)
            done.write_text(wanted)
    return folder


def _install(library: Library, folder: Path) -> None:
    if library.on_node:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PROGRAMS / name, folder)
        arguments = [_found("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    else:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries=1"]
        arguments = [*pip, "--no-deps", "--no-compile", "--target", str(folder), *library.packages]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 and (why := NO_REGISTRY.search(done.stderr)):
        pytest.skip(f"{library.name} cannot be fetched, because no registry answers: {why[0]}")
    assert done.returncode == 0, done.stderr


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not on this machine")
    return path
