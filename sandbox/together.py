"""The real bot and the sandbox in one process: to be tried out in a browser, or to play a conversation."""

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
    settings: Settings, *, port: int = 0, record: Path | None = None, opened: Callable[[Sandbox, bool], None]
) -> None:
    """Until SIGTERM or SIGINT. `record`: a file for all that people do, photos included; None writes nothing down.

    `opened` is called once the page can be opened, and told whether the sample pictures are there. Raises OSError: the
    port or the file cannot be had; and what `bot.app.run` raises.
    """
    async with Sandbox(port) as sandbox:
        filled = await samples.fill(sandbox)
        with ExitStack() as stack:
            if record is not None:
                stack.enter_context(Recorder(sandbox, record, samples=filled).recording())
            opened(sandbox, filled)
            await app.run(settings_for(sandbox, settings))


async def play(settings: Settings, file: Path, tell: Callable[[Done], None]) -> None:
    """The conversation in `file`, each line told once it is done; then the end.

    Raises Unplayable, and what `bot.app.run` raises.
    """
    async with Sandbox() as sandbox:
        player = Player(sandbox, file)
        bot = asyncio.create_task(app.run(settings_for(sandbox, settings)))
        talk = asyncio.create_task(_play(sandbox, player, tell))
        try:
            await asyncio.wait({bot, talk}, return_when=asyncio.FIRST_COMPLETED)
            if bot.done():  # it could not start, or was told to stop
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
