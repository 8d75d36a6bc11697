"""What can be pressed and chosen under an answer, by the person who asked.

Of the photos nothing is kept while it waits. A button or menu knows where the attachments were and what the answer is
about; a click asks for the message that they are from, and fetches the photos anew. When their time is over, counted
from the command, all are switched off and forgotten, before Discord forgets the command's token (15 minutes). All but
the one that deletes: its id says who asked, and so it needs nobody's memory.

Clicks are looked up here and not by discord.py, which knows of a button only when Discord has answered that it is
there, while somebody may have been quicker.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
import discord

from bot.interaction import Interaction
from bot.messages import layout
from bot.messages.layout import OPTIONS, Button, Menu, Option, Remake, Reply, View
from bot.requests.state import ended_at_once
from words.locales import Language

USE, DELETE = "use", "delete"
"""How the ids begin that Discord knows a button or menu by: `use-COMMAND-ID` and `delete-PERSON`."""

log = logging.getLogger(__name__)

Again = Callable[[Interaction, Remake], Awaitable[Reply]]
"""An acknowledged click, and what it wants, to the reply in place of the old one. Errors: as the command's."""

Failed = Callable[[Interaction, Exception], Awaitable[None]]


@dataclass(frozen=True)
class Choice:
    """Which of `count` faces of the photo called `photo`; `chosen`: the one that the reply is about, from 0."""

    photo: str
    count: int
    chosen: int


def of_faces(
    choices: Sequence[Choice], rows: int, words: Language, chosen: Callable[[tuple[int, ...]], Remake]
) -> tuple[Menu, ...]:
    """Menus for each of `choices` that is one, in so many `rows`; of more than 25 faces, one for each 25.

    A face for which no row is left cannot be chosen. `chosen`: makes the answer for these faces.
    """
    faces = tuple(choice.chosen for choice in choices)
    several = [(place, choice) for place, choice in enumerate(choices) if choice.count > 1]

    def picked(place: int, value: str) -> Remake:
        return chosen((*faces[:place], int(value), *faces[place + 1 :]))

    def menu(place: int, choice: Choice, first: int) -> Menu:
        which = ("first", "second")[place] if len(choices) > 1 else "only"
        last = min(first + OPTIONS, choice.count)

        def option(face: int) -> Option:
            label = words.text("menu-face", which=which, number=face + 1, photo=choice.photo)
            return Option(str(face), label, face == choice.chosen)

        return Menu(
            f"face-{place}-{first}",
            words.text("menu-faces", first=first + 1, last=last, photo=choice.photo),
            tuple(option(face) for face in range(first, last)),
            partial(picked, place),
        )

    return tuple(
        menu(place, choice, first)
        for place, choice in several
        for first in range(0, min(choice.count, rows // len(several) * OPTIONS), OPTIONS)
    )


def delete_button(words: Language) -> Button:
    return Button(DELETE, words.text("button-delete"))


def delete_id(person: int) -> str:
    """What Discord knows the button by that deletes the answer of `person`."""
    return f"{DELETE}-{person}"


class Menus:
    """All that can be used. `seconds`: how long it can; `words`: of the person of an interaction; `lost`: name of what
    is said of that which is not held here.
    """

    def __init__(self, seconds: float, words: Callable[[Interaction], Language], lost: str = "menu-over") -> None:
        self.seconds = seconds
        self.words = words
        self._lost = lost
        self._open: dict[int, Controls] = {}

    async def put(self, asked: Interaction, reply: Reply, again: Again, failed: Failed) -> None:
        """Answer `asked` by `reply`, with what it offers. `failed` tells a person what went wrong with a click."""
        await Controls(self, asked, reply, again, failed).open()

    def opened(self, controls: Controls) -> None:
        self._open[controls.asked.id] = controls

    def closed(self, controls: Controls) -> None:
        self._open.pop(controls.asked.id, None)

    def lacks(self, custom_id: str) -> bool:
        """Whether this stands under an answer that is not held here, so that its use is over, or another process's."""
        kind, _, rest = custom_id.partition("-")
        return kind == USE and rest.partition("-")[0] not in map(str, self._open)

    async def answer(self, interaction: Interaction) -> None:
        """A click on anything that stands under an answer, be it one that a bot before this one gave."""
        if interaction.type is not discord.InteractionType.component:
            return
        data: Mapping[str, Any] = interaction.data or {}
        kind, _, rest = data["custom_id"].partition("-")
        if kind == DELETE:
            await self._delete(interaction, int(rest))
        elif kind == USE:
            asked, _, what = rest.partition("-")
            controls = self._open.get(int(asked))
            if controls is None:
                await self._refuse(interaction, self._lost)
            elif interaction.user.id != controls.asked.user.id:
                await self._refuse(interaction, "menu-not-yours")
            else:
                await controls.use(interaction, what, data.get("values", ()))

    async def _delete(self, interaction: Interaction, requester: int) -> None:
        if interaction.user.id != requester and not interaction.permissions.manage_messages:
            await self._refuse(interaction, "delete-not-yours")
            return
        for controls in list(self._open.values()):
            if interaction.message is not None and interaction.message.id == controls.message:
                controls.forget()
        await interaction.response.defer()
        ended_at_once(interaction, "delete", "done")
        try:
            await interaction.delete_original_response()
        except discord.NotFound:
            log.info("an answer was deleted already")

    async def _refuse(self, interaction: Interaction, why: str) -> None:
        ended_at_once(interaction, "click", why.replace("-", "_"))
        await interaction.response.send_message(self.words(interaction).text(why), ephemeral=True)

    async def close(self) -> None:
        """Switch all off: the bot is about to end."""
        every = [controls.switch_off() for controls in list(self._open.values())]
        await asyncio.gather(*every, return_exceptions=True)


class Controls:
    """What can be used under the answer to `asked`, whose `message` it stands in once that is known."""

    def __init__(self, room: Menus, asked: Interaction, reply: Reply, again: Again, failed: Failed) -> None:
        self.asked = asked
        self.message: int | None = None
        self._room = room
        self._reply = reply
        self._again = again
        self._failed = failed
        self._turn = asyncio.Lock()
        self._forgotten = False
        self._view: View | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._end: asyncio.Task[None] | None = None

    async def open(self) -> None:
        left = self._seconds_left()
        if left <= 0:
            self._reply = replace(self._reply, menus=(), buttons=())
        if self._reply.menus or self._reply.buttons:
            self._timer = asyncio.get_running_loop().call_later(left, self._time_is_over)
            self._room.opened(self)
        try:
            async with self._turn:
                await self._put(self.asked, self._reply)
        except BaseException:
            self.forget()
            raise

    def _seconds_left(self) -> float:
        end = self.asked.created_at + timedelta(seconds=self._room.seconds)
        if self._reply.expires is not None:
            end = min(end, self._reply.expires)
        return (end - discord.utils.utcnow()).total_seconds()

    async def use(self, interaction: Interaction, what: str, values: Sequence[str]) -> None:
        """What goes wrong leaves the answer as it was."""
        try:
            control = self._offered(what)
            if isinstance(control, Button) and control.further is not None:
                await control.further(interaction)
                return
            await interaction.response.defer()
            async with self._turn:  # clicks are answered in the order in which they were made
                remake = self._wanted(self._offered(what), values)  # by the answer as it is now
                if remake is None or self._forgotten:
                    return
                reply = await self._again(interaction, remake)
                if not self._forgotten:
                    await self._put(interaction, reply)
        except Exception as error:
            await self._failed(interaction, error)

    async def _put(self, interaction: Interaction, reply: Reply) -> None:
        whole = replace(reply, buttons=(*reply.buttons, delete_button(self._room.words(self.asked))))
        message, self._view = await layout.put(interaction, whole, self._custom_id)
        self.message = message.id
        self._reply = replace(reply, shown=(), numbered=())  # nothing of a photo is kept while this waits

    def _offered(self, what: str) -> Button | Menu | None:
        offered: tuple[Button | Menu, ...] = (*self._reply.menus, *self._reply.buttons)
        return next((one for one in offered if one.id == what), None)

    def _wanted(self, control: Button | Menu | None, values: Sequence[str]) -> Remake | None:
        if isinstance(control, Menu):
            return control.remake(values[0])
        return control.remake if control is not None else None

    def _custom_id(self, what: str) -> str:
        return delete_id(self.asked.user.id) if what == DELETE else f"{USE}-{self.asked.id}-{what}"

    def forget(self) -> None:
        """Nothing of it can be used any more."""
        self._forgotten = True
        self._room.closed(self)
        if self._timer is not None:
            self._timer.cancel()

    def _time_is_over(self) -> None:
        self._end = asyncio.create_task(self.switch_off())

    async def switch_off(self) -> None:
        """Nothing can be used any more, and that can be seen; what is being answered is answered first."""
        self._room.closed(self)
        async with self._turn:
            if self._view is None or self._forgotten:
                return
            self.forget()
            for item in self._view.walk_children():
                if isinstance(item, discord.ui.Button | discord.ui.Select):
                    item.disabled = not (item.custom_id or "").startswith(DELETE)
            try:
                await self.asked.edit_original_response(view=self._view)
            except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as gone:
                # deleted, or Discord is unwell: nobody waits for this
                log.info("what stands under an answer could not be switched off: %s", gone)
