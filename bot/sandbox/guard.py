"""Who may speak to the sandbox: programs on this machine that know its secrets, and its own page.

Being bound to the loopback address keeps other machines out, but not the web pages that the browser on this one has
open. So every request must name this server as its host (no other name may lead here:
https://en.wikipedia.org/wiki/DNS_rebinding), must not come from another page (`Origin`,
https://www.w3.org/TR/fetch-metadata/), and answers are for this origin alone.

Other people with an account on this machine could still connect. The API asks for the bot's token, files lie at signed
addresses; so the page, which shows people's photos, asks for a key too: made anew for each run, part of the address
that is printed, and kept by the browser in a cookie from then on.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

NAMES = ("127.0.0.1", "localhost", "[::1]")
# What programs ask for, each with a secret of its own. Everything else is the page.
FOR_PROGRAMS = ("/api/", "/gateway", "/cdn/", "/media/")

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # photos stay out of the browser's cache on disk
}
# Nothing but the page's own files is run, styled by, shown or talked to.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
# People's files and the API's JSON are no pages: nothing in them runs.
OTHER_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Guard:
    """`port` is set once it is known. `key`: of this run."""

    def __init__(self) -> None:
        self.port = 0
        self.key = secrets.token_urlsafe(24)

    def protect(self, app: web.Application) -> None:
        app.middlewares.append(self._check)
        app.on_response_prepare.append(_add_headers)

    @web.middleware
    async def _check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host not in {f"{name}:{self.port}" for name in NAMES}:
            raise web.HTTPForbidden(text=f"This server has no name but {NAMES[0]}:{self.port}.")
        if not _from_here(request):
            raise web.HTTPForbidden(text="Pages from elsewhere have no business here.")
        if not request.path.startswith(FOR_PROGRAMS):
            self._admit(request)
        return await handler(request)

    def _admit(self, request: web.Request) -> None:
        cookie = f"sokkuri-{self.port}"
        if request.path == "/" and self._is_key(request.query.get("key", "")):
            # Away from the address bar and the history, and to the one name that cookies and addresses have in common.
            arrived = web.HTTPSeeOther(f"http://{NAMES[0]}:{self.port}/")
            arrived.set_cookie(cookie, self.key, httponly=True, samesite="Lax")
            raise arrived
        if not self._is_key(request.cookies.get(cookie, "")):
            raise web.HTTPForbidden(text="Open the whole address that stands in the terminal, with its key.")

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.key.encode())


def _from_here(request: web.Request) -> bool:
    """No page of another origin made it. Programs say nothing of origins; following a link to the page is fine."""
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        return False
    if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return True
    return (request.method, request.path, request.headers.get("Sec-Fetch-Dest")) == ("GET", "/", "document")


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    is_page = request.path == "/" or request.path.startswith("/page/static/")
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = PAGE_POLICY if is_page else OTHER_POLICY
