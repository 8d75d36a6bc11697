"""The photos that a command was given: files, people's avatars, a message that came with it, a link to a message.

A click on the answer fetches the message again: it may be gone, or the person may no longer read it. A message that was
given by its context menu may be in a place that the bot cannot read. There the bot knows only the person's own
permissions, and it uses the photos for `limits.unchecked_menu_seconds`: long enough to look at an answer and click once
or twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import discord

from bot.access import links, permissions
from bot.access.links import Link
from bot.commands import Services
from bot.errors import LinkExpired, MissingPermission, NotInstalledHere, NotInThread
from bot.interaction import Interaction
from bot.photos import File, Found, Origin, Source
from bot.photos.sources import of_message
from core.contracts import PersonError

Thing = discord.Attachment | discord.User | discord.Member | discord.Message | None


class Inputs:
    """The inputs of a command, checked before it is acknowledged as far as that takes no request, so that errors are
    answered at once.

    It keeps no more of a message than where its pictures are. `message`: a link to one. Raises MissingPermission,
    NotInstalledHere, NotAMessageLink, NoSuchMessage, NoAvatar and NoPhotosInMessage.
    """

    def __init__(
        self, services: Services, interaction: Interaction, *things: Thing, message: str | None = None
    ) -> None:
        permissions.check_pictures(interaction)
        self._services = services
        present = [one for one in things if one is not None]
        self.people = sum(isinstance(one, discord.User | discord.Member) for one in present)
        self.url = next((one.jump_url for one in present if isinstance(one, discord.Message)), None)
        self._things: list[list[File] | Link] = []
        for one in present:
            shown = _with_pictures(one) if isinstance(one, discord.Message) else one
            if isinstance(shown, discord.Message):
                link = Link(interaction.guild_id, shown.channel.id, shown.id)
                self._things.append(self._files(interaction, shown, Origin(link, interaction.id, from_menu=True)))
            else:
                self._things.append(
                    shown if isinstance(shown, Link) else services.photos.files(shown, interaction.user)
                )
        if message is not None:
            link = Link.parse(message)
            self._things.append(link)
            self.url = link.url
        for thing in self._things:
            if isinstance(thing, Link):
                self._check(interaction, thing)

    def __len__(self) -> int:
        """How many inputs there are; a message counts once, though it may show several pictures."""
        return len(self._things)

    async def found(self, interaction: Interaction, *more: discord.Attachment | None) -> Found:
        """Find all the pictures, and `more`, for the person of the command, or of a click on its answer.

        Raises the errors above, by what is true now, and those of the requests to Discord.
        """
        permissions.check_pictures(interaction)
        files: list[File] = []
        for one in self._things:
            if isinstance(one, Link):
                files += await self._followed(interaction, one)
            else:
                files += await self._still(interaction, one)
        for attachment in more:
            if attachment is not None:
                files += self._services.photos.files(attachment, interaction.user)
        return self._services.photos.found(files)

    async def _followed(self, interaction: Interaction, link: Link) -> list[File]:
        self._check(interaction, link)
        message = _with_pictures(await links.fetch(interaction, link))
        shown = await links.fetch(interaction, message) if isinstance(message, Link) else message
        return self._files(interaction, shown, Origin(Link(link.guild, shown.channel.id, shown.id), interaction.id))

    async def _still(self, interaction: Interaction, files: list[File]) -> list[File]:
        """The pictures that the message of `files` shows now."""
        origin = files[0].origin
        if origin is None or origin.interaction_id == interaction.id:
            return files
        message = await _fetch_again(self._services, interaction, origin)
        return (
            files
            if message is None
            else self._files(interaction, message, replace(origin, interaction_id=interaction.id))
        )

    def _files(self, interaction: Interaction, message: discord.Message, origin: Origin) -> list[File]:
        return [replace(file, origin=origin) for file in self._services.photos.files(message, interaction.user)]

    def _check(self, interaction: Interaction, link: Link) -> None:
        links.check(interaction, link, message_content=self._services.settings.discord.message_content)


async def current(services: Services, interaction: Interaction, *sources: Source) -> list[Source]:
    """Check and renew sources, found for an earlier interaction, for the person of this one.

    Raises NoSuchMessage: a message is gone, or the person may not read it; LinkExpired: it no longer shows the photo;
    MissingPermission, NotInThread, NotInstalledHere: the bot may not read it.
    """
    permissions.check_pictures(interaction)
    messages: dict[Origin, discord.Message | None] = {}
    found = []
    for source in sources:
        origin = source.origin
        if origin is None or origin.interaction_id == interaction.id:
            found.append(source)
            continue
        if origin not in messages:
            messages[origin] = await _fetch_again(services, interaction, origin)
        message = messages[origin]
        renewed = source if message is None else services.photos.renewed(source, message)
        if renewed is None:
            raise LinkExpired(source.name)
        found.append(renewed)
    return found


def expiry(services: Services, interaction: Interaction, sources: Iterable[Source]) -> datetime | None:
    """When the controls of an answer about `sources` expire, if the bot cannot check that they exist; else None."""
    unchecked = {source.origin for source in sources if source.origin is not None and source.origin.from_menu}
    try:
        for origin in unchecked:
            links.check(interaction, origin.link, message_content=True)
    except PersonError:
        return min(_unchecked_until(services, origin) for origin in unchecked)
    return None


async def _fetch_again(services: Services, interaction: Interaction, origin: Origin) -> discord.Message | None:
    """Fetch the message again; None: the bot cannot see it or its content, and may use its photos all the same.

    Raises what `current` raises.
    """
    try:
        message = await links.fetch(interaction, origin.link)
    except (MissingPermission, NotInThread, NotInstalledHere):
        if origin.from_menu and discord.utils.utcnow() < _unchecked_until(services, origin):
            return None
        raise
    if origin.from_menu and not services.settings.discord.message_content and not of_message(message):
        return None
    return message


def _unchecked_until(services: Services, origin: Origin) -> datetime:
    seen = discord.utils.snowflake_time(origin.interaction_id)
    return seen + timedelta(seconds=services.settings.limits.unchecked_menu_seconds)


def _with_pictures(message: discord.Message) -> discord.Message | Link:
    """`message`, or the one that it replies to if it shows no picture: a link if Discord did not send that one."""
    reference = message.reference
    if of_message(message) or reference is None or reference.message_id is None:
        return message
    if reference.type is not discord.MessageReferenceType.reply:  # a forwarded message is part of the message itself
        return message
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if isinstance(reference.resolved, discord.DeletedReferencedMessage):
        return message
    return Link(reference.guild_id, reference.channel_id, reference.message_id)
