"""Start and stop of the real bot: with and without what it needs, and told to end in the middle of work."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from running import PATIENCE, SHORT, answer, crowd, face, running

from core.models.catalog import load_catalog
from core.models.store import Store, default_folder
from sandbox import File, Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def puts(sandbox: Sandbox) -> int:
    """How often the bot has told Discord its commands."""
    return sum(one.method == "PUT" and one.path.endswith("/commands") for one in sandbox.requests)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_ends_what_runs_and_refuses_what_comes(
    sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    async with running(sandbox, tmp_path, WORKERS__COUNT="2", WORKERS__GRACE_SECONDS=str(PATIENCE)) as bot:
        workers = bot.freeze()
        running_one = await sandbox.slash(*SHORT)
        await bot.work_begins(working=1, requests=1)
        for process in (psutil.Process(bot.process.pid), *workers):  # as from a terminal or a service manager
            process.send_signal(number)
        await bot.log_shows("told to stop")
        late = await sandbox.slash(*SHORT, locale="ja")
        assert "再起動" in (await answer(late)).text
        for worker in workers:
            worker.resume()
        assert (await answer(running_one)).files
        assert await bot.ended() == 0
        assert not any(worker.is_running() for worker in workers)
    assert not sandbox.refusals


async def test_what_does_not_end_in_time_or_still_waits_is_cut_off_and_people_told(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with running(sandbox, tmp_path, WORKERS__COUNT="2", WORKERS__GRACE_SECONDS="0.2") as bot:
        workers = bot.freeze()
        asked = [await sandbox.slash(*SHORT, user=user) for user in crowd(sandbox, 6)]
        await bot.work_begins(working=2, requests=6)
        assert await bot.stop() == 0
        for invocation in asked:
            assert "being restarted" in (await answer(invocation)).text
        assert not any(worker.is_running() for worker in workers)


async def test_nothing_is_left_of_a_bot_whose_whole_group_is_killed(sandbox: Sandbox, tmp_path: Path) -> None:
    """In the middle of its first start: no process, and no half of a model that the next start would trip over."""
    models = tmp_path / "models"
    models.mkdir()
    for path in default_folder().iterdir():
        if path.name in load_catalog().files:  # the others are made of them
            (models / path.name).symlink_to(path)
    async with running(sandbox, tmp_path, ready=False, WORKERS__COUNT="2", MODEL_FOLDER=str(models)) as bot:
        async with asyncio.timeout(PATIENCE):
            while not list(models.glob(".*.part")):
                await asyncio.sleep(0.001)
        family = psutil.Process(bot.process.pid).children(recursive=True)
        assert len(family) >= 2
        os.killpg(bot.process.pid, signal.SIGKILL)
        await bot.ended()
        _, alive = psutil.wait_procs(family, timeout=PATIENCE)
        assert not alive
        assert list(models.glob(".*.part"))
    async with running(sandbox, tmp_path, MODEL_FOLDER=str(models)) as bot:
        assert (await answer(await sandbox.slash(*SHORT))).files
        await bot.stop()
    assert not list(models.glob(".*.part"))
    assert {item.state for item in Store(models).check()} <= {"ready", "missing"}


async def test_a_worker_that_takes_too_long_to_start_is_not_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path, WORKERS__START_SECONDS="0.5") as bot:
        bot.freeze()
        invocation = await sandbox.slash(*SHORT)
        reply = await answer(invocation)
        assert "not ready yet" in reply.text
        (request,) = re.findall(r"\(Request (\w+)\)", reply.text)
        await bot.log_shows(f"request {request} failed")
        assert await bot.stop() == 0


async def test_commands_are_registered_when_they_changed_and_only_then(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path) as bot:
        assert puts(sandbox) == 1
        await bot.healthy()
        await bot.stop()
    async with running(sandbox, tmp_path) as bot:
        assert puts(sandbox) == 1
        await bot.stop()
    async with running(sandbox, tmp_path, LIMITS__AVERAGE_PHOTOS="7") as bot:
        await bot.log_shows("registered the commands")
        assert puts(sandbox) == 2
        await bot.stop()


async def test_a_lost_connection_is_made_again(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path) as bot:
        await bot.log_shows("connected as")  # before that it has no session to resume
        await sandbox.gateway.drop(4000)
        await bot.log_shows("RESUMED")
        await sandbox.wait_ready(PATIENCE)
        reply = await answer(await sandbox.slash(*SHORT))
        assert reply.files
        await bot.stop()


async def test_what_runs_while_the_connection_is_lost_is_answered(sandbox: Sandbox, tmp_path: Path) -> None:
    """Be the session taken up again, or refused and begun anew."""
    async with running(sandbox, tmp_path, WORKERS__COUNT="2") as bot:
        await bot.log_shows("connected as")
        await bot.healthy()  # else workers would be frozen before they have loaded their models
        for refused, again in ((False, "RESUMED"), (True, "session has been invalidated")):
            workers = bot.freeze()
            asked = [await sandbox.slash(*SHORT, user=user) for user in crowd(sandbox, 2)]
            await bot.work_begins(working=2, requests=2)
            sandbox.gateway.refuse_resume = refused
            await sandbox.gateway.drop(4000)
            await bot.log_shows(again)
            await sandbox.wait_ready(PATIENCE)
            for worker in workers:
                worker.resume()
            for invocation in asked:
                assert (await answer(invocation)).files
        assert not sandbox.refusals
        await bot.stop()


async def test_an_answer_arrives_though_discord_is_busy_and_breaks_off(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path) as bot:
        sandbox.faults.cut(times=2, path="^/webhooks/")
        sandbox.faults.rate_limit(0.01, times=12, path="^/webhooks/")
        reply = await answer(await sandbox.slash(*SHORT))
        assert reply.files
        sandbox.faults.cut(times=2, path="^/webhooks/")
        reply = await answer(await sandbox.slash("gradcam", {"photo": File("text.jpg", b"only a text")}))
        assert "not an image" in reply.text
        assert "never retrieved" not in bot.log.read_text()
        await bot.stop()


async def test_without_the_intent_in_the_settings_average_names_the_switch(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path, DISCORD__MESSAGE_CONTENT="false") as bot:
        await sandbox.post(sandbox.channel("general"), files=[face("person_a_1.jpg")])
        reply = await answer(await sandbox.slash("average"))
        assert "Message Content Intent" in reply.text
        assert "`message_content = true`" in reply.text
        await bot.stop()


async def fails(sandbox: Sandbox, folder: Path, **settings: str) -> str:
    """Last line of what a bot that cannot start says."""
    async with running(sandbox, folder, ready=False, **settings) as bot:
        async with asyncio.timeout(PATIENCE):
            assert await bot.process.wait() == 1
        return bot.log.read_text().splitlines()[-1]


async def test_an_intent_that_discord_refuses(tmp_path: Path) -> None:
    async with Sandbox(privileged=()) as sandbox:
        last = await fails(sandbox, tmp_path)
    assert "ConfigError: Discord refused the Message Content intent: switch it on at" in last
    assert "message_content = false" in last


async def test_a_token_that_discord_refuses(sandbox: Sandbox, tmp_path: Path) -> None:
    last = await fails(sandbox, tmp_path, TOKEN="MTIz.abc.def")
    assert "Discord refused the token" in last
    assert "MTIz" not in (tmp_path / "log").read_text()


async def test_no_token(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "there is no token: set SOKKURI_TOKEN" in await fails(sandbox, tmp_path, TOKEN="")


async def test_no_discord(sandbox: Sandbox, tmp_path: Path) -> None:
    last = await fails(sandbox, tmp_path, DISCORD__API="http://127.0.0.1:9/api/v10")
    assert "Discord cannot be reached at http://127.0.0.1:9/api/v10" in last


async def test_a_port_that_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    port = sandbox.address.rpartition(":")[2]
    assert f"health.port: cannot listen on 127.0.0.1:{port}" in await fails(sandbox, tmp_path, HEALTH__PORT=port)
