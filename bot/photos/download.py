"""Fetching photos, by the bot itself: the addresses of attachments are signed and expire.

Only from Discord's own hosts, never following a redirect, and never more bytes than the limit, whatever the sender
claims. What fails by chance, such as a connection that breaks, is tried again after a moment, as long as there is time.
Where an address is no longer good, the message that the photo hangs on is asked for a new one, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import aiohttp
import discord
import tenacity
from yarl import URL

from bot.config import LimitsSection
from bot.errors import AccessDenied, DownloadFailed, LinkExpired
from bot.photos.hosts import Hosts
from bot.photos.sources import Source, renewed
from core.contracts import FileTooLarge, Photo, PhotoError

REFUSALS = {401: AccessDenied, 403: AccessDenied, 404: LinkExpired, 410: LinkExpired}
"""What it means when the host of a photo answers so; 404 is what Discord's says to an address that has expired."""

CHUNK = 64 * 1024
TRIES = 4
STALLED = 1 / 3
"""Part of the time for a download after which a silent connection is given up for another one."""


class Downloads:
    """Fetches by `session`, within the limits of the settings. `fetched` hears how many bytes each photo has."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        limits: LimitsSection,
        hosts: Hosts,
        fetched: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._session = session
        self._limits = limits
        self._hosts = hosts
        self._fetched = fetched

    async def fetch(self, sources: Sequence[Source]) -> list[Photo | PhotoError]:
        """Each photo, or what is wrong with it, in the order given."""
        turns = asyncio.Semaphore(self._limits.downloads)

        async def fetch(source: Source) -> Photo | PhotoError:
            async with turns:
                try:
                    return Photo(source.name, await self._download(source))
                except PhotoError as error:
                    return error
                except (aiohttp.ClientError, TimeoutError):
                    return DownloadFailed(source.name)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(source)) for source in sources]
        return [task.result() for task in tasks]

    async def _download(self, source: Source) -> bytes:
        async with asyncio.timeout(self._limits.download_seconds):
            try:
                return await self._bytes(source)
            except (LinkExpired, AccessDenied):
                again = await self._renewed(source)
                if again is None:
                    raise
            return await self._bytes(again)

    async def _renewed(self, source: Source) -> Source | None:
        """With the address that its message has for it by now. None: it is no longer there, or was on no message."""
        if source.message is None:
            return None
        try:
            message = await source.message.fetch()
        except (discord.HTTPException, aiohttp.ClientError):
            return None
        return renewed(source, message, self._hosts)

    async def _bytes(self, source: Source) -> bytes:
        if not self._hosts.allow(source.url):
            raise DownloadFailed(source.name)
        limit = self._limits.file_bytes
        if source.size > limit:
            raise FileTooLarge(source.name, source.size, limit)
        tries = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type((aiohttp.ClientError, _Passing)),
            stop=tenacity.stop_after_attempt(TRIES),
            wait=tenacity.wait_random_exponential(multiplier=0.25, max=4),  # by chance, or all would come at once again
            reraise=True,
        )
        return await tries(self._get, source, limit)

    async def _get(self, source: Source, limit: int) -> bytes:
        data = bytearray()
        silence = STALLED * self._limits.download_seconds
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=silence, sock_read=silence)
        async with self._session.get(URL(source.url), allow_redirects=False, timeout=timeout) as response:
            if response.status >= 500 or response.status == 429:
                raise _Passing(source.name)
            if response.status != 200:
                raise REFUSALS.get(response.status, DownloadFailed)(source.name)
            async for chunk in response.content.iter_chunked(CHUNK):
                data += chunk
                if len(data) > limit:
                    raise FileTooLarge(source.name, max(len(data), response.content_length or 0), limit)
        self._fetched(len(data))
        return bytes(data)


class _Passing(DownloadFailed):
    """The host is unwell or busy."""
