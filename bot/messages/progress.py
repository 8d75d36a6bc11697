"""The progress of a request, shown in place of its answer, with a button that stops it.

One calm line: the place in the queue and the likely time, then the stage. It never delays the work: only the newest
text is sent, at most once in `SECONDS_BETWEEN`. What is answered within a second shows no progress. The button works
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
"""The time between two updates, and before the first: what is answered at once needs none."""

SECONDS_IN_LINE = 3.0
"""The time between two updates in the queue, which nobody watches by the second."""

SECONDS_FOR_LAST = 1.0
"""How long the answer waits for an update that is being sent, which might arrive after the answer otherwise."""

FINAL = frozenset({401, 404})
"""Discord's statuses when the command's token has expired or its reply was deleted: no update can be sent any more."""

log = logging.getLogger(__name__)


class Progresses:
    """All requests that can be stopped now. `words`: gives the language of an interaction; `unknown_key`: the message
    for a click on a request that is not held here.

    Clicks are handled here and not by discord.py, which knows a button only after Discord has confirmed its message,
    while somebody may have clicked sooner.
    """

    def __init__(self, words: Callable[[Interaction], Language], unknown_key: str = "stop-over") -> None:
        self.words = words
        self._unknown_key = unknown_key
        self._open: dict[str, Progress] = {}

    def of(self, asked: Interaction, job: Job) -> Progress:
        return Progress(self, asked, job)

    def add(self, progress: Progress) -> None:
        self._open[progress.custom_id] = progress

    def remove(self, progress: Progress) -> None:
        self._open.pop(progress.custom_id, None)

    def lacks(self, custom_id: str) -> bool:
        """Whether this stops a request that is not held here: it is over, or another process holds it."""
        return custom_id.startswith(Progress.PREFIX) and custom_id not in self._open

    async def answer(self, interaction: Interaction) -> None:
        """Handle a click on a stop button, even if its request is over or was made to an earlier run of the bot."""
        if interaction.type is discord.InteractionType.component:
            data: Mapping[str, Any] = interaction.data or {}
            if data["custom_id"].startswith(Progress.PREFIX):
                progress = self._open.get(data["custom_id"])
                if progress is None:
                    await self.refuse(interaction, self._unknown_key)
                else:
                    await progress.clicked(interaction)

    async def refuse(self, interaction: Interaction, why: str) -> None:
        ended_at_once(interaction, "click", why.replace("-", "_"))
        await interaction.response.send_message(self.words(interaction).text(why), ephemeral=True)


class Progress:
    """The progress of one job, shown in the reply to `asked` during an `async with`; the answer follows after it."""

    PREFIX = "stop-"

    def __init__(self, progresses: Progresses, asked: Interaction, job: Job) -> None:
        self.custom_id = f"{self.PREFIX}{job.id}"
        self._progresses = progresses
        self._asked = asked
        self._job = job
        self._words = progresses.words(asked)
        self._phase = Phase("photos")
        self._counts: str | None = None
        self._news = asyncio.Event()
        self._news.set()
        self._sending = asyncio.Lock()
        self._over = False
        job.on_phase = self._on_phase

    def show_text(self, text: str) -> None:
        """Show this text from now on, in place of the stages, about which it says more."""
        self._counts = text
        self._news.set()

    def _on_phase(self, phase: Phase) -> None:
        self._phase = phase
        self._news.set()

    def _text(self) -> str:
        """The text to show now. It is made only when it is sent: in a long queue, places change all the time."""
        if self._counts is not None:
            return self._counts
        phase = self._phase
        return self._words.text(f"progress-{phase.name}", place=phase.place, time=self._words.duration(phase.seconds))

    async def __aenter__(self) -> Self:
        self._progresses.add(self)
        self._showing = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    async def end(self) -> None:
        """Stop showing progress, so that the answer can replace it, and ignore further clicks."""
        if self._over:
            return
        self._progresses.remove(self)
        try:
            async with asyncio.timeout(SECONDS_FOR_LAST), self._sending:
                self._over = True
        except TimeoutError:
            log.info("request %s: its progress update takes long to send", self._job.id)
        self._over = True
        self._showing.cancel()

    async def _show(self) -> None:
        await asyncio.sleep(SECONDS_BETWEEN)
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            custom_id=self.custom_id, label=self._words.text("stop" if self._job.long else "cancel")
        )
        view = discord.ui.View(timeout=None).add_item(button)
        view.stop()  # see Progresses: clicks are not handled by discord.py
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
                    # otherwise the next one may arrive, or the answer
            await asyncio.sleep(SECONDS_IN_LINE if self._phase.name in ("own", "line") else SECONDS_BETWEEN)

    async def clicked(self, interaction: Interaction) -> None:
        """Stop the job. A long one answers with what is ready; a short one ends with the text that is sent here."""
        if interaction.user.id != self._asked.user.id and not interaction.permissions.manage_messages:
            await self._progresses.refuse(interaction, "stop-not-yours")
            return
        if not (self._job.long or self._over):
            self._job.stop()  # at once, even while an update is being sent
        async with self._sending:
            if self._over:
                await self._progresses.refuse(interaction, "stop-over")
                return
            if self._job.long:  # its answer must not come before this text
                try:
                    await self._acknowledge(interaction, "progress-stopping")
                finally:
                    self._job.stop()
            else:
                await self._acknowledge(interaction, "error-stopped")

    async def _acknowledge(self, interaction: Interaction, words: str) -> None:
        await interaction.response.edit_message(content=self._words.text(words), view=None)
