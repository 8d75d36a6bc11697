"""Finds pictures before anything is downloaded: attached files, avatars, and everything that a message shows.

Embeds and galleries can show pictures of any host. Discord keeps a copy of those on a host of its own, and the bot
downloads that; a picture without such a copy is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

import discord
from discord.components import (
    Component,
    Container,
    FileComponent,
    MediaGalleryComponent,
    SectionComponent,
    ThumbnailComponent,
    UnfurledMediaItem,
)

from bot.access.links import Link
from bot.photos.hosts import Hosts
from core.contracts import Skipped

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif"})
"""Suffixes that count as photos if Discord sends no content type, for instance for HEIC."""

AVATAR_SIDE = 1024
"""Pixels a side: Discord scales an avatar to any size, and larger ones show no more."""

PREVIEWS = frozenset({"image", "rich", "article", "link"})
"""Kinds of embeds whose thumbnail shows their content; a video's thumbnail is not a picture of its own."""

BYTES_A_PIXEL = 3

_SPOILER = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)

Shown = discord.Message | discord.MessageSnapshot
Person = discord.User | discord.Member


@dataclass(frozen=True)
class Origin:
    """The message that somebody pointed at for its photos. `interaction_id`: the interaction for which Discord sent its
    content; `from_menu`: it came with that interaction, and not by a link, so the bot may be unable to read it.
    """

    link: Link
    interaction_id: int
    from_menu: bool = False


@dataclass(frozen=True)
class File:
    """A file that was given, or that a message shows. `addresses`: where it can be downloaded, the best first; `size`
    in bytes and `pixels` as Discord sends them, 0 if it does not; `picture`: whether it seems to be one; `message`: the
    message to fetch for a new address; `origin`: None if it was given itself, or is from the history of a place.
    """

    name: str
    addresses: tuple[str | None, ...]
    size: int = 0
    pixels: int = 0
    spoiler: bool = False
    picture: bool = True
    message: discord.PartialMessage | None = None
    origin: Origin | None = None


@dataclass(frozen=True)
class Source:
    """Where a picture can be downloaded. `name`: its owner's name for it, unique in the request; `size` in bytes and
    `pixels` as Discord sends them, 0 if it does not; `spoiler`: it was hidden until somebody clicks on it; `place`: its
    place among all files of the request, from 0; `message`, `origin`: see File.
    """

    name: str
    url: str
    size: int = 0
    spoiler: bool = False
    place: int = 0
    pixels: int = 0
    message: discord.PartialMessage | None = None
    origin: Origin | None = None

    def room(self, most: int) -> int:
        """How many bytes of memory to allow for it, if a file has at most `most`."""
        return self.size or min(BYTES_A_PIXEL * self.pixels or most, most)


@dataclass(frozen=True)
class Found:
    """The pictures of a request, and its files that are not pictures or cannot be downloaded, in their order."""

    pictures: tuple[Source, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def spoiler(self) -> bool:
        return any(picture.spoiler for picture in self.pictures)


def find(files: Iterable[File], hosts: Hosts) -> Found:
    """Sort files into pictures and skipped ones, each with a unique name and its place."""
    files = list(files)
    pictures = []
    skipped = []
    for place, (file, name) in enumerate(zip(files, distinct(file.name for file in files), strict=True)):
        url = hosts.first_allowed(file.addresses)
        if not file.picture:
            skipped.append(Skipped(name, "not_a_picture", place=place))
        elif url is None:
            skipped.append(Skipped(name, "not_on_discord", place=place))
        else:
            pictures.append(Source(name, url, file.size, file.spoiler, place, file.pixels, file.message, file.origin))
    return Found(tuple(pictures), tuple(skipped))


def renewed(source: Source, message: Shown, hosts: Hosts) -> Source | None:
    """The source with its current address in `message`. None: the message no longer shows it."""
    for file in of_message(message):
        url = hosts.first_allowed(file.addresses)
        if url is not None and unsigned(url) == unsigned(source.url):
            return replace(source, url=url)
    return None


def of_attachment(attachment: discord.Attachment, *, chosen: bool = False) -> File:
    """The file of an attachment. `chosen`: somebody gave it as a photo."""
    return File(
        attachment.filename,
        (attachment.url,),
        attachment.size,
        (attachment.width or 0) * (attachment.height or 0),
        attachment.is_spoiler(),
        chosen or _is_picture(attachment.filename, attachment.content_type),
    )


def of_avatar(person: Person) -> File | None:
    """The avatar that the command's server shows, without animation. None: the person has none."""
    avatar = (person.guild_avatar if isinstance(person, discord.Member) else None) or person.avatar
    if avatar is None:
        return None
    return File(person.display_name, (avatar.replace(size=AVATAR_SIDE, format="png").url,))


def of_message(message: Shown) -> list[File]:
    """All files that a message shows, and those of messages that are forwarded with it, each once."""
    hidden = " ".join(_SPOILER.findall(message.content))
    files = [
        *map(of_attachment, message.attachments),
        *_of_components(message.components),
        *(
            file
            for embed in message.embeds
            for file in _of_embed(embed, hidden=embed.url is not None and embed.url in hidden)
        ),
    ]
    if isinstance(message, discord.Message):
        files += [file for snapshot in message.message_snapshots for file in of_message(snapshot)]
    once: dict[str, File] = {}
    for file in files:
        once.setdefault(unsigned(file.addresses[0] or ""), file)
    return list(once.values())


def _of_embed(embed: discord.Embed, *, hidden: bool) -> Iterator[File]:
    """An embed's large picture, or its thumbnail if there is no other. `hidden`: its link is a spoiler."""
    for media in (embed.image, embed.thumbnail if embed.type in PREVIEWS else None):
        if media is not None and media.url:
            name = _name(media.url)
            yield File(
                name,
                (media.url, media.proxy_url),
                pixels=(media.width or 0) * (media.height or 0),
                spoiler=hidden or _is_hidden(name, media.flags),
            )
            return


def _of_components(components: Sequence[Component], *, hidden: bool = False) -> Iterator[File]:
    """The files of a message that consists of components. `hidden`: they are inside a spoiler."""
    for component in components:
        match component:
            case Container():
                yield from _of_components(component.children, hidden=hidden or component.spoiler)
            case SectionComponent():
                yield from _of_components([component.accessory], hidden=hidden)
            case MediaGalleryComponent():
                for item in component.items:
                    yield _of_media(item.media, hidden or item.spoiler)
            case ThumbnailComponent():
                yield _of_media(component.media, hidden or component.spoiler)
            case FileComponent():
                yield _of_media(component.media, hidden or component.spoiler, component.size or 0)


def _of_media(media: UnfurledMediaItem, hidden: bool, size: int = 0) -> File:
    name = _name(media.url)
    return File(
        name,
        (media.url, media.proxy_url),
        size,
        (media.width or 0) * (media.height or 0),
        hidden or _is_hidden(name, media.flags),
        _is_picture(name, media.content_type),
    )


def _is_hidden(name: str, flags: discord.AttachmentFlags) -> bool:
    return flags.spoiler or name.startswith("SPOILER_")


def unsigned(address: str) -> str:
    """An address without Discord's signature, which changes."""
    return address.partition("?")[0]


def _name(address: str) -> str:
    """The last part of an address's path; the address may be malformed."""
    return unquote(unsigned(address).rstrip("/").rpartition("/")[2]) or address


def distinct(names: Iterable[str]) -> list[str]:
    """Number the names that occur more than once: phones call every photo `image0.jpg`."""
    names = list(names)
    often = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name} ({seen[name]})" if name in often else name)
    return result


def _is_picture(name: str, content_type: str | None) -> bool:
    if content_type:
        return content_type.startswith("image/")
    return PurePosixPath(name).suffix.lower() in EXTENSIONS
