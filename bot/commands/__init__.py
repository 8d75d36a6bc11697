"""One module a command: options -> photos -> job -> reply. Here is what they share."""

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
"""After which, counted from the command, a long job is stopped, to answer with what is ready: Discord takes nothing 15
minutes after a command. One that stood in line for most of that gets the least all the same."""

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
BY_ANYBODY = app_commands.AppInstallationType(guild=True, user=True)
"""Where commands are offered, and who may bring them there: a server, or one person for themselves. Where one needs
the bot to be a member, that is looked at when it is used: every one can do without."""

log = logging.getLogger(__name__)

Command = app_commands.Command[Any, ..., None]
Menu = app_commands.ContextMenu


@dataclass(frozen=True)
class Answer:
    """An acknowledged command, or click that is answered as one: its `job`, the `progress` that is shown, and the
    `words` for its person.
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
            failed = self.interaction.client.tree.on_error
            try:
                await self.services.menus.put(self.interaction, light, self.services.again, failed)
            except discord.HTTPException as error:
                if error.code == late.DELETED:
                    log.info("request %s: what its answer was to stand in is deleted, and so nothing is", self.job.id)
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
    """What commands are given to work with."""

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
        """Acknowledge, which Discord waits for no longer than 3 s, then hold a begun job for the time of the block.

        A job that is not `long` ends with Stopped where its person cancels it, be it in the line or at work. `private`:
        for this person's eyes only, as is all that follows from such an answer. Further errors: TooOften, Busy and
        Stopping, all before the acknowledgement, so that nobody else sees them; Stopping in the block, too.
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
        """Stop the job in the block early enough for its answer to find the command's key still good.

        Raises OutOfTime in place of Stopped then.
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

    async def again(self, interaction: Interaction, remake: Remake) -> Reply:
        """What takes the place of the answer that an acknowledged click was on, made in a job of its own.

        Errors: as in `answering`, and of `remake`.
        """
        self.cooldown.take(interaction.user.id)
        state_of(interaction).admitted = True
        async with self.jobs.admit(job_id(interaction), "answer anew", requester(interaction)) as job:
            await job.begin()
            words = self.words(interaction)
            return await fitting(await remake(interaction, job, words), interaction.filesize_limit, job, words)

    def command(self, name: str) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Command]:
        """Make a command of a function, described by the words under `command-NAME`."""
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
        """The values of an option, called as the words under `choice-VALUE`."""
        return [app_commands.Choice(name=self._named(f"choice-{value}"), value=value) for value in values]

    def menu(self, key: str) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Menu]:
        """Make an entry in the menu of messages or people of a function, called as the words under `key`."""
        name = self._named(key)

        def make(function: Callable[..., Coroutine[Any, Any, None]]) -> Menu:
            return app_commands.ContextMenu(
                name=name, callback=function, allowed_contexts=EVERYWHERE, allowed_installs=BY_ANYBODY
            )

        return make

    def _named(self, key: str) -> app_commands.locale_str:
        """A name that is translated as the message `key`."""
        return app_commands.locale_str(self.languages.of(FALLBACK).text(key), key=key)


def requester(interaction: Interaction) -> Requester:
    return Requester(interaction.user.id, interaction.guild_id)
