"""Where photos may be fetched from: Discord's own hosts, and no other, whatever a message says."""

from __future__ import annotations

from collections.abc import Iterable

from yarl import URL

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Hosts:
    """A name may end with a port, which must then be the address's."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def allow(self, address: str) -> bool:
        try:
            url = URL(address)
        except ValueError:
            return False
        secure = url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)
        return secure and (url.host in self._names or url.authority in self._names)

    def first_allowed(self, addresses: Iterable[str | None]) -> str | None:
        return next((address for address in addresses if address and self.allow(address)), None)
