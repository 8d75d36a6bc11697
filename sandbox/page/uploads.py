"""Files that somebody picked and has not sent yet. In memory only."""

from __future__ import annotations

import secrets

from sandbox.state import File

MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 1000


class Uploads:
    """Beyond `MOST_BYTES` and `MOST_FILES` the oldest are forgotten: nobody sends what lies there for that long."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def keep(self, file: File) -> str:
        """Its key, for `take`."""
        key = secrets.token_urlsafe(12)
        self._files[key] = file
        while sum(len(one.data) for one in self._files.values()) > MOST_BYTES or len(self._files) > MOST_FILES:
            del self._files[next(iter(self._files))]
        return key

    def take(self, key: str) -> File:
        """Once. Raises KeyError."""
        return self._files.pop(key)
