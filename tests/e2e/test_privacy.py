"""What the bot leaves behind: nothing of a photo on any disk, and no secret in its log."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from running import FACES, PATIENCE, SHORT, Bot, answer, face, running

from core.models.store import default_folder
from sandbox import File, Message, Sandbox
from sandbox.state import walk_components


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def every_command(sandbox: Sandbox) -> list[Message]:
    """Each answered with a picture."""
    thread = await sandbox.open_thread(sandbox.channel("general"), "faces")
    for name in ("person_a_1.jpg", "person_b_1.jpg", "person_c_1.jpg"):
        await sandbox.post(thread, sandbox.person("Mio"), "", [File(f"secret {name}", face(name).data)])
    one, other = (File(f"secret {name}", face(name).data) for name in ("person_a_1.jpg", "person_a_2.jpg"))
    asked = [
        ("similar", {"photo1": one, "photo2": other}),
        ("gradcam", {"photo": one}),
        ("lookalikes", {"thread": thread}),
        ("average", {"thread": thread}),
    ]
    answers = [await answer(await sandbox.slash(name, options)) for name, options in asked]
    assert all(one.files for one in answers), [one.text for one in answers]
    return answers


async def test_every_command_works_where_no_file_can_be_written(sandbox: Sandbox, tmp_path: Path) -> None:
    """Once it has started, the kernel lets neither the bot nor its worker write to any file, be it in shared memory."""
    async with running(sandbox, tmp_path) as bot:
        await answer(await sandbox.slash("gradcam", {"photo": face("person_a_1.jpg")}))
        processes = [psutil.Process(bot.process.pid), *bot.workers()]
        assert all(process.rlimit(psutil.RLIMIT_CORE) == (0, 0) for process in processes)
        assert len(processes) == 2
        for process in processes:
            process.rlimit(psutil.RLIMIT_FSIZE, (0, 0))
        await every_command(sandbox)
        assert [process.pid for process in bot.workers()] == [processes[1].pid]


async def test_nothing_of_a_photo_is_held_while_an_answer_can_still_be_used(sandbox: Sandbox, tmp_path: Path) -> None:
    """Under each of them stand menus or buttons, which work."""
    async with running(sandbox, tmp_path) as bot:
        await every_command(sandbox)
        group = File.read(FACES / "scenes" / "group.jpg")
        await answer(await sandbox.slash("gradcam", {"photo": group}))
        last = await answer(await sandbox.slash("similar", {"photo1": group, "photo2": face("person_a_1.jpg")}))
        await bot.work_begins(working=0, requests=0)
        bot.process.send_signal(signal.SIGUSR1)
        async with asyncio.timeout(PATIENCE):
            while not bot.modules.exists():
                await asyncio.sleep(0.02)
        assert bot.modules.with_name("held").read_text() == "0"
        (swap,) = [one for one in walk_components(last.components) if one.get("label") == "Swap"]
        assert (await answer(await sandbox.click(last, swap["custom_id"]))).files


async def test_nothing_is_left_in_the_folders_of_the_bot(sandbox: Sandbox, tmp_path: Path) -> None:
    """Nor held in a file that has no name any more."""
    environment = {"HOME": tmp_path, "TMPDIR": tmp_path, "XDG_CACHE_HOME": tmp_path / "cache"}
    models = {path: path.stat().st_mtime_ns for path in default_folder().iterdir()}
    written: set[str] = set()
    async with running(
        sandbox,
        tmp_path,
        environment={name: str(path) for name, path in environment.items()},
        MODEL_FOLDER=str(default_folder()),
    ) as bot:
        await answer(await sandbox.slash("gradcam", {"photo": face("person_a_1.jpg")}))  # all is loaded
        before = open_for_writing(bot)  # its log, and the networks' weights as MediaPipe arranges them
        watching = asyncio.create_task(watch(bot, written))
        await every_command(sandbox)
        watching.cancel()
        await bot.stop()
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name in left if not name.startswith("fontlist")} == {"log"}  # matplotlib's, which mediapipe loads
    assert str(bot.log) in before
    assert written == before
    assert models == {path: path.stat().st_mtime_ns for path in default_folder().iterdir()}


async def watch(bot: Bot, written: set[str]) -> None:
    """Add what the bot or its worker has open for writing."""
    while True:
        written |= open_for_writing(bot)
        await asyncio.sleep(0.01)


def open_for_writing(bot: Bot) -> set[str]:
    found = set()
    for process in (bot.process.pid, *(worker.pid for worker in bot.workers())):
        for handle in Path(f"/proc/{process}/fd").glob("*"):
            try:
                target = str(handle.readlink())
                flags = Path(f"/proc/{process}/fdinfo/{handle.name}").read_text().split("flags:")[1].split()[0]
            except OSError:  # closed meanwhile
                continue
            if target.startswith("/") and not target.startswith("/dev/") and int(flags, 8) & 3:
                found.add(target)
    return found


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_no_secret_is_logged_or_told(sandbox: Sandbox, tmp_path: Path, level: str) -> None:
    async with running(sandbox, tmp_path, LOG_LEVEL=level) as bot:
        await every_command(sandbox)
        sandbox.cdn.fail(404, name="secret")
        await answer(await sandbox.slash("gradcam", {"photo": File("secret gone.jpg", b"x")}))
        await answer(await sandbox.slash("gradcam", {"photo": File("secret text.jpg", b"x")}))
        for worker in bot.freeze():
            worker.kill()
        await answer(await sandbox.slash(*SHORT))
        await sandbox.gateway.drop(4000)
        await bot.log_shows("RESUMED")
        told = str(await bot.health())
        await bot.stop()
    said = told + bot.log.read_text()
    tokens = {found.group(1) for one in sandbox.requests if (found := re.search(r"/webhooks/\d+/([^/]+)", one.path))}
    tokens |= {
        found.group(1) for one in sandbox.requests if (found := re.search(r"/interactions/\d+/([^/]+)", one.path))
    }
    assert len(tokens) >= 7
    for secret in (sandbox.token, *tokens, "secret", "hm=", "Mio"):
        assert secret not in said, secret


async def test_nobody_is_ever_mentioned(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each word of the bot's, be it an answer, progress or a refusal, goes out with all mentions switched off."""
    mean = "@everyone <@&1> `x`.jpg"
    async with running(sandbox, tmp_path) as bot:
        await every_command(sandbox)
        for data in (b"x", face("person_a_1.jpg").data):
            await answer(await sandbox.slash("gradcam", {"photo": File(mean, data)}))
        thread = await sandbox.open_thread(sandbox.channel("general"), "@everyone")
        await answer(await sandbox.slash("average", {"thread": thread}))
        await answer(await sandbox.slash("about"))
        await bot.stop()
    written = [one.json.get("data", one.json) for one in sandbox.requests if isinstance(one.json, dict)]
    spoken = [one for one in written if isinstance(one, dict) and (one.get("content") or one.get("components"))]
    assert len(spoken) >= 8
    for one in spoken:
        assert one.get("allowed_mentions") == {"parse": []}, one
