"""The hosts that photos may be downloaded from: Discord's own and no others, whatever a message says."""

from __future__ import annotations

from collections.abc import Iterable

from yarl import URL

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Hosts:
    """Allowed hosts. A name may end with a port, which the address must have then."""

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
