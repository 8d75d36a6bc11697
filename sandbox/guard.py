"""Access to the sandbox: only programs on this machine that know its secrets, and its own page.

Being bound to the loopback address keeps other machines out, but not the web pages that the browser on this one has
open. So every request must name this server as its host (no other name may lead here:
https://en.wikipedia.org/wiki/DNS_rebinding), must not come from another page (`Origin`,
https://www.w3.org/TR/fetch-metadata/), and answers are for this origin alone.

Other people with an account on this machine could still connect. The API asks for the bot's token, and files have
signed addresses; so the page, which shows people's photos, asks for a secret too. The page's path starts with it:
`/s/SECRET/`, new for each run. A cookie would be sent to every port of 127.0.0.1, whoever listens there (cookies
ignore ports: https://www.rfc-editor.org/rfc/rfc6265#section-8.5), and pictures and WebSockets cannot send a header. A
path is sent to this port alone, with every kind of request, and survives a reload.

The address that is printed, and passed to the browser, does not hold this secret but a key that works once: whoever
reads it later, in a list of processes, a terminal's history or over a shoulder, is refused. Once it has been used,
there is another one for another browser.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.http.listening import vouch

NAMES = ("127.0.0.1", "localhost", "[::1]")
# Paths with a secret of their own: the API, the gateway and files. Everything else is the page.
WITH_OWN_SECRETS = ("/api/", "/gateway", "/cdn/", "/media/", "/files/")

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # photos stay out of the browser's cache on disk
}
# The page may run, apply, show and contact nothing but this server's own files and addresses.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
# People's files and the API's JSON are not pages: nothing in them runs.
OTHER_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"

USED = (
    "This address has been used or belongs to an earlier run: each address works once.\n"
    "If the page is open in another tab, continue there. If not, open the newest address in the terminal.\n"
)
UNKNOWN = "Open the newest address in the terminal of the sandbox, with its key.\n"

_SESSION = re.compile(r"/s/([^/]+)/")
_PART = re.compile(r"/s/[^/]+/(static/[^/]+)?")


class Guard:
    """`port`: set once it is known; `key`: admits the next browser; `opened`: called once it has."""

    def __init__(self) -> None:
        self.port = 0
        self.key = _secret()
        self.opened: list[Callable[[], None]] = []
        self._session = _secret()

    def protect(self, app: web.Application) -> None:
        app.middlewares.append(self._check)
        app.on_response_prepare.append(_add_headers)

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in {f"{name}:{self.port}" for name in NAMES}:
            raise web.HTTPForbidden(text=f"This server is only reached as {NAMES[0]}:{self.port}.")
        if not _from_here(request):
            raise web.HTTPForbidden(text="Other web pages may not use this server.")
        if not request.path.startswith(WITH_OWN_SECRETS):
            self._admit(request)
        return await handler(request)

    def _admit(self, request: web.Request) -> None:
        if request.path == "/" and "key" in request.query:
            self._use(request)
        found = _SESSION.match(request.path)
        if found is None or not _same(found[1], self._session):
            raise web.HTTPForbidden(text=UNKNOWN)
        vouch(request)

    def _use(self, request: web.Request) -> None:
        """Redeems the key. A browser that prefetches, or asks for the headers alone, has not opened the page."""
        if request.method != "GET" or "Sec-Purpose" in request.headers:
            raise web.HTTPForbidden(text=UNKNOWN)
        if not _same(request.query["key"], self.key):
            raise web.HTTPForbidden(text=USED)
        self.key = _secret()
        for tell in self.opened:
            tell()
        # The key leaves the address bar and the history.
        raise web.HTTPSeeOther(f"http://{NAMES[0]}:{self.port}/s/{self._session}/")


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())


def _from_here(request: web.Request) -> bool:
    """Whether no page of another origin made the request. Programs send no origin; following a link to the page is
    fine.
    """
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        return False
    if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return True
    is_index = request.path == "/" or _SESSION.fullmatch(request.path) is not None
    return is_index and (request.method, request.headers.get("Sec-Fetch-Dest")) == ("GET", "document")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    is_page = request.path == "/" or _PART.fullmatch(request.path) is not None
    response.headers["Content-Security-Policy"] = PAGE_POLICY if is_page else OTHER_POLICY
