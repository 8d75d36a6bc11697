"""The photos that a command was given: files, people's avatars, a message in somebody's hands, a link to one."""

from __future__ import annotations

import discord

from bot import links, permissions
from bot.commands import Interaction, Rooms
from bot.links import Link
from bot.photos import File, Found
from bot.photos.sources import of_message

Thing = discord.Attachment | discord.User | discord.Member | discord.Message | None


class Given:
    """Looked at before the command is acknowledged, as far as can be without asking Discord: what is wrong so far is
    answered at once.

    Of messages no more is kept than where their pictures are. `message`: a link to one. Raises MissingPermission,
    NotInstalledHere, NotAMessageLink, NoSuchMessage, NoAvatar and NoPhotosInMessage.
    """

    def __init__(self, rooms: Rooms, interaction: Interaction, *things: Thing, message: str | None = None) -> None:
        permissions.check_pictures(interaction)
        self._rooms = rooms
        present = [one for one in things if one is not None]
        self.people = sum(isinstance(one, discord.User | discord.Member) for one in present)
        self.url = next((one.jump_url for one in present if isinstance(one, discord.Message)), None)
        self._things: list[list[File] | Link] = []
        for one in present:
            shown = _with_pictures(one) if isinstance(one, discord.Message) else one
            self._things.append(shown if isinstance(shown, Link) else rooms.photos.files(shown))
        if message is not None:
            link = Link.parse(message)
            self._things.append(link)
            self.url = link.url
        for thing in self._things:
            if isinstance(thing, Link):
                self._check(interaction, thing)

    def __len__(self) -> int:
        """Things, of which a message may show several pictures."""
        return len(self._things)

    async def found(self, interaction: Interaction, *more: discord.Attachment | None) -> Found:
        """All the pictures, and `more`, for the person of the command, or of a click on its answer.

        Errors as above, by what is true now, and of what Discord had to be asked for.
        """
        permissions.check_pictures(interaction)
        files: list[File] = []
        for one in self._things:
            files += await self._followed(interaction, one) if isinstance(one, Link) else one
        for attachment in more:
            if attachment is not None:
                files += self._rooms.photos.files(attachment)
        return self._rooms.photos.found(files)

    async def _followed(self, interaction: Interaction, link: Link) -> list[File]:
        self._check(interaction, link)
        message = _with_pictures(await links.fetch(interaction, link))
        shown = await links.fetch(interaction, message) if isinstance(message, Link) else message
        return self._rooms.photos.files(shown)

    def _check(self, interaction: Interaction, link: Link) -> None:
        links.check(interaction, link, message_content=self._rooms.settings.discord.message_content)


def _with_pictures(message: discord.Message) -> discord.Message | Link:
    """`message`, or where it shows no picture itself the one that it replies to: a link, if Discord did not tell it."""
    reference = message.reference
    if of_message(message) or reference is None or reference.message_id is None:
        return message
    if reference.type is not discord.MessageReferenceType.reply:  # what is forwarded is in the message itself
        return message
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if isinstance(reference.resolved, discord.DeletedReferencedMessage):
        return message
    return Link(reference.guild_id, reference.channel_id, reference.message_id)
