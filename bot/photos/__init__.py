"""Where photos come from: the attachments of a command, and the newest messages of a channel or thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import aiohttp
import discord

from bot.config import DiscordSection, LimitsSection
from bot.photos.batches import BATCH_BYTES, BATCH_PHOTOS, Batches, Gathered, in_batches
from bot.photos.download import Downloads, Hosts
from bot.photos.sources import Found, Source, is_picture, named
from bot.places import Place
from core.contracts import MissingPermission, NoPhotos, Photo, PhotoError, Skipped

__all__ = ["BATCH_BYTES", "BATCH_PHOTOS", "Batches", "Found", "Gathered", "Photos", "Source"]


class Photos:
    """Finds photos, and fetches them by `session` within the limits of the settings."""

    def __init__(self, session: aiohttp.ClientSession, limits: LimitsSection, settings: DiscordSection) -> None:
        self._limits = limits
        self._message_content = settings.message_content
        self._downloads = Downloads(session, limits, Hosts(settings.cdn_hosts))

    def found(self, *given: discord.Attachment | None) -> Found:
        """What a command was given, in its order."""
        return Found(tuple(named(Source.of_attachment(one) for one in given if one is not None)))

    async def of(self, *sources: Source) -> list[Photo]:
        """The photos in their order. Raises FileTooLarge or DownloadFailed for the first that cannot be had."""
        photos = []
        for photo in await self._downloads.fetch(sources):
            if isinstance(photo, PhotoError):
                raise photo
            photos.append(photo)
        return photos

    async def each(self, found: Found) -> Gathered:
        """The photos in their order; one that cannot be had is among the skipped."""
        return _with(await self._gathered(found.pictures), found.skipped)

    async def of_place(self, place: Place, limit: int) -> Gathered:
        """The newest `limit` photos among the newest messages of `place`, as many as memory may hold at once.

        A photo that cannot be had is among the skipped. Raises MissingPermission, and NoPhotos: there is none.
        """
        found = await self.posted(place, limit)
        chosen: list[Source] = []
        skipped: list[Skipped] = []
        room = self._limits.lookalikes_bytes
        for one in found.pictures:
            if one.size > room:
                skipped.append(Skipped(one.name, "no_room", place=one.place))
            else:
                room -= one.size
                chosen.append(one)
        return _with(await self._gathered(chosen), (*skipped, *found.skipped))

    async def posted(self, place: Place, limit: int) -> Found:
        """The newest `limit` pictures among the newest messages of `place`, and the other files between them.

        Raises MissingPermission, and NoPhotos: there is no picture.
        """
        self._check_permissions(place)
        attachments: list[discord.Attachment] = []
        pictures = 0
        async for attachment in self._attachments(place):
            attachments.append(attachment)
            pictures += is_picture(attachment)
            if pictures == limit:
                break
        if not pictures:
            raise NoPhotos(place.mention, self._limits.average_history)
        pairs = list(zip(named(map(Source.of_attachment, attachments)), attachments, strict=True))
        return Found(
            tuple(source for source, attachment in pairs if is_picture(attachment)),
            tuple(
                Skipped(source.name, "not_a_picture", place=source.place)
                for source, attachment in pairs
                if not is_picture(attachment)
            ),
        )

    def batches(self, pictures: Sequence[Source]) -> Batches:
        """The photos a few at a time, in their order."""
        return Batches(in_batches(pictures), self._gathered)

    def _check_permissions(self, place: Place) -> None:
        """Discord itself answers a missing permission to read the history with no messages at all."""
        permissions = place.permissions_for(place.guild.me)
        for name in ("view_channel", "read_message_history"):
            if not getattr(permissions, name):
                raise MissingPermission(name, place.mention)
        if not self._message_content:  # then Discord leaves other people's attachments out of what it tells
            raise MissingPermission("message_content", place.mention)

    async def _attachments(self, place: Place) -> AsyncIterator[discord.Attachment]:
        """Files that people posted, the newest message first; the bot's own answers are none of them."""
        try:
            async for message in place.history(limit=self._limits.average_history):
                if message.author.id != place.guild.me.id:
                    for attachment in message.attachments:
                        yield attachment
        except discord.Forbidden:  # a private thread that the bot was not added to
            raise MissingPermission("view_channel", place.mention) from None

    async def _gathered(self, pictures: Sequence[Source]) -> Gathered:
        """What of these can be had, and what cannot."""
        fetched = await self._downloads.fetch(pictures)
        pairs = list(zip(fetched, pictures, strict=True))
        return Gathered(
            tuple(photo for photo in fetched if isinstance(photo, Photo)),
            tuple(
                Skipped(error.photo, error.code, place=one.place)
                for error, one in pairs
                if isinstance(error, PhotoError)
            ),
            tuple(one.place for photo, one in pairs if isinstance(photo, Photo)),
            any(one.spoiler for photo, one in pairs if isinstance(photo, Photo)),
        )


def _with(gathered: Gathered, skipped: Sequence[Skipped]) -> Gathered:
    """And what was left out before, all in its order."""
    left = sorted((*gathered.skipped, *skipped), key=lambda one: one.place)
    return Gathered(gathered.photos, tuple(left), gathered.places, gathered.spoiler)
