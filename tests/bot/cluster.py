"""A Dask cluster of real processes: a scheduler, and `sokkuri worker`s."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from patience import PATIENCE, until

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import worker_tasks; from core import tasks; tasks.warm = tasks.warm_for_heatmaps = worker_tasks.warm; "
    "from cli.main import main; main()"
)
"""Models are loaded by the first request that needs them: most need none."""

LISTENING = """
import json, socket, sys
import psutil
one = psutil.Process(int(sys.argv[1]))
sockets = [each for process in (one, *one.children(recursive=True)) for each in process.net_connections()]
heard = [each for each in sockets if each.status == psutil.CONN_LISTEN or each.type == socket.SOCK_DGRAM]
print(json.dumps([each.laddr for each in heard]))
"""
"""Prints the addresses of a process and of all that it started, in whichever network namespace this runs."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Process:
    """One of ours, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, inside: tuple[str, ...]) -> None:
        self._process = process
        self._log = log
        self._inside = inside

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text()

    def children(self) -> list[int]:
        """Process ids of those who do a worker's work; none where it is gone."""
        try:
            children = psutil.Process(self.pid).children()
            return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]
        except psutil.NoSuchProcess:
            return []

    def listening(self) -> list[tuple[str, int]]:
        """Address and port of each socket where it, or a process that it started, takes what others send."""
        command = (*self._inside, sys.executable, "-c", LISTENING, str(self.pid))
        return [(host, port) for host, port in json.loads(subprocess.check_output(command))]

    async def says(self, text: str, times: int = 1) -> None:
        def said() -> bool:
            count = self.log.count(text)
            assert count >= times or self._process.returncode is None, self.log
            return count >= times

        await until(said)

    async def ended(self) -> int:
        """Exit status, once it ends by itself."""
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()


@asynccontextmanager
async def process(
    folder: Path, name: str, *arguments: str, path: str = "", inside: tuple[str, ...] = (), **variables: str
) -> AsyncIterator[Process]:
    """`path`: a folder to look for modules in before all others; `inside`: a command that runs it in a network
    namespace; `variables`: further ones of the environment.
    """
    folders = [path, str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "bot")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, folders)), **variables}
    file = folder / f"{name}.log"
    with file.open("ab") as errors:
        started = await asyncio.create_subprocess_exec(
            *inside, sys.executable, *arguments, cwd=folder, env=environment, stdout=errors, stderr=errors
        )
    one = Process(started, file, inside)
    try:
        yield one
    finally:
        await one.end()


@asynccontextmanager
async def scheduler(
    folder: Path,
    port: int,
    protocol: str = "tcp",
    *options: str,
    host: str = "127.0.0.1",
    inside: tuple[str, ...] = (),
) -> AsyncIterator[Process]:
    place = ("--host", f"{protocol}://{host}", "--port", str(port), "--dashboard-address", "127.0.0.1:0")
    arguments = ("-m", "distributed.cli.dask_scheduler", *place, "--no-dashboard", *options)
    async with process(folder, "scheduler", *arguments, inside=inside) as started:
        await started.says("Scheduler at:")
        yield started


@asynccontextmanager
async def worker(
    folder: Path,
    port: int,
    name: str = "worker",
    *,
    protocol: str = "tcp",
    host: str = "127.0.0.1",
    path: str = "",
    inside: tuple[str, ...] = (),
    **settings: str,
) -> AsyncIterator[Process]:
    """With one process, and further settings by the names of their variables without `SOKKURI_`. `host`: where its
    scheduler is.
    """
    defaults = {
        "DASK__SCHEDULER": f"{protocol}://{host}:{port}",
        "WORKERS__COUNT": "1",
        "WORKERS__STAGE_SECONDS": str(PATIENCE),  # on a busy machine models take their time
    }
    settings = {**defaults, **settings}
    variables = {f"SOKKURI_{key}": value for key, value in settings.items()}
    async with process(folder, name, "-c", PROGRAM, "worker", path=path, inside=inside, **variables) as started:
        await started.says("worker of the scheduler")
        yield started
