"""Processes that a measurement needs: a scheduler, workers, bots. One that ends too soon ends the measurement."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import psutil

Result = TypeVar("Result")

PATIENCE = 60.0
"""Seconds for a process to end when told to, and for one to be there."""

LINES = 15
"""Of the log of a process that ended too soon."""

LINE_BYTES = 64 * 1024 * 1024

SOKKURI = ("-c", "from cli.main import main; main()")
QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")  # which Dask always opens, on every interface
SCHEDULER = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", *QUIET)

ROOT = Path(__file__).resolve().parents[1]


class Ended(Exception):
    """A process ended although it was still needed."""


@dataclass(frozen=True)
class Process:
    name: str
    process: asyncio.subprocess.Process
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    async def hear(self) -> Any:
        """The next line that it tells, which is JSON: of one that was started with `talks`."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            await asyncio.Event().wait()  # it has ended, which `Processes.needed_for` tells better
        return json.loads(line)

    async def ask(self, what: object) -> Any:
        """What it tells when it is told this."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.hear()

    def family(self) -> list[psutil.Process]:
        """The process itself and all that it has started."""
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


class Processes:
    """`started` for a measurement, and ended with it, the last one first. Their logs are kept until then."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sokkuri-benchmark-")
        self.started: list[Process] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self.started:
                await _ended(self.started.pop())
        finally:
            self._folder.cleanup()

    async def start(self, name: str, *command: str, talks: bool = False, **settings: object) -> Process:
        """Python with these arguments; `settings`: by the names of their variables, without `SOKKURI_`.

        `talks`: it is asked and answers by lines on its standard input and output, which are no part of its log then.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
        ours = {f"SOKKURI_{key}": str(value) for key, value in settings.items()}
        log = Path(self._folder.name) / f"{len(self.started)}.log"
        with log.open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *command),
                cwd=self._folder.name,  # where no config.toml lies
                env={**inherited, "PYTHONPATH": str(ROOT), **ours},
                stdin=asyncio.subprocess.PIPE if talks else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if talks else said,
                stderr=said,
                limit=LINE_BYTES,
            )
        self.started.append(Process(name, process, log))
        return self.started[-1]

    async def cluster(self, workers: int, slots: int = 1, **settings: Any) -> str:
        """A Dask scheduler, and so many workers with so many processes each. Returns the scheduler's address."""
        port = free_port()
        scheduler = await self.start("scheduler", *SCHEDULER, "--port", str(port))
        await self.says(scheduler, "Scheduler at:")
        address = f"tcp://127.0.0.1:{port}"
        for number in range(workers):
            ours: dict[str, Any] = {"DASK__SCHEDULER": address, "WORKERS__COUNT": slots, **settings}
            await self.start(f"worker {number}", *SOKKURI, "worker", **ours)
        return address

    async def says(self, one: Process, text: str) -> None:
        async def said() -> None:
            async with asyncio.timeout(PATIENCE):
                while text not in one.said():  # noqa: ASYNC110  (a file calls nobody)
                    await asyncio.sleep(0.02)

        await self.needed_for(said())

    async def needed_for(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What comes of `work`. Raises Ended: a process is no more, with the last that it said."""
        doing = asyncio.create_task(work)
        living = {asyncio.create_task(one.process.wait()): one for one in self.started}
        try:
            await asyncio.wait({doing, *living}, return_when=asyncio.FIRST_COMPLETED)
            for waiting, one in living.items():
                if waiting.done():
                    last = "\n".join(one.said().splitlines()[-LINES:])
                    raise Ended(f"{one.name} ended with status {waiting.result()}, and said last:\n{last}")
            return await doing
        finally:
            for task in (doing, *living):
                task.cancel()
            await asyncio.gather(doing, *living, return_exceptions=True)


async def _ended(one: Process) -> None:
    if one.process.returncode is None:
        one.process.terminate()
    try:
        await asyncio.wait_for(one.process.wait(), PATIENCE)
    except TimeoutError:
        for process in reversed(one.family()):
            process.kill()
        await one.process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
