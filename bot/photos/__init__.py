"""Where photos come from: the options of a command, a message, and the newest messages of a channel or thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace

import aiohttp
import discord

from bot.access.places import Place
from bot.config import DiscordSection, LimitsSection
from bot.errors import MissingPermission, NoAvatar, NoPhotosInMessage, NotInThread
from bot.photos.batches import BATCH_BYTES, BATCH_PHOTOS, Batches, Gathered, in_batches
from bot.photos.download import Downloads
from bot.photos.hosts import Hosts
from bot.photos.sources import File, Found, Origin, Person, Source, find, of_attachment, of_avatar, of_message, renewed
from core.contracts import NoPhotos, Photo, PhotoError, Skipped

__all__ = ["BATCH_BYTES", "BATCH_PHOTOS", "Batches", "File", "Found", "Gathered", "Origin", "Photos", "Source"]

Input = discord.Attachment | Person | discord.Message


class Photos:
    """Finds photos, and downloads them within the limits of the settings."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        limits: LimitsSection,
        settings: DiscordSection,
        on_fetched: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._limits = limits
        self._hosts = Hosts(settings.cdn_hosts)
        self._downloads = Downloads(session, limits, self._hosts, on_fetched)

    def found(self, files: Iterable[File]) -> Found:
        """Find the pictures among the files, in their order."""
        return find(files, self._hosts)

    def files(self, given: Input, requester: discord.abc.User) -> list[File]:
        """The files of an attachment, a person's avatar or a message that a command of `requester` was given.

        Raises NoAvatar for a person who has none, NoPhotosInMessage for a message that shows none.
        """
        match given:
            case discord.Attachment():
                return [of_attachment(given, chosen=True)]
            case discord.Message():
                files = of_message(given)
                found = find(files, self._hosts)
                if not found.pictures:
                    raise NoPhotosInMessage(found.skipped)
                return files
            case _:
                avatar = of_avatar(given)
                if avatar is None:
                    raise NoAvatar(given.mention, "own" if given.id == requester.id else "other")
                return [avatar]

    def renewed(self, source: Source, message: discord.Message) -> Source | None:
        """The source with its current address in `message`. None: the message no longer shows it."""
        return renewed(source, message, self._hosts)

    async def fetch(self, *sources: Source) -> list[Photo]:
        """Fetch the photos in their order. Raises FileTooLarge or DownloadFailed for the first that fails."""
        photos = []
        for photo in await self._downloads.fetch(sources):
            if isinstance(photo, PhotoError):
                raise photo
            photos.append(photo)
        return photos

    async def fetch_all(self, found: Found) -> Gathered:
        """Fetch the photos in their order, as many as memory may hold at once; the others are skipped."""
        chosen: list[Source] = []
        skipped = list(found.skipped)
        room = self._limits.lookalikes_bytes
        for one in found.pictures:
            size = one.room(self._limits.file_bytes)
            if size > room:
                skipped.append(Skipped(one.name, "no_room", place=one.place))
            else:
                room -= size
                chosen.append(one)
        gathered = await self._gather(chosen)
        left = sorted((*gathered.skipped, *skipped), key=lambda one: one.place)
        return Gathered(gathered.photos, tuple(left), gathered.places, gathered.spoiler)

    async def newest_in(self, place: Place, limit: int) -> Found:
        """Find the newest `limit` pictures in the newest messages of `place`, and the other files between them.

        Raises MissingPermission and NotInThread, and NoPhotos: there is no picture.
        """
        files: list[File] = []
        pictures = 0
        async for file in self._files_in(place):
            files.append(file)
            pictures += bool(file.picture and self._hosts.first_allowed(file.addresses))
            if pictures == limit:
                break
        if not pictures:
            raise NoPhotos(place.mention, self._limits.average_history)
        return find(files, self._hosts)

    def batches(self, pictures: Sequence[Source]) -> Batches:
        """Fetch the photos a few at a time, in their order."""
        return Batches(in_batches(pictures), self._gather)

    async def _files_in(self, place: Place) -> AsyncIterator[File]:
        """The files that people posted, newest message first, without the bot's own answers."""
        try:
            async for message in place.history(limit=self._limits.average_history):
                if message.author.id != place.guild.me.id:
                    origin = place.get_partial_message(message.id)
                    for file in of_message(message):
                        yield replace(file, message=origin)
        except discord.Forbidden:
            if isinstance(place, discord.Thread):  # a private one that the bot was not added to
                raise NotInThread("bot", place.mention) from None
            raise MissingPermission("view_channel", place.mention) from None

    async def _gather(self, pictures: Sequence[Source]) -> Gathered:
        """Fetch the pictures, and skip those that cannot be fetched."""
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
