"""One module a command: options -> photos -> job -> reply. Here is what they share."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from bot.config import Settings
from bot.jobs import Job, Jobs
from bot.locales import FALLBACK, Language, Languages
from bot.menus import Choice, FaceMenus, Menus
from bot.photos import Photos
from bot.progress import Progresses
from bot.replies import Reply

SECONDS = 12 * 60
"""After which a job is stopped, to answer with what is ready: Discord takes nothing 15 minutes after a command."""

Command = app_commands.Command[Any, ..., None]
Interaction = discord.Interaction[Any]
AnswerFor = Callable[[Job, tuple[int, ...], Language], Awaitable[Reply]]
"""Answers in a job for the chosen faces, counted from 0, in somebody's words."""


@dataclass(frozen=True)
class Answer:
    """An acknowledged command: its `job`, the `words` for its person, and the way to reply, with `menus` or without."""

    interaction: Interaction
    job: Job
    words: Language
    menus: Menus

    async def reply(self, reply: Reply, menus: FaceMenus | None = None) -> None:
        with self.job.stage("reply"):
            fitting = reply.within(self.interaction.filesize_limit, self.words)
            message = await edit(self.interaction, fitting, menus)
        if menus is not None:
            self.menus.opened(message.id, menus)


@dataclass(frozen=True)
class Rooms:
    """What commands are given to work with."""

    settings: Settings
    languages: Languages
    photos: Photos
    jobs: Jobs
    menus: Menus
    progresses: Progresses

    def words(self, interaction: Interaction) -> Language:
        return self.languages.of(interaction.locale.value)

    @asynccontextmanager
    async def answering(self, interaction: Interaction, *, long: bool = False) -> AsyncIterator[Answer]:
        """Acknowledge, which Discord waits for no longer than 3 s, then hold a job for the time of the block.

        `long`, and what it raises (Busy and Stopping): see `Jobs.admit`.
        """
        await interaction.response.defer(thinking=True)
        name = interaction.command.name if interaction.command else ""
        async with self.jobs.admit(job_id(interaction), name, long=long) as job:
            since = (discord.utils.utcnow() - interaction.created_at).total_seconds()
            end = asyncio.get_running_loop().call_later(SECONDS - since, job.stop)
            try:
                yield Answer(interaction, job, self.words(interaction), self.menus)
            finally:
                end.cancel()

    def choosing(
        self,
        asked: Interaction,
        choices: Sequence[Choice],
        redo: AnswerFor,
    ) -> FaceMenus | None:
        """Menus for the choices among several faces, None where there is nothing to choose.

        `redo` answers anew in a job of its own, for the faces that are chosen now.
        """
        if not any(choice.count > 1 for choice in choices):
            return None

        async def again(interaction: Interaction, faces: tuple[int, ...]) -> Reply:
            name = asked.command.name if asked.command else ""
            async with self.jobs.admit(job_id(interaction), f"{name}, another face") as job:
                words = self.words(interaction)
                return (await redo(job, faces, words)).within(interaction.filesize_limit, words)

        return FaceMenus(self.menus, asked, choices, again, asked.client.tree.on_error)

    def command(
        self, name: str, *, guild_only: bool = False
    ) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Command]:
        """Make a command of a function, described by the words under `command-NAME`."""
        words = self.languages.of(FALLBACK)

        def make(function: Callable[..., Coroutine[Any, Any, None]]) -> Command:
            _, *options = inspect.signature(function).parameters
            described = {option: words.text(f"command-{name}.{option}-description") for option in options}
            return app_commands.Command(
                name=name,
                description=words.text(f"command-{name}.description"),
                callback=app_commands.describe(**described)(function),
                allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=not guild_only),
            )

        return make


async def edit(interaction: Interaction, reply: Reply, menus: FaceMenus | None = None) -> discord.Message:
    """Put `reply` where "is thinking" stands. Nobody is mentioned, whatever a file is called."""
    return await interaction.edit_original_response(
        content=reply.text,
        attachments=[shown.file() for shown in reply.shown],
        view=menus,
        allowed_mentions=discord.AllowedMentions.none(),
    )


def job_id(interaction: Interaction) -> str:
    """A short id, the same wherever it is asked for, that can be read out and tells nothing of the person."""
    digest = hashlib.blake2s(str(interaction.id).encode(), digest_size=5).digest()
    return base64.b32encode(digest).decode().lower()[:6]
