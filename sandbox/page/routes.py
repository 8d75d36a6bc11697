"""The page's routes: its own files, its socket, uploads and downloads."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from sandbox.actions import Actions
from sandbox.conditions import DEFAULT_SIZE_LIMIT
from sandbox.page.connection import PageConnection
from sandbox.page.files import PageFiles
from sandbox.page.uploads import Uploads
from sandbox.page.words import words
from sandbox.services import Services
from sandbox.state import File

STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Page:
    def __init__(self, actions: Actions, services: Services) -> None:
        self._actions = actions
        self._services = services
        self._uploads = Uploads()
        self._files = PageFiles()
        self._static = {path.name: path for path in STATIC.iterdir() if path.suffix in TYPES}
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/s/{session}/", self._index),
            web.get("/s/{session}/static/{name}", self._part),
            web.get("/s/{session}/words", self._words),
            web.get("/s/{session}/socket", self._socket),
            web.post("/s/{session}/uploads", self._upload),
            web.get(r"/s/{session}/avatars/{user:[0-9]{1,20}}/{hash}", self._avatar),
            web.get(r"/files/{signature}/{folder:[0-9]{1,20}}/{id:[0-9]{1,20}}/{name}", self._file),
        ]

    async def close(self) -> None:
        """Closes the sockets of open pages, which then try to connect again."""
        for socket in list(self._sockets):
            await socket.close(code=1001)

    async def _index(self, request: web.Request) -> web.Response:
        return self._serve("index.html")

    async def _part(self, request: web.Request) -> web.Response:
        return self._serve(request.match_info["name"])

    async def _words(self, request: web.Request) -> web.Response:
        return web.json_response(words(request.query.get("browser", "")))

    def _serve(self, name: str) -> web.Response:
        if name not in self._static:
            raise web.HTTPNotFound
        path = self._static[name]  # read each time, so that a reload shows changes
        return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, heartbeat=30)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await PageConnection(self._actions, self._services, self._uploads, self._files, socket).run(request.query)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _upload(self, request: web.Request) -> web.Response:
        """Takes a picked file. Responds 413 if it is larger than Discord allows."""
        data = bytearray()
        async for chunk in request.content.iter_any():
            data += chunk
            if len(data) > DEFAULT_SIZE_LIMIT:
                raise web.HTTPRequestEntityTooLarge(DEFAULT_SIZE_LIMIT, len(data))
        name = Path(request.query.get("name", "")).name or "file"
        key = self._uploads.keep(File(name, bytes(data)))
        return web.json_response({"upload": key})

    async def _file(self, request: web.Request) -> web.Response:
        folder, id_ = int(request.match_info["folder"]), int(request.match_info["id"])
        found = self._services.cdn.file(folder, id_)
        if found is None or not self._files.signed(request.match_info["signature"], folder, id_):
            raise web.HTTPNotFound
        return self._data(found.data, found.content_type)

    async def _avatar(self, request: web.Request) -> web.Response:
        user = self._services.world.users.get(int(request.match_info["user"]))
        if user is None or user.avatar is None or user.avatar_hash != request.match_info["hash"]:
            raise web.HTTPNotFound
        return self._data(user.avatar.data, user.avatar.content_type)

    def _data(self, data: bytes, content_type: str | None) -> web.Response:
        """Sends a file that is a picture on the page and a download everywhere else."""
        headers = {"Content-Type": content_type or "application/octet-stream", "Content-Disposition": "attachment"}
        return web.Response(body=data, headers=headers)
