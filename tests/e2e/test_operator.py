"""What matters to whoever runs the bot, and to a server that adds it: the first word, /about, the log, and SIGHUP."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import openapi
import pytest
from running import PATIENCE, UNSPOKEN, Bot, answer, face, running

from sandbox import File, Guild, Message, Sandbox
from sandbox.state import walk_components


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox
        assert not sandbox.refusals
        openapi.check_where_it_is(sandbox.requests)


def said_in(guild: Guild) -> list[Message]:
    return [message for channel in guild.channels.values() for message in channel.messages.values()]


async def greeted(guild: Guild) -> Message:
    async with asyncio.timeout(PATIENCE):
        while not said_in(guild):
            await asyncio.sleep(0.02)
    (message,) = said_in(guild)
    return message


async def test_a_server_that_adds_the_bot_is_greeted_once_and_where_it_may_speak(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    away = sandbox.add_guild("away")
    away.system_channel = next(iter(away.channels.values()))
    away.available = False
    async with running(sandbox, tmp_path) as bot:
        await bot.healthy()
        silent = [
            await sandbox.join("no system channel", system_channel=False),
            await sandbox.join("may not speak", deny=["send_messages"]),
            await sandbox.join("may not see", deny=["view_channel"]),
            sandbox.guild,
        ]
        japanese = await greeted(await sandbox.join("日本", locale="ja"))
        english = await sandbox.join("England", locale="en-GB")
        message = await greeted(english)

        await sandbox.gateway.back(away)  # it was here before, and comes in reach
        await sandbox.gateway.lost(english)
        await sandbox.gateway.back(english)
        sandbox.gateway.refuse_resume = True  # the bot has to begin a new session, and is told of every server anew
        await sandbox.gateway.drop(4000)
        await bot.log_shows("connected as", 2)
        returned = sandbox.add_guild("an old one, told of late, as one that is new")
        returned.system_channel, returned.joined = next(iter(returned.channels.values())), sandbox.clock.now() - 3600
        await sandbox.gateway.added(returned)
        await greeted(await sandbox.join("the last one"))
        assert not [said for guild in (*silent, away, returned) for said in said_in(guild)]
        assert said_in(english) == [message]
        assert not sandbox.world.direct
        assert await bot.stop() == 0

    commands = {one["name"]: one for one in sandbox.application.commands.values()}
    for greeting, locale in ((message, "en-GB"), (japanese, "ja")):
        assert len(greeting.text) < 1000
        for name in ("similar", "lookalikes", "gradcam", "average", "about"):
            called = commands[name]["name_localizations"].get(locale, name)
            assert f"</{called}:{commands[name]['id']}>" in greeting.text
    assert "nothing is stored, logged or shared" in message.text
    assert "保存、記録、共有することはありません" in japanese.text


async def test_no_greeting_where_it_is_switched_off(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(
        sandbox, tmp_path, ABOUT__WELCOME="false", ABOUT__OPERATOR="Kei", ABOUT__SUPPORT="https://x.example/"
    ) as bot:
        await bot.healthy()
        guild = await sandbox.join("England")
        reply = await (await sandbox.slash("about")).answered(PATIENCE)
        assert not said_in(guild)
        assert "Kei" in reply.text
        assert "[Help](<https://x.example/>)" in reply.text
        for text in ("sface (Apache-2.0", "MediaPipe FaceLandmarker (Apache-2.0)", "English", "Japanese", "</similar:"):
            assert text in reply.text
        assert await bot.stop() == 0


async def test_each_request_is_one_line_whatever_becomes_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    channel = sandbox.channel("general")
    message = await sandbox.post(channel, content="secret words")
    limits = {"LIMITS__COOLDOWN_REQUESTS": "3", "LIMITS__COOLDOWN_SECONDS": "600"}
    async with running(sandbox, tmp_path, LOG_FORMAT="json", **limits) as bot:
        await bot.healthy()
        asked = [
            (await sandbox.slash("about"), "about", "done"),
            (await sandbox.slash("gradcam"), "gradcam", "too_few_photos"),
            (await sandbox.message_command("How alike?", message), "How alike?", "no_photos_in_message"),
            (await sandbox.slash("average", channel=sandbox.direct()), "average", "wrong_place"),
            (await sandbox.slash("lookalikes"), "lookalikes", "no_photos"),
            (await sandbox.slash("gradcam", {"photo": face("person_a_1.jpg")}), "gradcam", "done"),
        ]
        pictured = await answer(asked[-1][0])
        delete = next(one["custom_id"] for one in walk_components(pictured.components) if one.get("label") == "Delete")
        stranger = sandbox.person("Stranger")
        asked += [
            (await sandbox.click(pictured, delete, user=stranger), "click", "delete_not_yours"),
            (await sandbox.click(pictured, delete), "delete", "done"),
            (await sandbox.slash("gradcam", {"photo": File("note.jpg", b"x")}), "gradcam", "not_a_picture"),
            (await sandbox.slash("gradcam", {"photo": File("note.jpg", b"x")}), "gradcam", "too_often"),
        ]
        for invocation, _, _ in asked[:-3]:
            await answer(invocation)
        for invocation, _, _ in asked[-2:]:
            assert (await answer(invocation)).ephemeral
        figures = await bot.metrics()
        assert await bot.stop() == 0

    lines = [json.loads(line) for line in bot.log.read_text().splitlines()]
    told = [line for line in lines if line["message"] == "request"]
    assert sorted((line["command"], line["outcome"]) for line in told) == sorted(one[1:] for one in asked)
    assert len({line["id"] for line in told}) == len(told)
    assert {line["guild"] for line in told} == {sandbox.guild.id, None}
    assert all(line["ms"] >= 0 for line in told)
    for secret in ("secret", "note", "Stranger", message.link):
        assert secret not in bot.log.read_text()
    assert figures['sokkuri_requests_total{command="gradcam",outcome="too_few_photos"}'] == 1


async def hang_up(bot: Bot, told: str, times: int = 1) -> None:
    bot.process.send_signal(signal.SIGHUP)
    await bot.log_shows(told, times)


async def test_limits_and_languages_are_taken_over_by_a_running_bot(sandbox: Sandbox, tmp_path: Path) -> None:
    file, words = tmp_path / "config.toml", tmp_path / "languages"
    words.mkdir()
    settings = f'log_format = "json"\nlocales_folder = "{words}"\n'
    file.write_text(settings)

    def puts() -> int:
        return sum(one.method == "PUT" for one in sandbox.requests)

    async with running(sandbox, tmp_path) as bot:
        await bot.healthy()
        assert "Privacy:" in (await (await sandbox.slash("about", locale=UNSPOKEN)).answered(PATIENCE)).text

        file.write_text(settings + "[limits]\naverage_history = 7\nperson_requests = 0\n")
        (words / f"{UNSPOKEN}.ftl").write_text(
            "about-privacy = Rien n'est gardé.\ncommand-about = à-propos\n", encoding="utf-8"
        )
        await hang_up(bot, "nothing changes: limits.person_requests")
        assert "Privacy:" in (await (await sandbox.slash("about", locale=UNSPOKEN)).answered(PATIENCE)).text

        file.write_text(settings + "[limits]\naverage_history = 7\n[workers]\nstart_seconds = 77\n")
        await hang_up(bot, "registered the commands", 2)
        assert puts() == 2
        about = next(one for one in sandbox.application.commands.values() if one["name"] == "about")
        assert about["name_localizations"][UNSPOKEN] == "à-propos"
        reply = await (await sandbox.slash("about", locale=UNSPOKEN)).answered(PATIENCE)
        assert "Rien n'est gardé." in reply.text
        assert "sface" in reply.text
        reply = await answer(await sandbox.slash("average"))
        assert "the newest 7 messages" in reply.text

        await hang_up(bot, "changed: no setting")
        assert puts() == 2
        assert await bot.stop() == 0

    lines = [json.loads(line) for line in bot.log.read_text().splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert {line["logger"].partition(".")[0] for line in lines} >= {"bot", "discord"}
    told = [line["message"] for line in lines]
    assert any(line.endswith("changed: limits.average_history") for line in told)
    assert "changed too, but applied only at a restart: workers.start_seconds" in told
    assert any(f"{UNSPOKEN}.ftl: said in English: command-similar, " in line for line in told)
