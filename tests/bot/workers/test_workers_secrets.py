"""The token stays in the bot's own process: its workers, and whatever else it starts, are not given it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import cluster
import psutil
import pytest
import worker_tasks
from cluster import Process
from patience import PATIENCE

from bot.config import DaskSection
from bot.workers.cluster import ClusterWorkers
from core.contracts import CoreSettings
from sandbox import Sandbox

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into processes by /proc")

RUN = ("-c", cluster.PROGRAM, "run")


def family(one: Process) -> list[psutil.Process]:
    """All that it has started: workers, those who serve them, and multiprocessing's own."""
    return psutil.Process(one.pid).children(recursive=True)


def holds(process: psutil.Process, text: str) -> bool:
    """Whether it is anywhere in the process's memory: its environment, what it was sent, what it has read."""
    regions = re.findall(r"^(\w+)-(\w+) rw", Path(f"/proc/{process.pid}/maps").read_text(), re.MULTILINE)
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for start, end in regions:
            memory.seek(int(start, 16))
            if text.encode() in memory.read(int(end, 16) - int(start, 16)):
                return True
    return False


@pytest.mark.parametrize("place", ["SOKKURI_TOKEN", "sokkuri_discord__token", "SOKKURI_DISCORD", "config.toml"])
async def test_no_process_that_the_bot_starts_has_the_token(tmp_path: Path, place: str) -> None:
    mark = secrets.token_hex(16)  # one that they do inherit
    async with Sandbox() as sandbox:
        variables = {"SOKKURI_DISCORD__API": sandbox.api, "SOKKURI_WORKERS__BATCH_SECONDS": "0.002", "MARK": mark}
        variables["SOKKURI_WORKERS__COUNT"] = "1"
        if place == "config.toml":
            (tmp_path / place).write_text(f'[discord]\ntoken = "{sandbox.token}"\n')
        else:
            variables[place] = json.dumps({"token": sandbox.token}) if place.endswith("DISCORD") else sandbox.token
        async with cluster.process(tmp_path, "bot", *RUN, **variables) as bot:
            await bot.says("connected as")
            started = family(bot)
            assert len(started) == 3  # a worker, the network that workers share, and a tracker
            for one in started:
                assert holds(one, mark)
                assert not holds(one, sandbox.token)
            os.kill(bot.pid, signal.SIGHUP)
            await bot.says("changed: no setting")
            assert "changed too" not in bot.log  # it still knows its token


async def test_no_worker_of_a_cluster_has_the_token(tmp_path: Path) -> None:
    """Even where its settings have one, which it does not need."""
    token, port = secrets.token_hex(16), cluster.free_port()
    section = DaskSection(scheduler=f"tcp://127.0.0.1:{port}")
    async with (
        cluster.scheduler(tmp_path, port),
        cluster.worker(tmp_path, port, TOKEN=token, DISCORD__TOKEN=token) as worker,
        ClusterWorkers(CoreSettings(), section, count=1, start_seconds=PATIENCE) as workers,
    ):
        seen = await workers.submit(worker_tasks.environment, None, PATIENCE)
        assert "SOKKURI_DASK__SCHEDULER" in seen
        assert token not in seen.values()
        assert not any(holds(one, token) for one in family(worker))


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="takes setpriv of util-linux")
async def test_processes_of_its_own_user_cannot_look_into_the_bot(tmp_path: Path) -> None:
    inside = ("setpriv", "--bounding-set=-all") if os.geteuid() == 0 else ()  # root may look anywhere

    def readable(pid: int) -> bool:
        return (
            subprocess.run([*inside, "cat", f"/proc/{pid}/environ"], capture_output=True, check=False).returncode == 0
        )

    async with Sandbox() as sandbox:
        variables: Mapping[str, str] = {"SOKKURI_DISCORD__API": sandbox.api, "SOKKURI_TOKEN": sandbox.token}
        async with cluster.process(tmp_path, "bot", *RUN, inside=inside, **variables) as bot:
            await bot.says("connected as")
            assert readable(family(bot)[0].pid)
            assert not readable(bot.pid)
