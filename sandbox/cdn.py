"""The CDN: attachments and avatars at signed addresses that expire, and faults on purpose.

https://discord.com/developers/docs/reference#signed-attachment-cdn-urls: `ex` and `is` are seconds since 1970 in
hexadecimal, `hm` an HMAC over the path and those two.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import struct
import time
import zlib
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from sandbox.clock import Clock
from sandbox.sniff import sniff
from sandbox.state import Attachment, File, User
from sandbox.trace import MOST_CHARACTERS, Trace
from sandbox.world import World

ADDRESS_LIFE_SECONDS = 24 * 3600
MOST_BYTES = 512 * 1024 * 1024
OVERHEAD_BYTES = 1000
MOST_NAMES = 10_000
_DEFAULT_AVATARS = ((88, 101, 242), (117, 126, 138), (59, 165, 92), (250, 166, 26), (237, 66, 69), (235, 69, 158))


@dataclass
class Fault:
    """What goes wrong with the next `times` downloads whose file name matches `pattern`.

    `status`: sent instead of the file; `seconds`: how long the download takes; `cut_after`: the number of bytes after
    which the connection breaks.
    """

    pattern: re.Pattern[str]
    times: int
    status: int | None = None
    seconds: float = 0.0
    cut_after: int | None = None


class Cdn:
    """Serves files. `base`: its address, set once the port is known; `downloads`: the names of the files that were
    requested, in order; `avatars`: the addresses of the requested avatars. Keeps the newest 10,000 entries of each list
    and at most 512 MiB of files.
    """

    def __init__(self, clock: Clock, world: World, trace: Trace) -> None:
        self.base = ""
        self.downloads: list[str] = []
        self.avatars: list[str] = []
        self._clock = clock
        self._world = world
        self._trace = trace
        self._key = secrets.token_bytes(32)
        self._files: dict[tuple[int, int], Attachment] = {}
        self._room = MOST_BYTES
        self._external: dict[str, File] = {}
        self._faults: list[Fault] = []
        self._lost: set[tuple[int, int]] = set()

    @property
    def host(self) -> str:
        """Host and port, for the bot's `cdn_hosts`."""
        return self.base.partition("://")[2]

    @property
    def root(self) -> str:
        """The base address of attachments and avatars."""
        return f"{self.base}/cdn"

    # ------------------------------------------------------------ faults

    def fail(self, status: int = 500, *, times: int = 1, name: str = "") -> None:
        """Answers the next `times` downloads of files with `name` in their name with `status`."""
        self._faults.append(Fault(re.compile(re.escape(name)), times, status=status))

    def slow(self, seconds: float, *, times: int = 1, name: str = "") -> None:
        """Makes the next `times` of those downloads trickle, over `seconds`."""
        self._faults.append(Fault(re.compile(re.escape(name)), times, seconds=seconds))

    def cut(self, after: int, *, times: int = 1, name: str = "") -> None:
        """Breaks the connection of the next `times` of those downloads after `after` bytes."""
        self._faults.append(Fault(re.compile(re.escape(name)), times, cut_after=after))

    def expire(self) -> None:
        """Invalidates every address handed out so far; new ones work."""
        self._key = secrets.token_bytes(32)

    def lose(self, attachment: Attachment) -> None:
        """Invalidates every address of this file, new ones too."""
        self._lost.add((attachment.folder, attachment.id))

    # ------------------------------------------------------------ addresses

    def keep(self, attachment: Attachment) -> Attachment:
        """Stores the file and returns it. Once there is no room, drops those that were requested least recently."""
        self._files[attachment.folder, attachment.id] = attachment
        self._room -= _cost(attachment)
        while self._room < 0 and len(self._files) > 1:
            dropped = self._files.pop(next(iter(self._files)))
            dropped.content.data = b""
            self._room += _cost(dropped)
        return attachment

    def file(self, folder: int, id: int) -> Attachment | None:  # noqa: A002
        found = self._files.pop((folder, id), None)
        if found is not None:
            self._files[folder, id] = found  # now the last to be dropped
        return found

    def url(self, attachment: Attachment, *, proxy: bool = False) -> str:
        """Returns a fresh signed address; `proxy`: on the media proxy."""
        kind = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"{kind}/{attachment.folder}/{attachment.id}/{quote(attachment.filename)}"
        issued = int(self._clock.now())
        expires = issued + ADDRESS_LIFE_SECONDS
        signature = self._sign(attachment.folder, attachment.id, f"{expires:x}", f"{issued:x}")
        return f"{self.base}/{'media' if proxy else 'cdn'}/{path}?ex={expires:x}&is={issued:x}&hm={signature}&"

    def proxied(self, address: str, file: File) -> str:
        """Returns the address of Discord's copy of `file`, whose original is at `address` on the web."""
        scheme, _, rest = address.partition("://")
        path = f"{hashlib.sha256(address.encode()).hexdigest()[:16]}/{scheme}/{rest}"
        self._external[path] = file
        return f"{self.base}/media/external/{quote(path)}"

    def _sign(self, folder: int, id: int, expires: str, issued: str) -> str:  # noqa: A002
        text = f"{folder}/{id}/{expires}/{issued}".encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    # ------------------------------------------------------------ answers

    def routes(self) -> list[web.RouteDef]:
        file = r"{kind:attachments|ephemeral-attachments}/{folder:[0-9]{1,20}}/{id:[0-9]{1,20}}/{name}"
        return [
            web.get(f"/cdn/{file}", self._file),
            web.get(f"/media/{file}", self._file),
            web.get(r"/media/external/{path:.+}", self._proxied),
            web.get(r"/cdn/avatars/{user:[0-9]{1,20}}/{name}", self._avatar),
            web.get(r"/cdn/embed/avatars/{number:[0-9]{1,20}}.png", self._default_avatar),
        ]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        folder, id_ = int(request.match_info["folder"]), int(request.match_info["id"])
        name, began = request.match_info["name"], time.monotonic()
        _note(self.downloads, name)
        await asyncio.sleep(self._world.conditions.seconds_late)
        attachment = self.file(folder, id_)
        if attachment is None or not self._signed(request, folder, id_):
            self._trace.download(name, 404, 0, time.monotonic() - began)
            return web.Response(status=404, text="This content is no longer available.")
        response = await self._send(request, attachment.data, attachment.content_type, attachment.filename)
        self._trace.download(name, response.status, attachment.size, time.monotonic() - began)
        return response

    def _signed(self, request: web.Request, folder: int, id: int) -> bool:  # noqa: A002
        expires, issued = request.query.get("ex", ""), request.query.get("is", "")
        if self._world.conditions.links_expired or (folder, id) in self._lost:
            return False
        signature = self._sign(folder, id, expires, issued)
        good = hmac.compare_digest(signature.encode(), request.query.get("hm", "").encode())
        return good and int(expires, 16) > self._clock.now()

    async def _proxied(self, request: web.Request) -> web.StreamResponse:
        file = self._external.get(request.match_info["path"])
        if file is None:
            return web.Response(status=404)
        _note(self.downloads, file.name)
        return await self._send(request, file.data, sniff(file.name, file.data).content_type, file.name)

    async def _avatar(self, request: web.Request) -> web.StreamResponse:
        user: User | None = self._world.users.get(int(request.match_info["user"]))
        if user is None or user.avatar is None or str(user.avatar_hash) not in request.match_info["name"]:
            return web.Response(status=404)
        _note(self.avatars, request.path_qs)
        return await self._send(request, user.avatar.data, user.avatar.content_type or "image/png", user.avatar.name)

    async def _default_avatar(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        if number >= len(_DEFAULT_AVATARS):
            return web.Response(status=404)
        return await self._send(request, one_colour_png(256, _DEFAULT_AVATARS[number]), "image/png", f"{number}.png")

    async def _send(self, request: web.Request, data: bytes, content_type: str | None, name: str) -> web.StreamResponse:
        fault = self._next_fault(name)
        if fault and fault.status:
            return web.Response(status=fault.status, text="")
        response = web.StreamResponse(headers={"Content-Type": content_type or "application/octet-stream"})
        response.content_length = len(data)
        await response.prepare(request)
        if fault and fault.cut_after is not None:
            await response.write(data[: fault.cut_after])
            if request.transport:
                request.transport.close()
            return response
        step = max(1, len(data) // 10) if fault else len(data)
        for start in range(0, len(data), step or 1):
            await response.write(data[start : start + step])
            if fault:
                await asyncio.sleep(fault.seconds / 10)
        return response

    def _next_fault(self, name: str) -> Fault | None:
        for fault in self._faults:
            if fault.times > 0 and fault.pattern.search(name):
                fault.times -= 1
                return fault
        return None


def _cost(attachment: Attachment) -> int:
    return attachment.size + len(attachment.filename) + OVERHEAD_BYTES


def _note(names: list[str], name: str) -> None:
    names.append(name[:MOST_CHARACTERS])
    del names[:-MOST_NAMES]


def one_colour_png(side: int, colour: tuple[int, int, int]) -> bytes:
    """Returns a square RGB PNG of `side` pixels, 8 bits per channel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
