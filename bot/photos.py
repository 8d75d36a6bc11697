"""Where photos come from: the attachments of a command, and the newest messages of a channel or thread.

Fetched by the bot itself, because attachments' addresses are signed and expire; only from Discord's own hosts, never
following a redirect, and never more bytes than the limit, whatever the sender claims.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import aiohttp
import discord
from yarl import URL

from bot.config import DiscordSection, LimitsSection
from bot.places import Place
from core.contracts import DownloadFailed, FileTooLarge, MissingPermission, NoPhotos, Photo, PhotoError, Skipped

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif"})
"""What counts as a photo in a thread where Discord did not tell a content type, as for HEIC."""

CHUNK = 64 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Gathered:
    """Photos of a place, the newest first, and those that could not be had."""

    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...]


class Photos:
    """Fetches photos by `session`, within the limits of the settings."""

    def __init__(self, session: aiohttp.ClientSession, limits: LimitsSection, settings: DiscordSection) -> None:
        self._session = session
        self._limits = limits
        self._hosts = frozenset(settings.cdn_hosts)
        self._message_content = settings.message_content
        self._timeout = aiohttp.ClientTimeout(total=limits.download_seconds)

    async def of(self, *attachments: discord.Attachment) -> list[Photo]:
        """The photos in their order. Raises FileTooLarge or DownloadFailed for the first that cannot be had."""
        photos = []
        for photo in await self._fetch(attachments):
            if isinstance(photo, PhotoError):
                raise photo
            photos.append(photo)
        return photos

    async def each(self, *attachments: discord.Attachment) -> Gathered:
        """The photos in their order; one that cannot be had is among the skipped."""
        return _gathered(await self._fetch(attachments))

    async def of_place(self, place: Place, limit: int) -> Gathered:
        """The newest `limit` photos among the newest messages of `place`.

        A photo that cannot be had is among the skipped. Raises MissingPermission, and NoPhotos: there is none.
        """
        self._check_permissions(place)
        chosen: list[discord.Attachment] = []
        skipped: list[Skipped] = []
        total = 0
        async for attachment in self._posted(place):
            if len(chosen) + len(skipped) == limit:
                break
            if total + attachment.size > self._limits.average_bytes:
                skipped.append(Skipped(attachment.filename, "no_room"))
                continue
            total += attachment.size
            chosen.append(attachment)
        if not chosen and not skipped:
            raise NoPhotos(place.mention, self._limits.average_history)
        return _gathered(await self._fetch(chosen), skipped)

    def _check_permissions(self, place: Place) -> None:
        """Discord itself answers a missing permission to read the history with no messages at all."""
        permissions = place.permissions_for(place.guild.me)
        for name in ("view_channel", "read_message_history"):
            if not getattr(permissions, name):
                raise MissingPermission(name, place.mention)
        if not self._message_content:  # then Discord leaves other people's attachments out of what it tells
            raise MissingPermission("message_content", place.mention)

    async def _posted(self, place: Place) -> AsyncIterator[discord.Attachment]:
        """Pictures that people posted, the newest message first; the bot's own answers are none of them."""
        try:
            async for message in place.history(limit=self._limits.average_history):
                if message.author.id != place.guild.me.id:
                    for attachment in message.attachments:
                        if _is_picture(attachment):
                            yield attachment
        except discord.Forbidden:  # a private thread that the bot was not added to
            raise MissingPermission("view_channel", place.mention) from None

    async def _fetch(self, attachments: Sequence[discord.Attachment]) -> list[Photo | PhotoError]:
        """Each photo, or what is wrong with it, in the order given."""
        turns = asyncio.Semaphore(self._limits.downloads)

        async def fetch(attachment: discord.Attachment, name: str) -> Photo | PhotoError:
            async with turns:
                try:
                    return Photo(name, await self._download(attachment, name))
                except PhotoError as error:
                    return error
                except (aiohttp.ClientError, TimeoutError):
                    return DownloadFailed(name)

        names = distinct(attachment.filename for attachment in attachments)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(*pair)) for pair in zip(attachments, names, strict=True)]
        return [task.result() for task in tasks]

    async def _download(self, attachment: discord.Attachment, name: str) -> bytes:
        url = URL(attachment.url)
        if not self._may_fetch(url):
            raise DownloadFailed(name)
        limit = self._limits.file_bytes
        if attachment.size > limit:
            raise FileTooLarge(name, attachment.size, limit)
        data = bytearray()
        async with self._session.get(url, allow_redirects=False, timeout=self._timeout) as response:
            if response.status != 200:
                raise DownloadFailed(name)
            async for chunk in response.content.iter_chunked(CHUNK):
                data += chunk
                if len(data) > limit:
                    raise FileTooLarge(name, max(len(data), response.content_length or 0), limit)
        return bytes(data)

    def _may_fetch(self, url: URL) -> bool:
        """An entry of the list may name a port, which must then be the address's."""
        secure = url.scheme == "https" or url.host in LOOPBACK
        return secure and (url.host in self._hosts or url.authority in self._hosts)


def _gathered(found: Sequence[Photo | PhotoError], skipped: Iterable[Skipped] = ()) -> Gathered:
    return Gathered(
        tuple(photo for photo in found if isinstance(photo, Photo)),
        (*(Skipped(error.photo, error.code) for error in found if isinstance(error, PhotoError)), *skipped),
    )


def distinct(names: Iterable[str]) -> list[str]:
    """The names, those that occur more than once numbered: phones call every photo `image0.jpg`."""
    names = list(names)
    often = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name} ({seen[name]})" if name in often else name)
    return result


def _is_picture(attachment: discord.Attachment) -> bool:
    if attachment.content_type:
        return attachment.content_type.startswith("image/")
    return PurePosixPath(attachment.filename).suffix.lower() in EXTENSIONS
