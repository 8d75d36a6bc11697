"""The real bot and the sandbox in one process, to try the bot in a browser or to play a recorded conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pydantic import SecretStr

from bot import app
from bot.config import Settings
from sandbox import samples
from sandbox.conversations import Player, Recorder
from sandbox.conversations.player import PATIENCE, Done
from sandbox.server import Sandbox


async def stay(
    settings: Settings, *, port: int = 0, record: Path | None = None, opened: Callable[[Sandbox], None]
) -> None:
    """Runs until SIGTERM or SIGINT. `record`: a file for all that people do, photos included; None records nothing.

    `opened` is called once the page can be opened. Raises OSError if the port is taken or the file cannot be written,
    and what `bot.app.run` raises.
    """
    async with Sandbox(port) as sandbox:
        await samples.fill(sandbox)
        with ExitStack() as stack:
            if record is not None:
                stack.enter_context(Recorder(sandbox, record, samples=True).recording())
            opened(sandbox)
            await app.run(settings_for(sandbox, settings))


async def play(settings: Settings, file: Path, tell: Callable[[Done], None]) -> None:
    """Plays the conversation in `file` to its end and calls `tell` with each line once it is done.

    Raises Unplayable, and what `bot.app.run` raises.
    """
    async with Sandbox() as sandbox:
        player = Player(sandbox, file)
        bot = asyncio.create_task(app.run(settings_for(sandbox, settings)))
        talk = asyncio.create_task(_play(sandbox, player, tell))
        try:
            await asyncio.wait({bot, talk}, return_when=asyncio.FIRST_COMPLETED)
            if bot.done():  # it could not start, or was stopped
                return bot.result()
            return talk.result()
        finally:
            for task in (talk, bot):
                task.cancel()
            await asyncio.gather(talk, bot, return_exceptions=True)


async def _play(sandbox: Sandbox, player: Player, tell: Callable[[Done], None]) -> None:
    await player.prepare()
    await sandbox.wait_ready(PATIENCE)
    async for done in player.play():
        tell(done)


def settings_for(sandbox: Sandbox, settings: Settings) -> Settings:
    discord = settings.discord.model_copy(
        update={
            "token": SecretStr(sandbox.token),
            "api": sandbox.api,
            "cdn": sandbox.cdn.root,
            "cdn_hosts": (sandbox.cdn.host,),
        }
    )
    return settings.model_copy(update={"discord": discord})
