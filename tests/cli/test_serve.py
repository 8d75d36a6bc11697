"""`sokkuri sandbox` and `sokkuri run`, started and stopped as people do it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import urllib.request
from asyncio.subprocess import PIPE
from pathlib import Path

from program import PROGRAM, Run, environment

from bot.sandbox import Sandbox


def test_the_bare_sandbox_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [PROGRAM, "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = process.stdout.readline() + process.stdout.readline()
        api, token = (re.search(pattern, text) for pattern in (r"SOKKURI_DISCORD__API=(\S+)", r"SOKKURI_TOKEN=(\S+)"))
        assert api
        assert token
        request = urllib.request.Request(
            f"{api[1]}/users/@me", headers={"Authorization": f"Bot {token[1]}", "User-Agent": "DiscordBot (test, 1)"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            assert json.load(response)["bot"] is True
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_a_port_that_is_taken(sokkuri: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = sokkuri("sandbox", "--port", port)
    assert done.returncode == 2
    assert port in done.stderr
    assert "in use" in done.stderr


async def test_run_with_a_token_is_the_bot_until_sigterm(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        env = environment(SOKKURI_TOKEN=sandbox.token, SOKKURI_DISCORD__API=sandbox.api, SOKKURI_WORKERS__COUNT="1")
        process = await asyncio.create_subprocess_exec(PROGRAM, "run", cwd=tmp_path, env=env, stdout=PIPE, stderr=PIPE)
        await sandbox.wait_ready(60)
        process.terminate()
        output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors
    assert sandbox.token.encode() not in output + errors
    assert not sandbox.refusals


async def test_run_with_a_token_that_discord_refuses(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        env = environment(SOKKURI_TOKEN="abc.def.ghi", SOKKURI_DISCORD__API=sandbox.api, SOKKURI_LOG_LEVEL="ERROR")
        process = await asyncio.create_subprocess_exec(PROGRAM, "run", cwd=tmp_path, env=env, stdout=PIPE, stderr=PIPE)
        output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, output) == (2, b"")
    (line,) = errors.decode().splitlines()
    assert "token" in line
    assert "abc.def.ghi" not in line


async def test_run_without_a_token_says_so_and_plays_in_the_sandbox(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "run", cwd=tmp_path, env=environment(PYTHONUNBUFFERED="1"), stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(200):
        output = await process.stdout.readuntil(b"until Ctrl-C.\n")
    assert output.startswith(b"No Discord token is set")
    pictures = {path.stem: path.read_bytes() for path in (tmp_path / "demo").iterdir()}
    assert set(pictures) == {"similar", "gradcam", "lookalikes", "average"}
    assert all(picture.startswith(b"\xff\xd8\xff") for picture in pictures.values())
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors
