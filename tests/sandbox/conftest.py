"""A bot for tests of the sandbox, connected over real sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import discord
import pytest
from discord import app_commands
from patience import PATIENCE

from sandbox import Sandbox

Connect = Callable[..., AbstractAsyncContextManager["TestBot"]]


class Japanese(app_commands.Translator):
    async def translate(self, string: app_commands.locale_str, locale: discord.Locale, context: object) -> str | None:
        words = {"similar": "そっくり", "How alike?": "どれくらい似ていますか"}
        return words.get(string.message) if locale is discord.Locale.japanese else None


class TestBot(discord.AutoShardedClient):
    """A bot without commands of its own: tests add theirs to `tree` before it starts."""

    __test__ = False

    def __init__(self, intents: discord.Intents, setup: Callable[[TestBot], Awaitable[None]] | None) -> None:
        super().__init__(intents=intents)
        self._connection.guild_ready_timeout = 0.05
        self.tree = app_commands.CommandTree(self)
        self.setup = setup
        self.seen: list[discord.Message] = []
        self.resumes = 0
        self.errors: list[BaseException] = []

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Japanese())
        self.tree.error(self._keep)
        if self.setup:
            await self.setup(self)
            await self.tree.sync()

    async def _keep(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.errors.append(getattr(error, "original", error))
        logging.getLogger(__name__).error("in a command", exc_info=error)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Does not wait for five seconds, as discord.py does: this gateway lets any number of sessions begin."""

    async def on_message(self, message: discord.Message) -> None:
        self.seen.append(message)

    async def on_shard_resumed(self, shard: int) -> None:
        self.resumes += 1


def all_intents() -> discord.Intents:
    intents = discord.Intents.default()
    intents.message_content = True
    return intents


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def connect() -> Connect:
    """`async with connect(sandbox, setup) as bot`: starts a bot, waits until it is ready, and closes it afterwards."""

    @asynccontextmanager
    async def connected(
        sandbox: Sandbox,
        setup: Callable[[TestBot], Awaitable[None]] | None = None,
        *,
        intents: discord.Intents | None = None,
    ) -> AsyncIterator[TestBot]:
        bot = TestBot(intents or all_intents(), setup)
        with sandbox.in_place_of_discord():
            task = asyncio.create_task(bot.start(sandbox.token))
            try:
                waiting = asyncio.create_task(sandbox.wait_ready(PATIENCE, commands=setup is not None))
                await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    waiting.cancel()
                    await task
                await waiting
                await asyncio.wait_for(bot.wait_until_ready(), PATIENCE)
                yield bot
            finally:
                await bot.close()
                await asyncio.wait({task})

    return connected
