"""Which face of a photo is meant: menus under a reply, for the person who asked.

Of the photos nothing is kept while they wait. A menu knows where the attachments were, how many faces there are and
which are chosen; a choice fetches the photos anew. When its time is over, counted from the command, a menu is switched
off and forgotten, before Discord forgets the command's token (15 minutes).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.locales import Language
from bot.replies import NUMBERED, Reply

OPTIONS, ROWS = 25, 5
"""Discord's own limits: options of a menu, and menus of a message."""

LABEL_LIMIT, PLACEHOLDER_LIMIT = 100, 150

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
Redo = Callable[[Interaction, tuple[int, ...]], Awaitable[Reply]]
"""An acknowledged choice, and the faces that are chosen now, to the reply for them. Errors: as the command's."""

Failed = Callable[[Interaction, Exception], Awaitable[None]]


@dataclass(frozen=True)
class Choice:
    """Which of `count` faces of the photo called `photo`; `chosen`: the one that the reply is about, from 0."""

    photo: str
    count: int
    chosen: int


class Menus:
    """All menus that can be used. `seconds`: how long one lives; `words`: of the person of an interaction."""

    def __init__(self, seconds: float, words: Callable[[Interaction], Language]) -> None:
        self.seconds = seconds
        self.words = words
        self._open: dict[int, FaceMenus] = {}

    def opened(self, message: int, menus: FaceMenus) -> None:
        """`menus` stand under this message now."""
        if not menus.is_finished():
            self._open[message] = menus

    def closed(self, menus: FaceMenus) -> None:
        self._open = {message: one for message, one in self._open.items() if one is not menus}

    async def answer_for_forgotten(self, interaction: Interaction) -> None:
        """A choice from a menu that a bot before this one left behind: nobody else would answer it."""
        if interaction.type is discord.InteractionType.component and interaction.message is not None:
            data: Mapping[str, Any] = interaction.data or {}
            if data["custom_id"].startswith(FaceMenus.PREFIX) and interaction.message.id not in self._open:
                await interaction.response.send_message(self.words(interaction).text("menu-over"), ephemeral=True)

    async def close(self) -> None:
        """Switch all off: the bot is about to end."""
        await asyncio.gather(*(menus.switch_off() for menus in list(self._open.values())))


class FaceMenus(discord.ui.View):
    """Menus under the reply to `asked`: one for each of `choices` that is one; of more than 25 faces, one for each 25.

    A face for which no row is left cannot be chosen. `failed` tells the person what went wrong.
    """

    PREFIX = "face-"

    def __init__(self, room: Menus, asked: Interaction, choices: Sequence[Choice], redo: Redo, failed: Failed) -> None:
        self._end = time.monotonic() + room.seconds - (discord.utils.utcnow() - asked.created_at).total_seconds()
        super().__init__(timeout=self._left())
        self._room = room
        self._asked = asked
        self._redo = redo
        self._failed = failed
        self._chosen = [choice.chosen for choice in choices]
        self._turn = asyncio.Lock()
        several = [(place, choice) for place, choice in enumerate(choices) if choice.count > 1]
        for place, choice in several:
            for first in range(0, min(choice.count, ROWS // len(several) * OPTIONS), OPTIONS):
                which = ("first", "second")[place] if len(choices) > 1 else "only"
                self.add_item(_Menu(place, which, choice, first, room.words(asked)))

    def _left(self) -> float:
        return max(self._end - time.monotonic(), 0.001)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        self.timeout = self._left()  # discord.py would give it the full time again with each choice
        if interaction.user.id == self._asked.user.id:
            return True
        await interaction.response.send_message(self._room.words(interaction).text("menu-not-yours"), ephemeral=True)
        return False

    async def choose(self, interaction: Interaction, place: int, face: int) -> None:
        """Answer anew with `face` chosen for the choice at `place`. What goes wrong leaves the reply as it was."""
        await interaction.response.defer()
        async with self._turn:  # choices are answered in the order in which they were made
            chosen = [face if at == place else other for at, other in enumerate(self._chosen)]
            reply = await self._redo(interaction, tuple(chosen))
            self._chosen = chosen
            for menu in self._menus():
                menu.show(chosen[menu.place])
            # the photos with numbers stay where they are
            old = interaction.message.attachments if interaction.message is not None else []
            kept = [file for file in old if file.filename.startswith(NUMBERED)]
            await interaction.edit_original_response(
                content=reply.text,
                attachments=[*(shown.file() for shown in reply.shown), *kept],
                view=self,
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def on_timeout(self) -> None:
        await self.switch_off()

    async def switch_off(self) -> None:
        self._room.closed(self)
        self.stop()
        async with self._turn:
            for menu in self._menus():
                menu.disabled = True
            try:
                await self._asked.edit_original_response(view=self)
            except discord.HTTPException as gone:  # deleted, or Discord is unwell: nobody waits for this
                log.info("a menu could not be switched off: %s", gone)

    async def on_error(self, interaction: Interaction, error: Exception, item: discord.ui.Item[Any], /) -> None:
        await self._failed(interaction, error)

    def _menus(self) -> list[_Menu]:
        return [menu for menu in self.children if isinstance(menu, _Menu)]


class _Menu(discord.ui.Select[FaceMenus]):
    """`place`: which of the choices it serves. It offers the faces from `first` on, each by its place from 0."""

    def __init__(self, place: int, which: str, choice: Choice, first: int, words: Language) -> None:
        last = min(first + OPTIONS, choice.count)
        names = [
            words.text("menu-face", which=which, number=face + 1, photo=choice.photo) for face in range(first, last)
        ]
        super().__init__(
            custom_id=f"{FaceMenus.PREFIX}{place}-{first}",
            placeholder=words.text("menu-faces", first=first + 1, last=last, photo=choice.photo)[:PLACEHOLDER_LIMIT],
            options=[
                discord.SelectOption(label=name[:LABEL_LIMIT], value=str(face))
                for face, name in enumerate(names, start=first)
            ],
        )
        self.place = place
        self.show(choice.chosen)

    def show(self, chosen: int) -> None:
        for option in self.options:
            option.default = option.value == str(chosen)

    async def callback(self, interaction: Interaction) -> None:
        assert self.view is not None
        await self.view.choose(interaction, self.place, int(self.values[0]))
