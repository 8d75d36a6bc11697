"""Where pictures are: the files that people attach, as plain data, before anything is fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import discord

from core.contracts import Skipped

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif"})
"""What counts as a photo in a thread where Discord did not tell a content type, as for HEIC."""


@dataclass(frozen=True)
class Source:
    """Where a picture can be fetched from. `name`: what its owner knows it by, no other of the same request has it;
    `size` in bytes as Discord tells it, 0 where it does not; `spoiler`: it was hidden until one clicks on it; `place`:
    among all files of the request, from 0.
    """

    name: str
    url: str
    size: int = 0
    spoiler: bool = False
    place: int = 0

    @classmethod
    def of_attachment(cls, attachment: discord.Attachment) -> Source:
        return cls(attachment.filename, attachment.url, attachment.size, attachment.is_spoiler())


@dataclass(frozen=True)
class Found:
    """The pictures of a request, and those of its files that are none, in their order."""

    pictures: tuple[Source, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def spoiler(self) -> bool:
        return any(picture.spoiler for picture in self.pictures)


def named(sources: Iterable[Source]) -> list[Source]:
    """The same, each with a name and a place of its own."""
    sources = list(sources)
    names = distinct(source.name for source in sources)
    return [
        replace(source, name=name, place=place) for place, (source, name) in enumerate(zip(sources, names, strict=True))
    ]


def distinct(names: Iterable[str]) -> list[str]:
    """The names, those that occur more than once numbered: phones call every photo `image0.jpg`."""
    names = list(names)
    often = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name} ({seen[name]})" if name in often else name)
    return result


def is_picture(attachment: discord.Attachment) -> bool:
    if attachment.content_type:
        return attachment.content_type.startswith("image/")
    return PurePosixPath(attachment.filename).suffix.lower() in EXTENSIONS
