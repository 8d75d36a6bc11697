"""Files on this machine: reading and writing them so that no recording and no file name can lead elsewhere."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

MOST_BYTES_OF_A_NAME = 150


def safe_name(name: str) -> str:
    """Returns the last part of `name` as a file name of at most 150 bytes of UTF-8, without unprintable characters and
    without a leading dot.
    """
    last = re.split(r"[/\\]", name)[-1].lstrip(".")
    printable = "".join(letter if letter.isprintable() else "_" for letter in last)
    stem, dot, ending = printable.rpartition(".")
    if not stem or len(ending) > 10:
        stem, dot, ending = printable, "", ""
    room = MOST_BYTES_OF_A_NAME - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending or "file"


def private_folder(path: Path) -> Path:
    """Creates the folder if needed, accessible to this account alone whatever the umask. Raises OSError."""
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink():
        raise NotADirectoryError(20, "a link, not a folder", str(path))
    path.chmod(0o700)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replaces the file atomically (a link is replaced, not followed), readable by this account alone whatever the
    umask. Raises OSError.
    """
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
    new.replace(path)


def read_regular(path: Path, most: int) -> bytes:
    """Reads a regular file. Raises OSError, also for a link, and ValueError if it is no regular file or has more than
    `most` bytes.
    """
    flags = os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe without a writer would block
    with open(path, "rb", opener=lambda name, given: os.open(name, given | flags)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{path.name} is not a regular file")
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{path.name} has more than {most:,} bytes")
    return data
