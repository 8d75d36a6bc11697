"""Bots on the usual Discord libraries live in the sandbox as they do on Discord.

Each program in `clients/` is one small bot on one library. It registers `/similar photo` (with a description in
Japanese) and the message menu `Look`. It defers its answer to both: `COMMAND BYTES LOCALE`, an embed, the photo as
`out.png` and two buttons. `again` tells the person alone how large their avatar is. `leave` posts, edits and deletes a
message, answers `ID in GUILDS, resumed N times by VERSION`, and ends the program.
"""

from __future__ import annotations

import asyncio
import os
import re
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import openapi
import pytest
from libraries import LIBRARIES, Library, command

from cli.serve import bare
from sandbox import File
from sandbox.cdn import one_colour_png

PNG = one_colour_png(7, (1, 2, 3))
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/sandbox.md"
SECONDS = 60


@asynccontextmanager
async def running(arguments: Sequence[str | Path], environment: Mapping[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(*arguments, env={**os.environ, **environment})
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def addresses(printed: str) -> dict[str, str]:
    """Returns what `sokkuri sandbox --bare` prints for the environment of a bot."""
    return dict(re.findall(r"(DISCORD_\w+)=(\S+)", printed))


async def until(process: Process, happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not happened():
            assert process.returncode is None, "the bot has ended"
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
async def test_a_bot_lives_in_the_bare_sandbox(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, path = command(library)
    async with bare(0) as sandbox, running(arguments, {**path, **addresses(capsys.readouterr().out)}) as bot:
        commands = sandbox.application.commands
        await until(bot, lambda: sandbox.gateway.ready and len(commands) == 2)
        registered = {one["name"]: one["description_localizations"] for one in commands.values()}
        assert registered == {"similar": {"ja": "どれくらい似ていますか"}, "Look": None}

        photo = File("a.png", PNG)
        reply = await (await sandbox.slash("similar", {"photo": photo}, locale="ja")).answered(SECONDS)
        assert reply.content == f"similar {len(PNG)} ja"
        assert [embed["title"] for embed in reply.embeds] == ["Result"]
        assert [(file.filename, file.data) for file in reply.files] == [("out.png", PNG)]

        posted = await sandbox.post(sandbox.channel("general"), files=[photo])
        looked = await (await sandbox.message_command("Look", posted)).answered(SECONDS)
        assert (looked.content, looked.files[0].data) == (f"Look {len(PNG)} en-US", PNG)

        somebody = sandbox.person("Aoi", avatar=photo)
        pressed = await (await sandbox.click(reply, "again", user=somebody)).answered(SECONDS)
        assert (pressed.content, pressed.ephemeral) == (f"avatar of {len(PNG)} bytes", True)

        await sandbox.gateway.ask_to_reconnect()
        await until(bot, lambda: sandbox.gateway.resumed == 1)
        again = await (await sandbox.slash("similar", {"photo": photo})).answered(SECONDS)
        await sandbox.gateway.drop()
        await until(bot, lambda: sandbox.gateway.resumed == 2)

        left = await (await sandbox.click(again, "leave")).answered(SECONDS)
        said, version = left.content.rsplit(" ", 1)
        assert said == f"{sandbox.bot.id} in {sandbox.guild.name}, resumed 2 times by"
        assert await asyncio.wait_for(bot.wait(), SECONDS) == 0
    assert not sandbox.refusals
    openapi.check_where_it_is(sandbox.requests)
    assert f"| {library.name} {version} |" in DOCUMENT.read_text(encoding="utf-8")
