"""A cold start, and memory by process: the bot as `sokkuri run` starts it, against a sandbox on the same machine.

Times count from the start of the process: until the bot is connected and its commands are registered, until it says
so in its log, until each command's first answer. Memory is what the system counts for a process (RSS), and with pages
that several share counted in parts (PSS).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import psutil

from benchmarks import tables
from sandbox import File, Sandbox

FACES = Path(__file__).resolve().parents[1] / "sandbox" / "faces"
PATIENCE = 120.0
COMMANDS = {
    "similar": {"photo1": "person_a_1.jpg", "photo2": "person_a_2.jpg"},
    "gradcam": {"photo": "person_a_1.jpg", "method": "layercam"},
}


class Bot:
    """The process, and when (seconds after its start) it said in its log that it is connected."""

    def __init__(self, sandbox: Sandbox, process: asyncio.subprocess.Process) -> None:
        self.sandbox = sandbox
        self.process = psutil.Process(process.pid)
        self._started = time.monotonic()
        self.said = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            if b" connected as " in line and not self.said.done():
                self.said.set_result(self.age)

    @property
    def age(self) -> float:
        return time.monotonic() - self._started

    async def ask(self, command: str) -> None:
        options = {
            name: File.read(FACES / value) if value.endswith(".jpg") else value
            for name, value in COMMANDS[command].items()
        }
        invocation = await self.sandbox.slash(command, options)
        await invocation.answered(PATIENCE, until=lambda message: bool(message.files))

    def workers(self) -> list[psutil.Process]:
        return [child for child in self.process.children() if "spawn_main" in " ".join(child.cmdline())]


@asynccontextmanager
async def started(**settings: str) -> AsyncIterator[Bot]:
    """`settings`: by the names of their variables."""
    async with Sandbox() as sandbox:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
        environment |= settings | {
            "SOKKURI_TOKEN": sandbox.token,
            "SOKKURI_DISCORD__API": sandbox.api,
            "SOKKURI_DISCORD__CDN_HOSTS": json.dumps([sandbox.cdn.host]),
        }
        command = (sys.executable, "-c", "from cli.main import main; main()", "run")
        process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
        try:
            yield Bot(sandbox, process)
        finally:
            process.terminate()
            await process.wait()


def measure(quick: bool) -> tables.Part:
    return asyncio.run(_measure(1 if quick else 3))


async def _measure(rounds: int) -> tables.Part:
    times: list[dict[str, float]] = []
    memory: list[list[tables.Cell]] = []
    for turn in range(rounds):
        for heatmaps in ("true", "false"):
            async with started(SOKKURI_WORKERS__HEATMAPS=heatmaps) as bot:
                seen = {}
                await bot.sandbox.wait_ready(PATIENCE)
                seen["connected, commands registered"] = bot.age
                await bot.ask("similar")
                seen["first answer, /similar"] = bot.age
                seen["connected, as the log says"] = await bot.said
                await asyncio.gather(*(bot.ask("similar") for _ in range(4)))
                if heatmaps == "true":
                    begun = bot.age
                    await bot.ask("gradcam")
                    seen["first heatmap by gradients, from the request on"] = bot.age - begun
                    begun = bot.age
                    await bot.ask("gradcam")
                    seen["the next one"] = bot.age - begun
                    times.append(seen)
                if turn == rounds - 1:
                    with_it = "with" if heatmaps == "true" else "without"
                    memory += [
                        *([["bot", *held(bot.process)]] if heatmaps == "true" else []),
                        *([f"worker, {with_it} heatmaps", *held(worker)] for worker in bot.workers()),
                    ]
    names = sorted(times[0], key=list(times[0]).index)
    seconds = {name: median(one[name] for one in times) for name in names}
    about = f"Two workers, which load their models and torch meanwhile. Seconds, median of {rounds} starts."
    clock = tables.Table(("from the start of the process until", "s"), list(seconds.items()), about)
    processes = tables.Table(("process", "RSS, MB", "PSS, MB"), memory, "Memory after those requests, by process.")
    return tables.Part("A start, and memory", [clock, processes], figures=seconds)


def held(process: psutil.Process) -> tuple[float, float]:
    memory = process.memory_full_info()
    return round(memory.rss / 1e6), round(memory.pss / 1e6)
