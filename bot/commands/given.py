"""The photos that a command was given: files, people's avatars, a message in somebody's hands, a link to one."""

from __future__ import annotations

import discord

from bot import links, permissions
from bot.commands import Interaction, Rooms
from bot.links import Link
from bot.photos import Found

Thing = discord.Attachment | discord.User | discord.Member | discord.Message | None


class Given:
    """Looked at before the command is acknowledged, as far as can be without asking Discord: what is wrong so far is
    answered at once, for the person alone.

    `message`: a link to one. Raises MissingPermission, NotInstalledHere, NotAMessageLink, NoSuchMessage, NoAvatar and
    NoPhotosInMessage.
    """

    def __init__(self, rooms: Rooms, interaction: Interaction, *things: Thing, message: str | None = None) -> None:
        permissions.check_pictures(interaction)
        self._rooms = rooms
        self._interaction = interaction
        present = [one for one in things if one is not None]
        self._things: list[discord.Attachment | discord.User | discord.Member | discord.Message | Link] = [
            links.with_pictures(one) if isinstance(one, discord.Message) else one for one in present
        ]
        self.url = next((one.jump_url for one in present if isinstance(one, discord.Message)), None)
        if message is not None:
            link = Link.parse(message)
            self._things.append(link)
            self.url = link.url
        for one in self._things:
            if isinstance(one, Link):
                links.check(interaction, one, message_content=rooms.settings.discord.message_content)
            else:
                rooms.photos.found(one)

    def __len__(self) -> int:
        """Things, of which a message may show several pictures."""
        return len(self._things)

    @property
    def people(self) -> int:
        return sum(isinstance(one, discord.User | discord.Member) for one in self._things)

    async def found(self, *more: discord.Attachment | None) -> Found:
        """All the pictures, and `more`. Errors as above, of what Discord had to be asked for."""
        things = []
        for one in self._things:
            things.append(await self._followed(one) if isinstance(one, Link) else one)
        return self._rooms.photos.found(*things, *more)

    async def _followed(self, link: Link) -> discord.Message:
        message = links.with_pictures(await links.fetch(self._interaction, link))
        return await links.fetch(self._interaction, message) if isinstance(message, Link) else message
