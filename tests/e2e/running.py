"""A bot in a process of its own, connected to a sandbox, as the end-to-end tests find it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import discord
import psutil

from sandbox import File, Invocation, Message, Sandbox
from sandbox.conversations.player import IN_PROGRESS
from sandbox.state import User
from words.locales import load

ROOT = Path(__file__).resolve().parents[2]
FACES = ROOT / "sandbox" / "faces"
PATIENCE = 120.0
"""Seconds: far more than anything here takes."""

UNSPOKEN = next(locale.value for locale in discord.Locale if load().known(locale.value) is None)
"""One of Discord's locales that no language is for."""


@dataclass
class Bot:
    """`process`: the bot; `modules`: where it writes its modules on SIGUSR1; `log`: what it writes to standard error;
    `port`: where it tells of its health.
    """

    sandbox: Sandbox
    process: asyncio.subprocess.Process
    modules: Path
    log: Path
    port: int

    async def health(self, place: str = "healthz") -> tuple[int, dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/{place}") as response,
        ):
            return response.status, await response.json()

    async def metrics(self) -> dict[str, float]:
        """Each figure, by its name with its labels."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/metrics") as response:
            lines = [line for line in (await response.text()).splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    async def healthy(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self.health("readyz"))[0] != 200:
                await asyncio.sleep(0.02)

    async def work_begins(self, working: int, requests: int) -> None:
        """Wait until so many requests are being answered, and so many of them are in workers' hands."""
        async with asyncio.timeout(PATIENCE):
            while True:
                _, state = await self.health()
                if (state["working"], state["requests"]) == (working, requests):
                    return
                await asyncio.sleep(0.02)

    def workers(self) -> list[psutil.Process]:
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # one that has just been replaced
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
        return found

    async def log_shows(self, text: str, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.log.read_text().count(text) < times:
                await asyncio.sleep(0.02)

    def freeze(self) -> list[psutil.Process]:
        """Stop all workers where they are: busy for as long as one likes."""
        workers = self.workers()
        for worker in workers:
            worker.suspend()
        return workers

    async def stop(self) -> int:
        """Exit status after SIGTERM."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Exit status, once it ends by itself."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def running(
    sandbox: Sandbox,
    folder: Path,
    *,
    ready: bool = True,
    program: str = "bot_process.py",
    environment: Mapping[str, str] = MappingProxyType({}),
    **settings: str,
) -> AsyncIterator[Bot]:
    """The bot with further settings, by the names of their environment variables without `SOKKURI_`.

    `environment`: further variables.
    """
    port = free_port()
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")},
        "PYTHONPATH": str(ROOT),
        "SOKKURI_TOKEN": sandbox.token,
        "SOKKURI_DISCORD__API": sandbox.api,
        "SOKKURI_DISCORD__CDN": sandbox.cdn.root,
        "SOKKURI_DISCORD__CDN_HOSTS": json.dumps([sandbox.cdn.host]),
        "SOKKURI_HEALTH__PORT": str(port),
        "SOKKURI_LIMITS__COOLDOWN_REQUESTS": "0",
        "SOKKURI_WORKERS__COUNT": "1",  # each takes longer to start than most of what is tested
        "SOKKURI_WORKERS__HEATMAPS": "false",  # and so does torch
        "SOKKURI_WORKERS__THREADS": "1",  # more wait for each other in busy loops
        **{f"SOKKURI_{name}": value for name, value in settings.items()},
        **environment,
    }
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).with_name(program),
            folder / "modules",
            cwd=folder,
            env=variables,
            stderr=errors,
            start_new_session=True,  # a group of its own, which a test may kill as a whole
        )
    bot = Bot(sandbox, process, folder / "modules", log, port)
    try:
        if ready:
            await sandbox.wait_ready(PATIENCE)
        yield bot
    finally:
        if process.returncode is None:
            for worker in bot.workers():
                worker.resume()
            process.kill()
            await process.wait()


async def answer(invocation: Invocation, seconds: float = PATIENCE) -> Message:
    """What the bot says in the end, after all progress, whose every version ends with three dots."""
    return await invocation.answered(seconds, until=lambda reply: not reply.text.endswith(IN_PROGRESS))


def crowd(sandbox: Sandbox, count: int) -> list[User]:
    """So many people, who wait for each other only as workers are few."""
    return [sandbox.person(f"Person {number}") for number in range(count)]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def face(name: str) -> File:
    return File.read(FACES / name)


SHORT: tuple[str, dict[str, object]] = (
    "lookalikes",
    {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")},
)
"""The request with a picture that costs a worker least, for tests where any will do."""
