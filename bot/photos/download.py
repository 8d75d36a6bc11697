"""Downloads photos. The bot does that itself: the addresses of attachments are signed and expire.

It downloads only from Discord's own hosts, never follows a redirect, and never reads more bytes than the limit,
whatever the sender claims. Passing failures, such as a connection that breaks, are retried after a moment as long as
there is time. If an address has expired, the bot fetches the photo's message once for a new one.
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
"""The errors for a host's answer; Discord's hosts answer 404 for an address that has expired."""

CHUNK = 64 * 1024
TRIES = 4
STALLED = 1 / 3
"""The fraction of the time for a download after which a silent connection is replaced by another one."""


class Downloads:
    """Downloads within the limits of the settings. `on_fetched`: called with the size of each photo in bytes."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        limits: LimitsSection,
        hosts: Hosts,
        on_fetched: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._session = session
        self._limits = limits
        self._hosts = hosts
        self._on_fetched = on_fetched

    async def fetch(self, sources: Sequence[Source]) -> list[Photo | PhotoError]:
        """Fetch each photo, or return what is wrong with it, in the order of `sources`."""
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
        """The source with its current address. None: its message no longer shows it, or it was in no message."""
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
            wait=tenacity.wait_random_exponential(
                multiplier=0.25, max=4
            ),  # at random, so that they do not all come at once again
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
        self._on_fetched(len(data))
        return bytes(data)


class _Passing(DownloadFailed):
    """The host has an outage or is busy."""
