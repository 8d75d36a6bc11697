"""How far a long request is, shown where its answer will stand, with a button that stops it.

What is shown never holds up the work: the newest words are sent when their time comes, and those in between are not.
The button is for the person who asked, and for those who moderate the channel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import discord

from bot.jobs import Job
from bot.locales import Language

SECONDS_BETWEEN = 1.0
"""Between two versions, and before the first: what is answered at once needs none."""

SECONDS_FOR_LAST = 1.0
"""How long the answer waits for a version that is on its way: let go, that one might arrive after the answer."""

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


class Progresses:
    """All that can be stopped now. `words`: of the person of an interaction.

    Clicks are looked up here and not by discord.py, which knows of a button only when Discord has answered that it is
    there, while somebody may have been quicker.
    """

    def __init__(self, words: Callable[[Interaction], Language]) -> None:
        self.words = words
        self._open: dict[str, Progress] = {}

    def of(self, asked: Interaction, job: Job) -> Progress:
        return Progress(self, asked, job)

    def opened(self, progress: Progress) -> None:
        self._open[progress.custom_id] = progress

    def closed(self, progress: Progress) -> None:
        del self._open[progress.custom_id]

    async def answer(self, interaction: Interaction) -> None:
        """A click on a button of ours, be its request over or one of a bot before this one."""
        if interaction.type is discord.InteractionType.component:
            data: Mapping[str, Any] = interaction.data or {}
            if data["custom_id"].startswith(Progress.PREFIX):
                progress = self._open.get(data["custom_id"])
                if progress is None:
                    await self.refuse(interaction, "stop-over")
                else:
                    await progress.clicked(interaction)

    async def refuse(self, interaction: Interaction, why: str) -> None:
        await interaction.response.send_message(self.words(interaction).text(why), ephemeral=True)


class Progress:
    """Of one job, in the place of the reply to `asked`, for the time of an `async with`; the answer comes after it."""

    PREFIX = "stop-"

    def __init__(self, room: Progresses, asked: Interaction, job: Job) -> None:
        self.custom_id = f"{self.PREFIX}{job.id}"
        self._room = room
        self._asked = asked
        self._job = job
        self._words = room.words(asked)
        self._text = self._words.text("progress-begun")
        self._news = asyncio.Event()
        self._news.set()
        self._sending = asyncio.Lock()
        self._over = False

    def tell(self, text: str) -> None:
        """Show this when its time comes, unless there is something newer by then."""
        self._text = text
        self._news.set()

    async def __aenter__(self) -> Self:
        self._room.opened(self)
        self._showing = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.closed(self)
        try:
            async with asyncio.timeout(SECONDS_FOR_LAST), self._sending:
                self._over = True
        except TimeoutError:
            log.info("request %s: its progress takes long to be shown", self._job.id)
        self._showing.cancel()

    async def _show(self) -> None:
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            custom_id=self.custom_id, label=self._words.text("stop")
        )
        view = discord.ui.View(timeout=None).add_item(button)
        view.stop()  # see Progresses: discord.py is not to listen for it
        while not self._job.stopped:
            await asyncio.sleep(SECONDS_BETWEEN)
            await self._news.wait()
            self._news.clear()
            async with self._sending:
                if self._over or self._job.stopped:
                    return
                try:
                    await self._asked.edit_original_response(
                        content=self._text, view=view, allowed_mentions=discord.AllowedMentions.none()
                    )
                except discord.HTTPException as unsent:  # the next one may come through, and the answer will tell
                    log.info("request %s: its progress could not be shown: %s", self._job.id, unsent)

    async def clicked(self, interaction: Interaction) -> None:
        """Stop the job; what it makes of that is its answer."""
        if interaction.user.id != self._asked.user.id and not interaction.permissions.manage_messages:
            await self._room.refuse(interaction, "stop-not-yours")
            return
        async with self._sending:
            if self._over:
                await self._room.refuse(interaction, "stop-over")
                return
            try:
                await interaction.response.edit_message(content=self._words.text("progress-stopping"), view=None)
            finally:
                self._job.stop()
