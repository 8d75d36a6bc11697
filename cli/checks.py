"""Checks what Sokkuri needs of a machine, and says how to fix what is missing. Each check tries the real thing."""

from __future__ import annotations

import asyncio
import ctypes
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cli.settings import needed_files
from core.contracts import CoreSettings, Devices, ModelError

if TYPE_CHECKING:
    from bot.config import Settings

LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
}
"""What mediapipe and cv2 load, and Debian's package of it."""

PACKAGES = ("cv2", "mediapipe", "onnxruntime", "torch")
WITHOUT = {"torch": "only the heatmap method occlusion works, and no model of kind timm; all else does"}
"""What follows where a package is not installed that most of Sokkuri works without."""

PORTAL = "https://discord.com/developers/applications"
NEW_TOKEN = f"make one at {PORTAL} (Bot, Reset Token) and set SOKKURI_TOKEN, or token under [discord] in config.toml"

MEGABYTE = 1_000_000
DISK_MB = 200
BOT_MB = 120
WORKER_MB = 700

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line of `sokkuri doctor`. `note`: worth knowing, nothing fails; `missing`: something fails until fixed."""

    name: str
    state: State
    found: str
    remedy: str = ""


def python(running: tuple[int, int, int] = sys.version_info[:3]) -> Iterator[Finding]:
    name = ".".join(map(str, running))
    if (3, 11) <= running[:2] <= (3, 13):
        yield Finding("python", "ok", name)
    else:
        yield Finding("python", "missing", f"this is Python {name}", "use Python 3.11, 3.12 or 3.13")


def libraries(load: Callable[[str], Any] = ctypes.CDLL, platform: str = sys.platform) -> Iterator[Finding]:
    if platform != "linux":
        yield Finding("libraries", "ok", f"none needed on {platform}")
        return
    for library, package in LIBRARIES.items():
        try:
            load(library)
        except OSError:
            yield Finding("libraries", "missing", f"{library} cannot be loaded", f"apt-get install {package}")
        else:
            yield Finding("libraries", "ok", library)


def packages(names: Sequence[str] = PACKAGES, interpreter: str = sys.executable) -> Iterator[Finding]:
    """Each in a process of its own, since a broken native library takes its process along."""
    for name in names:
        done = subprocess.run(
            [interpreter, "-c", f"import {name}"], capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode == 0:
            yield Finding("packages", "ok", name)
        else:
            last = (done.stderr.strip().splitlines() or [f"died with status {done.returncode}"])[-1]
            remedy = "or pip install -c constraints.txt -e . in your environment"
            if name in WITHOUT and f"No module named '{name}'" in last:
                yield Finding(
                    "packages", "note", f"{name} is not installed: {WITHOUT[name]}", f"`make torch`, {remedy}"
                )
            else:
                yield Finding("packages", "missing", f"{name} cannot be imported: {last}", f"`make setup`, {remedy}")


def models(settings: Settings) -> Iterator[Finding]:
    from core.models.catalog import resolve
    from core.models.store import Store, folder_of

    core = settings.core()
    try:
        own = resolve(core.model).path
        needed = needed_files(core)
    except ModelError as error:
        yield Finding("models", "missing", f"{error.model}: {error.detail}", "fix [model] in the settings")
        return
    if own is not None and not own.is_file():
        yield Finding("models", "missing", f"there is no file {own}", "fix [model] path in the settings")
    for file in Store(folder_of(core)).check():
        if file.name not in needed and not file.made_here:
            continue
        if file.state == "ready":
            yield Finding("models", "ok", file.name)
        else:
            yield Finding("models", "missing", f"{file.path}: {file.state}", "sokkuri models get")


def settings_file(path: Path, platform: str = sys.platform) -> Iterator[Finding]:
    """Whether other accounts can read the token that the file at `path` holds; nothing where it holds none."""
    if platform == "win32" or not path.is_file():  # Windows makes up the mode of a file
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRGRP | stat.S_IROTH) and tomllib.loads(path.read_text("utf-8")).get("discord", {}).get("token"):
        found = f"{path} holds the token, and its mode {mode:04o} lets other accounts read it"
        yield Finding("settings", "note", found, f"chmod 600 {shlex.quote(str(path))}")


def token(settings: Settings) -> Iterator[Finding]:
    """Whether there is one. Whether Discord knows it is asked by `cli.online`; it is never shown."""
    if settings.discord.token.get_secret_value():
        yield Finding("token", "ok", "set; `sokkuri doctor --online` asks Discord about it")
    else:
        yield Finding("token", "note", "not set, so `sokkuri run` uses the sandbox", NEW_TOKEN)


def languages(settings: Settings) -> Iterator[Finding]:
    """Load the languages. Problems with single messages of an operator's own file go to standard error."""
    from bot.errors import ConfigError
    from bot.reload import locales_of

    try:
        yield Finding("languages", "ok", ", ".join(locales_of(settings).codes))
    except ConfigError as error:
        yield Finding("languages", "missing", str(error), "fix or remove that file")


def workers(settings: Settings) -> Iterator[Finding]:
    """Starts one worker as the bot does, and lets it load the models."""
    from bot.workers.pool import LocalWorkers
    from core.models.store import Store, folder_of

    core = settings.core()
    try:
        needed = needed_files(core)
    except ModelError:
        needed = ()
    whole = {file.name for file in Store(folder_of(core)).status() if file.state == "ready"}
    if not needed or not whole.issuperset(needed):
        yield Finding("workers", "note", "not tried, since a model is missing", "fix the models first")
        return

    async def start() -> Devices:
        seconds = settings.workers.start_seconds
        async with LocalWorkers(core, _nothing, count=1, tasks=0, start_seconds=seconds, stage_seconds=seconds) as pool:
            return await pool.submit(_load, None, seconds)

    try:
        devices = asyncio.run(start())
    except Exception as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        remedy = "fix what is missing above"
        yield Finding("workers", "missing", f"a worker could not load the models: {detail}", remedy)
    else:
        loaded = "a worker started and loaded the models"
        if devices.why:
            remedy = 'see "A GPU" in docs/scaling.md, or set device = "cpu" under [workers]'
            yield Finding("workers", "note", f"{loaded}, but not all on a GPU: {devices.why}", remedy)
        elif core.device == "cuda":
            yield Finding("workers", "ok", f"{loaded} on the GPU")
        else:
            yield Finding("workers", "ok", loaded)


def _nothing(settings: CoreSettings) -> None:
    """Load nothing yet, so that an error while models are loaded is the task's own error."""


def _load(settings: CoreSettings, request: None) -> Devices:
    from core import tasks

    tasks.warm(settings)
    if settings.device == "cuda":  # heatmaps load it later; it must report where it would run
        with suppress(ImportError):
            import torch  # noqa: F401
    return tasks.devices(settings, None)


def resources(settings: Settings) -> Iterator[Finding]:
    from core.models.store import folder_of

    folder = folder_of(settings.core())
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.is_dir())
    free = shutil.disk_usage(existing).free // MEGABYTE
    if free >= DISK_MB:
        yield Finding("resources", "ok", f"{_size(free)} of disk")
    else:
        yield Finding(
            "resources", "missing", f"{_size(free)} of disk at {existing}", f"free {DISK_MB} MB, or set model_folder"
        )
    available = memory()
    if available is None:
        return
    needed = BOT_MB + settings.workers.count * WORKER_MB
    if available >= needed:
        yield Finding("resources", "ok", f"{_size(available)} of memory")
    else:
        yield Finding(
            "resources",
            "missing",
            f"{_size(available)} of memory, where {settings.workers.count} workers take up to {_size(needed)}",
            "lower count under [workers], or end other programs",
        )


def _size(megabytes: int) -> str:
    """A size in whole gigabytes, or below ten of them in megabytes."""
    return f"{megabytes} MB" if megabytes < 10_000 else f"{megabytes // 1000} GB"


def memory(root: Path = Path("/")) -> int | None:
    """Megabytes that may still be used: of the machine, and of the container where there is one; None: not known."""
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
    try:
        group = root / "sys/fs/cgroup"
        limit = int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):
        limit = available
    return min(available, limit) // MEGABYTE


MACHINE: Mapping[str, Callable[[], Iterator[Finding]]] = {
    "python": python,
    "libraries": libraries,
    "packages": packages,
}
"""Checks that need no settings."""

CONFIGURED: Mapping[str, Callable[[Settings], Iterator[Finding]]] = {
    "models": models,
    "workers": workers,
    "languages": languages,
    "token": token,
    "resources": resources,
}
"""Checks of what the settings ask for."""
