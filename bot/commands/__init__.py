"""A module for each command: options -> photos -> job -> reply. This one holds what they share."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import discord
from discord import app_commands

from bot.config import Settings
from bot.errors import OutOfTime, Stopped
from bot.interaction import Interaction
from bot.messages import late
from bot.messages.layout import Remake, Reply, fitting
from bot.messages.menus import Menus
from bot.messages.progress import Progress, Progresses
from bot.photos import Photos
from bot.requests.cooldown import Cooldown
from bot.requests.jobs import Job, Jobs, Requester
from bot.requests.state import age, job_id, state_of
from words.locales import FALLBACK, Language, Languages

SECONDS, LEAST_SECONDS = 12 * 60, 2 * 60
"""How long after the command a long job is stopped, to answer with what is ready: Discord accepts nothing 15 minutes
after a command. A job that was queued for most of that time still gets `LEAST_SECONDS`."""

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
BY_ANYBODY = app_commands.AppInstallationType(guild=True, user=True)
"""Where commands are offered, and who may install them: a server, or a person for themselves. Every command has uses
for which the bot need not be a member of the server, so membership is checked when it is needed."""

log = logging.getLogger(__name__)

Command = app_commands.Command[Any, ..., None]
Menu = app_commands.ContextMenu


@dataclass(frozen=True)
class Answer:
    """An acknowledged command, or a click that is answered like one: its `job`, its `progress` message, and its
    person's language (`words`).
    """

    interaction: Interaction
    job: Job
    progress: Progress
    words: Language
    services: Services

    async def reply_with(self, remake: Remake) -> None:
        """Make the reply and send it: see `reply`."""
        await self.reply(await remake(self.interaction, self.job, self.words))

    async def reply(self, reply: Reply) -> None:
        """Send the reply with its buttons and menus, in files as small as the interaction requires.

        If the command expired while it was queued, the answer is posted as a message of its own, if the bot may write
        there. If somebody has deleted the pending reply meanwhile, nothing is posted.
        """
        light = await fitting(reply, self.interaction.filesize_limit, self.job, self.words)
        await self.progress.end()
        await self.job.end()
        with self.job.stage("reply"):
            on_failure = self.interaction.client.tree.on_error
            try:
                await self.services.menus.put(self.interaction, light, self.services.rebuild, on_failure)
            except discord.HTTPException as error:
                if error.code == late.DELETED:
                    log.info("request %s: its pending reply was deleted, so no answer is sent", self.job.id)
                    self.job.outcome = "deleted"
                elif error.code in late.EXPIRED:
                    await self._put_late(light)
                else:
                    raise

    async def _put_late(self, reply: Reply) -> None:
        at = state_of(self.interaction)
        if await late.put(self.interaction, reply, words=self.words, shown=at.shown, private=at.private):
            self.job.outcome = "late"
        else:
            self.job.outcome = "dropped"
            log.warning("request %s: its answer came too late, and was dropped", self.job.id)


@dataclass(frozen=True)
class Services:
    """What commands work with."""

    settings: Settings
    languages: Languages
    photos: Photos
    jobs: Jobs
    menus: Menus
    progresses: Progresses
    cooldown: Cooldown

    def words(self, interaction: Interaction) -> Language:
        return self.languages.of(interaction.locale.value)

    @asynccontextmanager
    async def answering(
        self, interaction: Interaction, *, long: bool = False, private: bool = False
    ) -> AsyncIterator[Answer]:
        """Acknowledge the interaction, for which Discord waits 3 s at most, then yield it with a job that has begun.

        A job that is not `long` ends with Stopped if its person cancels it, whether it is queued or at work. `private`:
        only this person sees the answer, and all further answers to clicks on it. Raises TooOften, Busy and Stopping
        before the acknowledgement, so that nobody else sees them, and Stopping in the block, too.
        """
        self.cooldown.take(interaction.user.id)
        name = interaction.command.name if interaction.command else "further answer"
        if interaction.message is not None:
            private = private or interaction.message.flags.ephemeral
        at = state_of(interaction)
        at.admitted = True
        async with self.jobs.admit(job_id(interaction), name, requester(interaction), long=long) as job:
            at.thinking = await interaction.response.defer(thinking=True, ephemeral=private)
            self.jobs.metrics.acknowledged(age(interaction))
            async with self.progresses.of(interaction, job) as progress:
                async with job.unless_stopped():
                    await job.begin()
                answer = Answer(interaction, job, progress, self.words(interaction), self)
                if long:
                    with self._in_time(interaction, job):
                        yield answer
                else:
                    async with job.unless_stopped():
                        yield answer

    @contextmanager
    def _in_time(self, interaction: Interaction, job: Job) -> Iterator[None]:
        """Stop the job of the block early enough to answer before the interaction's token expires.

        Raises OutOfTime instead of Stopped in that case.
        """
        stop = partial(job.stop, out_of_time=True)
        end = asyncio.get_running_loop().call_later(max(SECONDS - age(interaction), LEAST_SECONDS), stop)
        try:
            yield
        except Stopped:
            if job.out_of_time:
                raise OutOfTime from None
            raise
        finally:
            end.cancel()

    async def rebuild(self, interaction: Interaction, remake: Remake) -> Reply:
        """Make the reply that replaces the one with the button that was clicked, in a job of its own.

        Raises what `answering` and `remake` raise.
        """
        self.cooldown.take(interaction.user.id)
        state_of(interaction).admitted = True
        async with self.jobs.admit(job_id(interaction), "answer anew", requester(interaction)) as job:
            await job.begin()
            words = self.words(interaction)
            return await fitting(await remake(interaction, job, words), interaction.filesize_limit, job, words)

    def command(self, name: str) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Command]:
        """Turn a function into a command, with the description `command-NAME` of the languages."""
        words = self.languages.of(FALLBACK)

        def make(function: Callable[..., Coroutine[Any, Any, None]]) -> Command:
            _, *options = inspect.signature(function).parameters
            described = {option: words.text(f"command-{name}.{option}-description") for option in options}
            return app_commands.Command(
                name=name,
                description=words.text(f"command-{name}.description"),
                callback=app_commands.describe(**described)(function),
                allowed_contexts=EVERYWHERE,
                allowed_installs=BY_ANYBODY,
            )

        return make

    def choices(self, *values: str) -> list[app_commands.Choice[str]]:
        """The values of an option, named by `choice-VALUE` of the languages."""
        return [app_commands.Choice(name=self._named(f"choice-{value}"), value=value) for value in values]

    def menu(self, key: str) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Menu]:
        """Turn a function into an entry of the menu of messages or people, named by the message `key`."""
        name = self._named(key)

        def make(function: Callable[..., Coroutine[Any, Any, None]]) -> Menu:
            return app_commands.ContextMenu(
                name=name, callback=function, allowed_contexts=EVERYWHERE, allowed_installs=BY_ANYBODY
            )

        return make

    def _named(self, key: str) -> app_commands.locale_str:
        """A name that Discord shows as the message `key` in each language."""
        return app_commands.locale_str(self.languages.of(FALLBACK).text(key), key=key)


def requester(interaction: Interaction) -> Requester:
    return Requester(interaction.user.id, interaction.guild_id)
