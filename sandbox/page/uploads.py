"""Files that somebody picked and has not sent yet, in memory only."""

from __future__ import annotations

import secrets

from sandbox.state import File

MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 1000


class Uploads:
    """Drops the oldest files beyond `MOST_BYTES` and `MOST_FILES`: nobody is still going to send those."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def keep(self, file: File) -> str:
        """Stores a file and returns its key for `take`."""
        key = secrets.token_urlsafe(12)
        self._files[key] = file
        while sum(len(one.data) for one in self._files.values()) > MOST_BYTES or len(self._files) > MOST_FILES:
            del self._files[next(iter(self._files))]
        return key

    def take(self, key: str) -> File:
        """Returns a file and removes it. Raises KeyError."""
        return self._files.pop(key)
