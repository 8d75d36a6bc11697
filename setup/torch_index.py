"""Asks a package index (PEP 503) whether it has a wheel, within a deadline that nothing exceeds."""

from __future__ import annotations

import base64
import queue
import re
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

SECONDS = 3.0
"""How long an index may take for all that it is asked, unless somebody says otherwise."""
_MOST_BYTES = 1 << 23

Result = TypeVar("Result")


@dataclass(frozen=True)
class Wheel:
    """`version`: with its local part, as in 2.13.0+cpu; `size`: in bytes, None: the index did not say."""

    version: str
    size: int | None = None


class NoWheel(Exception):
    """Why an index cannot be used, as the end of a sentence whose subject is the index."""


class Index:
    """The index at `address`, for the time of `seconds` from now on.

    `pip_settings`: pip's `proxy` and `cert`, if it has any. The proxies of the environment are used, too.
    """

    def __init__(self, address: str, pip_settings: Mapping[str, str], seconds: float) -> None:
        self._address = without_password(address).rstrip("/")
        self._headers = {"Accept": "text/html", **_authorization(address)}
        self._seconds = seconds
        self._late = f"did not answer within {seconds:g} seconds"
        self._end = time.monotonic() + seconds
        handlers: list[urllib.request.BaseHandler] = []
        if proxy := pip_settings.get("proxy"):
            handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
        if cert := pip_settings.get("cert"):
            with suppress(OSError):  # pip itself will name the file that it cannot read
                handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=cert)))
        self._opener = urllib.request.build_opener(*handlers)

    def find(self, project: str, version: str, local: str, python: tuple[int, int], processor: str) -> Wheel:
        """The wheel of this very version for CPython on Linux. `local`: a pattern for the local part of its version.

        Raises NoWheel if the index does not have it, or does not answer in time.
        """
        tag = "cp{}{}".format(*python)
        name = re.compile(
            rf"{re.escape(project)}-({re.escape(version)}{local})-{tag}-{tag}-(?:many)?linux[0-9_]*_{re.escape(processor)}\.whl"
        )
        base, page = self._within(partial(self._read, f"{self._address}/{project}/"))
        for link in _links(page):
            file = unquote(urlsplit(link).path).rpartition("/")[2]
            if found := name.fullmatch(file):
                with suppress(NoWheel):
                    return Wheel(found[1], self._within(partial(self._size, urljoin(base, link))))
                return Wheel(found[1])
        raise NoWheel(f"has no such build of {project} {version} for Python {python[0]}.{python[1]} on {processor}")

    def _read(self, address: str) -> tuple[str, str]:
        """The address that redirects lead to, and its text."""
        request = urllib.request.Request(address, headers=self._headers)
        with self._opener.open(request, timeout=self._seconds) as response:
            return response.url, response.read(_MOST_BYTES).decode("utf-8", "replace")

    def _size(self, address: str) -> int | None:
        request = urllib.request.Request(address, headers=self._headers, method="HEAD")
        with self._opener.open(request, timeout=self._seconds) as response:
            length = response.headers["Content-Length"]
        return int(length) if length else None

    def _within(self, ask: Callable[[], Result]) -> Result:
        """What `ask` returns.

        A socket's timeout bounds neither the look-up of a name nor an answer that drips, so this waits from outside.
        """
        outcome: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcome.put(ask())
            except Exception as error:  # handed over to where it is waited for
                outcome.put(error)

        threading.Thread(target=run, daemon=True).start()
        try:
            result = outcome.get(timeout=max(self._end - time.monotonic(), 0))
        except queue.Empty:
            raise NoWheel(self._late) from None
        if isinstance(result, HTTPError):
            raise NoWheel(f"answered {result.code} {result.reason}") from result
        if isinstance(result, Exception):
            reason = result.reason if isinstance(result, URLError) else result
            late = isinstance(reason, TimeoutError)
            raise NoWheel(self._late if late else f"cannot be reached ({reason})") from result
        return result


def without_password(address: str) -> str:
    """The address as it may be shown: without the name and the password that may stand before its host."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _authorization(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _links(page: str) -> list[str]:
    parser = _Links()
    parser.feed(page)
    return parser.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (link := dict(attrs).get("href")):
            self.found.append(link)
