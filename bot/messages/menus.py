"""Buttons and menus under an answer, for the person who asked.

Nothing of the photos is kept while they wait. A button or menu knows where the attachments were and what the answer is
about; a click fetches the message with the photos again, and then the photos. Buttons and menus expire some time after
the command, before Discord forgets the command's token (15 minutes), and are disabled then. The delete button stays:
its id says who asked, so it needs no state.

Clicks are handled here and not by discord.py, which knows a button only after Discord has confirmed its message, while
somebody may have clicked sooner.
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
"""Prefixes of the custom ids: `use-COMMAND-ID` and `delete-PERSON`."""

log = logging.getLogger(__name__)

Rebuild = Callable[[Interaction, Remake], Awaitable[Reply]]
"""Makes the reply that replaces the old one, for an acknowledged click. Raises what the command raises."""

OnFailure = Callable[[Interaction, Exception], Awaitable[None]]


@dataclass(frozen=True)
class Choice:
    """A choice among the `count` faces of `photo`. `chosen`: the face that the reply is about, counted from 0."""

    photo: str
    count: int
    chosen: int


def face_menus(
    choices: Sequence[Choice], rows: int, words: Language, chosen: Callable[[tuple[int, ...]], Remake]
) -> tuple[Menu, ...]:
    """Menus for those of `choices` with several faces, in `rows` rows at most; a menu for every 25 faces.

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
    """The custom id of the button that deletes an answer to `person`."""
    return f"{DELETE}-{person}"


class Menus:
    """All active buttons and menus. `seconds`: for how long they work; `words`: gives the language of an interaction;
    `unknown_key`: the message for a click on one that is not held here.
    """

    def __init__(
        self, seconds: float, words: Callable[[Interaction], Language], unknown_key: str = "menu-over"
    ) -> None:
        self.seconds = seconds
        self.words = words
        self._unknown_key = unknown_key
        self._open: dict[int, Controls] = {}

    async def put(self, asked: Interaction, reply: Reply, rebuild: Rebuild, on_failure: OnFailure) -> None:
        """Answer `asked` by `reply`, with its buttons and menus. `on_failure`: answers a click that failed."""
        await Controls(self, asked, reply, rebuild, on_failure).open()

    def add(self, controls: Controls) -> None:
        self._open[controls.asked.id] = controls

    def remove(self, controls: Controls) -> None:
        self._open.pop(controls.asked.id, None)

    def lacks(self, custom_id: str) -> bool:
        """Whether this belongs to an answer that is not held here: it has expired, or another process holds it."""
        kind, _, rest = custom_id.partition("-")
        return kind == USE and rest.partition("-")[0] not in map(str, self._open)

    async def answer(self, interaction: Interaction) -> None:
        """Handle a click on a button or menu of an answer, even of one that an earlier run of the bot gave."""
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
                await self._refuse(interaction, self._unknown_key)
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
        """Disable all: the bot is about to end."""
        every = [controls.disable() for controls in list(self._open.values())]
        await asyncio.gather(*every, return_exceptions=True)


class Controls:
    """The buttons and menus under the answer to `asked`. `message`: the id of the answer, once that is known."""

    def __init__(self, menus: Menus, asked: Interaction, reply: Reply, rebuild: Rebuild, on_failure: OnFailure) -> None:
        self.asked = asked
        self.message: int | None = None
        self._menus = menus
        self._reply = reply
        self._rebuild = rebuild
        self._on_failure = on_failure
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
            self._timer = asyncio.get_running_loop().call_later(left, self._on_timeout)
            self._menus.add(self)
        try:
            async with self._turn:
                await self._put(self.asked, self._reply)
        except BaseException:
            self.forget()
            raise

    def _seconds_left(self) -> float:
        end = self.asked.created_at + timedelta(seconds=self._menus.seconds)
        if self._reply.expires is not None:
            end = min(end, self._reply.expires)
        return (end - discord.utils.utcnow()).total_seconds()

    async def use(self, interaction: Interaction, what: str, values: Sequence[str]) -> None:
        """Handle a click. If it fails, the answer stays as it was."""
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
                reply = await self._rebuild(interaction, remake)
                if not self._forgotten:
                    await self._put(interaction, reply)
        except Exception as error:
            await self._on_failure(interaction, error)

    async def _put(self, interaction: Interaction, reply: Reply) -> None:
        whole = replace(reply, buttons=(*reply.buttons, delete_button(self._menus.words(self.asked))))
        message, self._view = await layout.put(interaction, whole, self._custom_id)
        self.message = message.id
        self._reply = replace(reply, shown=(), numbered=())  # keep nothing of a photo while this waits

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
        """Ignore further clicks."""
        self._forgotten = True
        self._menus.remove(self)
        if self._timer is not None:
            self._timer.cancel()

    def _on_timeout(self) -> None:
        self._end = asyncio.create_task(self.disable())

    async def disable(self) -> None:
        """Disable all visibly, after the click that is being answered."""
        self._menus.remove(self)
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
                log.info("the buttons of an answer could not be disabled: %s", gone)
