"""The bot in a process of its own, as it is started in earnest, and what the system tells of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 180.0
STAGE_SECONDS = 10.0
"""How long a stage of the work may take here: a worker that is stopped is overdue sooner than usually."""

WAITING = 20
"""Requests that may wait: fewer than by default, so that a rush is more than that."""

TASKS = 5000
"""After which a worker is replaced: ten times as many as by default, for one that lives for long shows what grows."""

MENU_SECONDS = 20.0
"""How long what stands under an answer can be used."""


@dataclass(frozen=True)
class Bot:
    process: asyncio.subprocess.Process
    log: Path

    @property
    def itself(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    def workers(self) -> list[psutil.Process]:
        """The oldest first."""
        found = []
        with suppress(psutil.NoSuchProcess):
            for child in self.itself.children():
                with suppress(psutil.NoSuchProcess):  # replaced at this moment
                    if "spawn_main" in " ".join(child.cmdline()):
                        found.append((child.create_time(), child))
        return [child for _, child in sorted(found, key=lambda one: one[0])]

    def left(self) -> list[int]:
        """Processes of its session, which all that it ever starts belong to."""
        found = []
        for process in psutil.process_iter():
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
        return found

    async def stop(self) -> int:
        """Exit status after SIGTERM."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def started(sandbox: Sandbox, folder: Path) -> AsyncIterator[Bot]:
    """Connected to `sandbox`; its log, and whatever else it leaves, in `folder`. Nothing of it is left afterwards."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
    log = folder / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import main; main()", "run"),
            cwd=folder,
            env={
                **ours,
                "PYTHONPATH": str(ROOT),
                "SOKKURI_TOKEN": sandbox.token,
                "SOKKURI_DISCORD__API": sandbox.api,
                "SOKKURI_DISCORD__CDN": sandbox.cdn.root,
                "SOKKURI_DISCORD__CDN_HOSTS": json.dumps([sandbox.cdn.host]),
                "SOKKURI_WORKERS__STAGE_SECONDS": str(STAGE_SECONDS),
                "SOKKURI_WORKERS__TASKS": str(TASKS),
                "SOKKURI_LIMITS__COOLDOWN_REQUESTS": "0",  # the few people here ask for many others
                "SOKKURI_LIMITS__WAITING": str(WAITING),
                # what is remembered of buttons goes when their time is over: here that is before each look
                "SOKKURI_LIMITS__MENU_SECONDS": str(MENU_SECONDS),
            },
            stderr=errors,
            start_new_session=True,
        )
    bot = Bot(process, log)
    try:
        await sandbox.wait_ready(PATIENCE)
        yield bot
    finally:
        for pid in bot.left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()
