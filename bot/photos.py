"""Where photos come from: the attachments of a command, and the newest messages of a channel or thread.

Fetched by the bot itself, because attachments' addresses are signed and expire; only from Discord's own hosts, never
following a redirect, and never more bytes than the limit, whatever the sender claims. What fails by chance, such as a
connection that breaks, is tried again after a moment, as long as there is time. Where an address is no longer good, the
message that the photo hangs on is asked for a new one, once; an option of a command has no message.
"""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar

import aiohttp
import discord
import tenacity
from yarl import URL

from bot.config import DiscordSection, LimitsSection
from bot.places import Place
from core.contracts import (
    AccessDenied,
    DownloadFailed,
    FileTooLarge,
    LinkExpired,
    MissingPermission,
    NoPhotos,
    Photo,
    PhotoError,
    Skipped,
)

T = TypeVar("T")

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif"})
"""What counts as a photo in a thread where Discord did not tell a content type, as for HEIC."""

REFUSALS = {401: AccessDenied, 403: AccessDenied, 404: LinkExpired, 410: LinkExpired}
"""What it means when the host of a photo answers so; 404 is what Discord's says to an address that has expired."""

CHUNK = 64 * 1024
TRIES = 4
STALLED = 1 / 3
"""Part of the time for a download after which a silent connection is given up for another one."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


BATCH_PHOTOS = 4
BATCH_BYTES = 16 * 1024 * 1024
"""Photos that are worked on together, where there are many: at most so many, and where they are several so large. A
batch takes a worker some 0.3 s, and others get their turn after it."""


@dataclass(frozen=True)
class Posted:
    """A picture in a place. `name`: no other file there has it; `place`: among all of them, the newest first.

    `message`: which it hangs on, where there is one.
    """

    attachment: discord.Attachment
    name: str
    place: int
    message: discord.PartialMessage | None = None


@dataclass(frozen=True)
class Listing:
    """What was posted in a place, the newest first: the pictures, and what is none."""

    pictures: tuple[Posted, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Gathered:
    """Photos, the newest first, and those that could not be had. `places`: of each photo, see Posted."""

    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...]
    places: tuple[int, ...] = ()

    def leaving_out(self, photos: Sequence[Photo], reason: str) -> Gathered:
        """These are among the skipped then."""
        pairs = list(zip(self.photos, self.places, strict=True))
        kept = [(photo, place) for photo, place in pairs if photo not in photos]
        out = (Skipped(photo.name, reason, place=place) for photo, place in pairs if photo in photos)
        return Gathered(tuple(photo for photo, _ in kept), (*self.skipped, *out), tuple(place for _, place in kept))


class Photos:
    """Fetches photos by `session`, within the limits of the settings."""

    def __init__(self, session: aiohttp.ClientSession, limits: LimitsSection, settings: DiscordSection) -> None:
        self._session = session
        self._limits = limits
        self._hosts = frozenset(settings.cdn_hosts)
        self._message_content = settings.message_content
        silence = STALLED * limits.download_seconds
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=silence, sock_read=silence)

    async def of(self, *attachments: discord.Attachment) -> list[Photo]:
        """The photos in their order. Raises FileTooLarge or DownloadFailed for the first that cannot be had."""
        photos = []
        for photo in await self._fetch(_named(attachments)):
            if isinstance(photo, PhotoError):
                raise photo
            photos.append(photo)
        return photos

    async def each(self, *attachments: discord.Attachment) -> Gathered:
        """The photos in their order; one that cannot be had is among the skipped."""
        return await self._gathered(_named(attachments))

    async def of_place(self, place: Place, limit: int) -> Gathered:
        """The newest `limit` photos among the newest messages of `place`, as many as memory may hold at once.

        A photo that cannot be had is among the skipped. Raises MissingPermission, and NoPhotos: there is none.
        """
        listing = await self.posted(place, limit)
        chosen: list[Posted] = []
        skipped: list[Skipped] = []
        room = self._limits.lookalikes_bytes
        for one in listing.pictures:
            if one.attachment.size > room:
                skipped.append(Skipped(one.name, "no_room", place=one.place))
            else:
                room -= one.attachment.size
                chosen.append(one)
        gathered = await self._gathered(chosen)
        left = sorted((*gathered.skipped, *skipped, *listing.skipped), key=lambda one: one.place)
        return Gathered(gathered.photos, tuple(left), gathered.places)

    async def posted(self, place: Place, limit: int) -> Listing:
        """The newest `limit` pictures among the newest messages of `place`, and the other files between them.

        Raises MissingPermission, and NoPhotos: there is no picture.
        """
        self._check_permissions(place)
        found: list[discord.Attachment] = []
        messages: list[discord.PartialMessage] = []
        pictures = 0
        async for message, attachment in self._attachments(place):
            found.append(attachment)
            messages.append(message)
            pictures += _is_picture(attachment)
            if pictures == limit:
                break
        if not pictures:
            raise NoPhotos(place.mention, self._limits.average_history)
        named = _named(found, messages)
        return Listing(
            tuple(one for one in named if _is_picture(one.attachment)),
            tuple(
                Skipped(one.name, "not_a_picture", place=one.place) for one in named if not _is_picture(one.attachment)
            ),
        )

    def batches(self, pictures: Sequence[Posted]) -> Batches:
        """The photos a few at a time, in their order."""
        return Batches(_in_batches(pictures), self._gathered)

    def _check_permissions(self, place: Place) -> None:
        """Discord itself answers a missing permission to read the history with no messages at all."""
        permissions = place.permissions_for(place.guild.me)
        for name in ("view_channel", "read_message_history"):
            if not getattr(permissions, name):
                raise MissingPermission(name, place.mention)
        if not self._message_content:  # then Discord leaves other people's attachments out of what it tells
            raise MissingPermission("message_content", place.mention)

    async def _attachments(self, place: Place) -> AsyncIterator[tuple[discord.PartialMessage, discord.Attachment]]:
        """Files that people posted, the newest message first; the bot's own answers are none of them."""
        try:
            async for message in place.history(limit=self._limits.average_history):
                if message.author.id != place.guild.me.id:
                    for attachment in message.attachments:
                        yield place.get_partial_message(message.id), attachment
        except discord.Forbidden:  # a private thread that the bot was not added to
            raise MissingPermission("view_channel", place.mention) from None

    async def _gathered(self, pictures: Sequence[Posted]) -> Gathered:
        """What of these can be had, and what cannot."""
        found = await self._fetch(pictures)
        pairs = list(zip(found, pictures, strict=True))
        return Gathered(
            tuple(photo for photo in found if isinstance(photo, Photo)),
            tuple(
                Skipped(error.photo, error.code, place=one.place)
                for error, one in pairs
                if isinstance(error, PhotoError)
            ),
            tuple(one.place for photo, one in pairs if isinstance(photo, Photo)),
        )

    async def _fetch(self, pictures: Sequence[Posted]) -> list[Photo | PhotoError]:
        """Each photo, or what is wrong with it, in the order given."""
        turns = asyncio.Semaphore(self._limits.downloads)

        async def fetch(one: Posted) -> Photo | PhotoError:
            async with turns:
                try:
                    return Photo(one.name, await self._download(one))
                except PhotoError as error:
                    return error
                except (aiohttp.ClientError, TimeoutError):
                    return DownloadFailed(one.name)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(one)) for one in pictures]
        return [task.result() for task in tasks]

    async def _download(self, one: Posted) -> bytes:
        async with asyncio.timeout(self._limits.download_seconds):
            try:
                return await self._bytes(one.attachment, one.name)
            except (LinkExpired, AccessDenied):
                renewed = await _renewed(one)
                if renewed is None:
                    raise
            return await self._bytes(renewed, one.name)

    async def _bytes(self, attachment: discord.Attachment, name: str) -> bytes:
        url = URL(attachment.url)
        if not self._may_fetch(url):
            raise DownloadFailed(name)
        limit = self._limits.file_bytes
        if attachment.size > limit:
            raise FileTooLarge(name, attachment.size, limit)
        tries = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type((aiohttp.ClientError, _Passing)),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.25, max=4),  # by chance, or all would come at once again
            reraise=True,
        )
        return await tries(self._get, url, name, limit)

    async def _get(self, url: URL, name: str, limit: int) -> bytes:
        data = bytearray()
        async with self._session.get(url, allow_redirects=False, timeout=self._timeout) as response:
            if response.status >= 500 or response.status == 429:
                raise _Passing(name)
            if response.status != 200:
                raise REFUSALS.get(response.status, DownloadFailed)(name)
            async for chunk in response.content.iter_chunked(CHUNK):
                data += chunk
                if len(data) > limit:
                    raise FileTooLarge(name, max(len(data), response.content_length or 0), limit)
        return bytes(data)

    def _may_fetch(self, url: URL) -> bool:
        """An entry of the list may name a port, which must then be the address's."""
        secure = url.scheme == "https" or url.host in LOOPBACK
        return secure and (url.host in self._hosts or url.authority in self._hosts)


class Batches:
    """What `fetch` makes of each of `groups`, in their order. While one batch is worked on, the next is on its way."""

    def __init__(self, groups: Iterator[T], fetch: Callable[[T], Coroutine[Any, Any, Gathered]]) -> None:
        self._all = (functools.partial(fetch, group) for group in groups)
        self._ahead = self._start()
        self._turn = asyncio.Lock()

    def _start(self) -> asyncio.Task[Gathered] | None:
        following = next(self._all, None)
        return None if following is None else asyncio.create_task(following())

    @property
    def ready(self) -> bool:
        """Whether the next is there already."""
        return self._ahead is not None and self._ahead.done()

    async def next(self) -> Gathered | None:
        """None: there is none left."""
        async with self._turn:
            if self._ahead is None:
                return None
            batch = await asyncio.shield(self._ahead)
            self._ahead = self._start()
            return batch

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()


def _named(
    attachments: Sequence[discord.Attachment], messages: Sequence[discord.PartialMessage | None] | None = None
) -> list[Posted]:
    """`messages`: which each of them hangs on."""
    names = distinct(attachment.filename for attachment in attachments)
    hung = [None] * len(attachments) if messages is None else messages
    return [
        Posted(attachment, name, place, message)
        for place, (attachment, name, message) in enumerate(zip(attachments, names, hung, strict=True))
    ]


async def _renewed(one: Posted) -> discord.Attachment | None:
    """The attachment with the address that it has by now. None: it is no longer there, or never hung on a message."""
    if one.message is None:
        return None
    try:
        message = await one.message.fetch()
    except (discord.HTTPException, aiohttp.ClientError):
        return None
    return next((attachment for attachment in message.attachments if attachment.id == one.attachment.id), None)


def _in_batches(pictures: Iterable[Posted]) -> Iterator[list[Posted]]:
    batch: list[Posted] = []
    size = 0
    for one in pictures:
        size += one.attachment.size
        if batch and (len(batch) == BATCH_PHOTOS or size > BATCH_BYTES):
            yield batch
            batch, size = [], one.attachment.size
        batch.append(one)
    if batch:
        yield batch


class _Passing(DownloadFailed):
    """The host is unwell or busy."""


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
