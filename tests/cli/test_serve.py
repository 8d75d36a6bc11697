"""`sokkuri sandbox` and `sokkuri run`, started and stopped as people do it."""

from __future__ import annotations

import asyncio
import html
import json
import os
import pty
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import BinaryIO

import pytest
from patience import PATIENCE, unless_ended, until
from program import ONE_LIGHT_WORKER, PROGRAM, Run, environment
from yarl import URL

from cli.serve import has_desktop
from sandbox import Sandbox

ADDRESS = r"http://127\.0\.0\.1:\d+/\?key=\S+"
DEMO = Path(__file__).resolve().parents[2] / "docs" / "demo.jsonl"


def test_the_bare_sandbox_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [PROGRAM, "sandbox", "--bare", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(5))
        api, token = (re.search(pattern, text) for pattern in (r"SOKKURI_DISCORD__API=(\S+)", r"SOKKURI_TOKEN=(\S+)"))
        assert api
        assert token
        assert f"SOKKURI_DISCORD__CDN=http://127.0.0.1:{URL(api[1]).port}/cdn " in text
        assert f"""SOKKURI_DISCORD__CDN_HOSTS='["127.0.0.1:{URL(api[1]).port}"]'""" in text
        request = urllib.request.Request(
            f"{api[1]}/users/@me", headers={"Authorization": f"Bot {token[1]}", "User-Agent": "DiscordBot (test, 1)"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            assert json.load(response)["bot"] is True
        assert f"DISCORD_API={api[1]} DISCORD_GATEWAY=ws://127.0.0.1:{URL(api[1]).port}/gateway " in text
        assert f" DISCORD_TOKEN={token[1]} " in text
        assert "<title>" in page_of(text)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0


def page_of(printed: str) -> str:
    """What a browser finds at the address that was printed."""
    (address,) = re.findall(ADDRESS, printed)
    with urllib.request.urlopen(address, timeout=PATIENCE) as response:
        return str(response.read().decode())


@pytest.mark.parametrize("bare", [["--bare"], []])
def test_a_port_that_is_taken(sokkuri: Run, bare: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = sokkuri("sandbox", *bare, "--port", port)
    assert done.returncode == 2
    assert port in done.stderr
    assert "in use" in done.stderr


async def test_run_with_a_token_is_the_bot_until_sigterm(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        env = environment(SOKKURI_TOKEN=sandbox.token, SOKKURI_DISCORD__API=sandbox.api, **ONE_LIGHT_WORKER)
        process = await asyncio.create_subprocess_exec(PROGRAM, "run", cwd=tmp_path, env=env, stdout=PIPE, stderr=PIPE)
        await unless_ended(process, sandbox.wait_ready(PATIENCE))
        process.terminate()
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, errors
    assert sandbox.token.encode() not in output + errors
    assert not sandbox.refusals


async def test_run_with_a_token_that_discord_refuses(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        settings = {"SOKKURI_DISCORD__API": sandbox.api, "SOKKURI_LOG_LEVEL": "ERROR", **ONE_LIGHT_WORKER}
        env = environment(SOKKURI_TOKEN="abc.def.ghi", **settings)
        process = await asyncio.create_subprocess_exec(PROGRAM, "run", cwd=tmp_path, env=env, stdout=PIPE, stderr=PIPE)
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, output) == (2, b"")
    (line,) = errors.decode().splitlines()
    assert "token" in line
    assert "abc.def.ghi" not in line


async def test_run_without_a_token_says_so_and_opens_a_page(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "run",
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED="1", **ONE_LIGHT_WORKER),
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        output = (await process.stdout.readuntil(b"Ctrl-C stops it.\n")).decode()
        assert process.stderr is not None
        log = (await process.stderr.readuntil(b"shards: 0\n")).decode()
    assert output.startswith("No Discord token is set")
    assert "<title>" in await asyncio.to_thread(page_of, output)
    assert "token" not in log
    assert " to 1 server, " in log
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, errors
    assert not list(tmp_path.iterdir())


BROWSER = """\
#!/usr/bin/env python3
import json, os, stat, sys, urllib.parse
file = urllib.parse.urlsplit(sys.argv[1]).path
modes = [stat.S_IMODE(os.stat(path).st_mode) for path in (file, os.path.dirname(file))] if file != "/" else []
new = os.environ["SEEN"] + ".new"
with open(new, "w") as seen:
    json.dump({"arguments": sys.argv[1:], "modes": modes}, seen)
os.rename(new, os.environ["SEEN"])
"""


async def test_no_key_stands_in_the_command_line_of_the_browser(tmp_path: Path) -> None:
    script, seen = tmp_path / "browser", tmp_path / "seen"
    script.write_text(BROWSER)
    script.chmod(0o755)
    desktop = {"DISPLAY": ":0", "BROWSER": str(script), "SEEN": str(seen), "CI": "", "SSH_CONNECTION": ""}
    ours, terminal = pty.openpty()  # a browser is opened only for somebody who sits at a terminal
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "sandbox", cwd=tmp_path, env=environment(**desktop, **ONE_LIGHT_WORKER), stdout=terminal, stderr=PIPE
    )
    os.close(terminal)
    with os.fdopen(ours, "rb", buffering=0) as screen:
        try:
            async with asyncio.timeout(PATIENCE):
                printed = await asyncio.to_thread(read_until, screen, "Ctrl-C stops it.")
                await until(seen.exists)
            found = json.loads(seen.read_text())
            (address,) = re.findall(ADDRESS, printed)
            (argument,) = found["arguments"]
            assert URL(address).query["key"] not in argument
            assert found["modes"] == [0o600, 0o700]
            file = Path(URL(argument).path)
            assert html.unescape(file.read_text()).count(address) == 2
            assert "<title>" in await asyncio.to_thread(page_of, printed)
            printed = await asyncio.to_thread(read_until, screen, "For another browser")
            assert not file.parent.exists()
        finally:
            process.terminate()
            await asyncio.wait_for(process.communicate(), PATIENCE)


def read_until(screen: BinaryIO, words: str) -> str:
    """All that appears up to the end of the line with these words."""
    text = b""
    while words.encode() not in text or not text.endswith(b"\n"):
        text += screen.read(4096)
    return text.decode()


async def test_each_browser_gets_an_address_of_its_own(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "sandbox", "--bare", cwd=tmp_path, env=environment(PYTHONUNBUFFERED="1"), stdout=PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        first = (await process.stdout.readuntil(b"Its page: ") + await process.stdout.readline()).decode()
        assert "<title>" in await asyncio.to_thread(page_of, first)
        with pytest.raises(urllib.error.HTTPError) as used:
            await asyncio.to_thread(page_of, first)
        assert "open the newest address in the terminal" in used.value.read().decode()
        second = (await process.stdout.readline()).decode()
        assert second.startswith("The page is open.")
        assert "<title>" in await asyncio.to_thread(page_of, second)
        process.terminate()
        await process.communicate()


def test_the_demo_is_a_conversation_that_is_played_again(sokkuri: Run, tmp_path: Path) -> None:
    done = sokkuri("sandbox", "--replay", str(DEMO), "--out", str(tmp_path / "demo"), env=ONE_LIGHT_WORKER)
    assert done.returncode == 0, done.stderr
    assert "Mio: /similar photo1:person_c_1.jpg photo2:person_f_1.jpg" in done.stdout
    assert "12 faces" in done.stdout
    assert "!!" not in done.stdout
    pictures = {path.stem: path.read_bytes() for path in (tmp_path / "demo").iterdir()}
    assert set(pictures) == {"01-similar", "02-gradcam", "03-lookalikes", "04-average"}
    assert all(picture.startswith(b"\xff\xd8\xff") for picture in pictures.values())


def test_what_is_no_conversation_is_not_played(sokkuri: Run, tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    for text in ("", "{", "[]\n", '{"conversation": 99}\n'):
        file.write_text(text)
        done = sokkuri("sandbox", "--replay", str(file))
        assert (done.returncode, done.stdout) == (2, "")
        assert "talk.jsonl" in done.stderr
    for options in (("--record", "a", "--replay", "b"), ("--bare", "--record", "a"), ("--out", "a")):
        assert sokkuri("sandbox", *options).returncode == 2


def test_nothing_is_recorded_over_another_file(sokkuri: Run, tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text("precious")
    done = sokkuri("sandbox", "--record", str(file))
    assert (done.returncode, file.read_text()) == (2, "precious")
    assert "exists already" in done.stderr
    nowhere = sokkuri("sandbox", "--record", str(tmp_path / "nowhere" / "talk.jsonl"))
    assert nowhere.returncode == 2
    assert "nowhere" in nowhere.stderr


@pytest.mark.parametrize(
    ("platform", "environment", "opens"),
    [
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0", "CI": "true"}, False),
        ("linux", {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ("darwin", {"CI": "1"}, False),
    ],
)
def test_a_browser_opens_only_where_somebody_sits(platform: str, environment: dict[str, str], opens: bool) -> None:
    assert has_desktop(environment, platform) is opens
