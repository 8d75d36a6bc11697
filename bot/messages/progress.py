"""How far a request is, shown where its answer will stand, with a button that ends it.

One calm line: the place in the queue and the likely time, then the stage. It never holds up the work: the newest words
are sent when their time comes, and those in between are not. What is answered within a second shows none. The button is
for the person who asked, and for those who moderate the channel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import discord

from bot.interaction import Interaction
from bot.requests.jobs import Job, Phase
from bot.requests.state import ended_at_once
from words.locales import Language

SECONDS_BETWEEN = 1.0
"""Between two versions, and before the first: what is answered at once needs none."""

SECONDS_IN_LINE = 3.0
"""Between two versions while others come first: nobody watches a queue by the second."""

SECONDS_FOR_LAST = 1.0
"""How long the answer waits for a version that is on its way: let go, that one might arrive after the answer."""

FINAL = frozenset({401, 404})
"""Discord's answers when the command's key has expired, or its reply was deleted: nothing can be shown any more."""

log = logging.getLogger(__name__)


class Progresses:
    """All that can be stopped now. `words`: of the person of an interaction; `lost`: name of what is said of that
    which is not held here.

    Clicks are looked up here and not by discord.py, which knows of a button only when Discord has answered that it is
    there, while somebody may have been quicker.
    """

    def __init__(self, words: Callable[[Interaction], Language], lost: str = "stop-over") -> None:
        self.words = words
        self._lost = lost
        self._open: dict[str, Progress] = {}

    def of(self, asked: Interaction, job: Job) -> Progress:
        return Progress(self, asked, job)

    def opened(self, progress: Progress) -> None:
        self._open[progress.custom_id] = progress

    def closed(self, progress: Progress) -> None:
        self._open.pop(progress.custom_id, None)

    def lacks(self, custom_id: str) -> bool:
        """Whether this stops what is not held here: a request that is over, or another process's."""
        return custom_id.startswith(Progress.PREFIX) and custom_id not in self._open

    async def answer(self, interaction: Interaction) -> None:
        """A click on a button of ours, be its request over or one of a bot before this one."""
        if interaction.type is discord.InteractionType.component:
            data: Mapping[str, Any] = interaction.data or {}
            if data["custom_id"].startswith(Progress.PREFIX):
                progress = self._open.get(data["custom_id"])
                if progress is None:
                    await self.refuse(interaction, self._lost)
                else:
                    await progress.clicked(interaction)

    async def refuse(self, interaction: Interaction, why: str) -> None:
        ended_at_once(interaction, "click", why.replace("-", "_"))
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
        self._phase = Phase("photos")
        self._counts: str | None = None
        self._news = asyncio.Event()
        self._news.set()
        self._sending = asyncio.Lock()
        self._over = False
        job.on_phase = self._entered

    def tell(self, text: str) -> None:
        """Show this when its time comes, unless there is something newer by then: it says more than the stages do."""
        self._counts = text
        self._news.set()

    def _entered(self, phase: Phase) -> None:
        self._phase = phase
        self._news.set()

    def _text(self) -> str:
        """What there is to say now, put into words when it is shown: in a long line, places change all the time."""
        if self._counts is not None:
            return self._counts
        phase = self._phase
        return self._words.text(f"progress-{phase.name}", place=phase.place, time=self._words.duration(phase.seconds))

    async def __aenter__(self) -> Self:
        self._room.opened(self)
        self._showing = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    async def end(self) -> None:
        """Show nothing from now on: what stands there is the answer's to replace, and no click ends it any more."""
        if self._over:
            return
        self._room.closed(self)
        try:
            async with asyncio.timeout(SECONDS_FOR_LAST), self._sending:
                self._over = True
        except TimeoutError:
            log.info("request %s: its progress takes long to be shown", self._job.id)
        self._over = True
        self._showing.cancel()

    async def _show(self) -> None:
        await asyncio.sleep(SECONDS_BETWEEN)
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            custom_id=self.custom_id, label=self._words.text("stop" if self._job.long else "cancel")
        )
        view = discord.ui.View(timeout=None).add_item(button)
        view.stop()  # see Progresses: discord.py is not to listen for it
        shown = ""
        while not self._job.stopped:
            await self._news.wait()
            self._news.clear()
            async with self._sending:
                if self._over or self._job.stopped:
                    return
                if (text := self._text()) == shown:
                    continue
                try:
                    await self._asked.edit_original_response(
                        content=text, view=view, allowed_mentions=discord.AllowedMentions.none()
                    )
                    shown = text
                except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as unsent:
                    log.info("request %s: its progress could not be shown: %s", self._job.id, unsent)
                    if isinstance(unsent, discord.HTTPException) and unsent.status in FINAL:
                        return
                    # else the next one may come through, and the answer will tell
            await asyncio.sleep(SECONDS_IN_LINE if self._phase.name in ("own", "line") else SECONDS_BETWEEN)

    async def clicked(self, interaction: Interaction) -> None:
        """Stop the job. What a long one makes of that is its answer; a short one ends with these words."""
        if interaction.user.id != self._asked.user.id and not interaction.permissions.manage_messages:
            await self._room.refuse(interaction, "stop-not-yours")
            return
        if not (self._job.long or self._over):
            self._job.stop()  # at once, even while a version is on its way
        async with self._sending:
            if self._over:
                await self._room.refuse(interaction, "stop-over")
                return
            if self._job.long:  # it gives what is ready, and that must not come before these words
                try:
                    await self._acknowledge(interaction, "progress-stopping")
                finally:
                    self._job.stop()
            else:
                await self._acknowledge(interaction, "error-stopped")

    async def _acknowledge(self, interaction: Interaction, words: str) -> None:
        await interaction.response.edit_message(content=self._words.text(words), view=None)
