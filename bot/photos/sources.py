"""Where pictures are, before anything is fetched: files that people attach, avatars, and all that a message shows.

Embeds and galleries can show pictures of any host. Discord keeps a copy of those on a host of its own, and that one is
fetched; a picture of which there is none is left out.
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
"""What counts as a photo where Discord did not tell a content type, as for HEIC."""

AVATAR_SIDE = 1024
"""Pixels: Discord makes an avatar as large as is asked for, and larger ones show no more."""

PREVIEWS = frozenset({"image", "rich", "article", "link"})
"""Kinds of embeds whose small picture stands for what they show; that of a video is none of its own."""

BYTES_A_PIXEL = 3

_SPOILER = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)

Shown = discord.Message | discord.MessageSnapshot
Person = discord.User | discord.Member


@dataclass(frozen=True)
class Origin:
    """The message that somebody pointed at for its photos. `told_by`: id of the interaction for which Discord told what
    is in it; `handed`: it came with that interaction, wherever the bot may read, and not by a link.
    """

    link: Link
    told_by: int
    handed: bool = False


@dataclass(frozen=True)
class File:
    """A file that was given, or that a message shows. `addresses`: where it can be had, the best first; `size` in bytes
    and `pixels` as Discord tells them, 0 where it does not; `picture`: whether it seems to be one; `message`: what can
    be asked for its address anew; `origin`: None where it was given itself, or is from the history of a place.
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
    """Where a picture can be fetched from. `name`: what its owner knows it by, no other of the same request has it;
    `size` in bytes and `pixels` as Discord tells them, 0 where it does not; `spoiler`: it was hidden until one
    clicks on it; `place`: among all files of the request, from 0; `message`, `origin`: see File.
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
        """Bytes in memory to reckon with, where a file has `most` at most."""
        return self.size or min(BYTES_A_PIXEL * self.pixels or most, most)


@dataclass(frozen=True)
class Found:
    """The pictures of a request, and those of its files that are none or cannot be had, in their order."""

    pictures: tuple[Source, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def spoiler(self) -> bool:
        return any(picture.spoiler for picture in self.pictures)


def find(files: Iterable[File], hosts: Hosts) -> Found:
    """Each file under a name and in a place of its own."""
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
    """With the address that `message` has for it by now. None: it shows it no more."""
    for file in of_message(message):
        url = hosts.first_allowed(file.addresses)
        if url is not None and unsigned(url) == unsigned(source.url):
            return replace(source, url=url)
    return None


def of_attachment(attachment: discord.Attachment, *, chosen: bool = False) -> File:
    """`chosen`: somebody says that it is a photo."""
    return File(
        attachment.filename,
        (attachment.url,),
        attachment.size,
        (attachment.width or 0) * (attachment.height or 0),
        attachment.is_spoiler(),
        chosen or _is_picture(attachment.filename, attachment.content_type),
    )


def of_avatar(person: Person) -> File | None:
    """As the server shows it that the command was given in; an animated one stands still. None: there is none."""
    avatar = (person.guild_avatar if isinstance(person, discord.Member) else None) or person.avatar
    if avatar is None:
        return None
    return File(person.display_name, (avatar.replace(size=AVATAR_SIDE, format="png").url,))


def of_message(message: Shown) -> list[File]:
    """All that it shows, and what is forwarded with it, each once."""
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
    """The large picture, or the small one where there is no other. `hidden`: its link is a spoiler."""
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
    """Of a message that is made of components. `hidden`: they stand in something that is a spoiler."""
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
    """Without what Discord signs it by, which changes."""
    return address.partition("?")[0]


def _name(address: str) -> str:
    """The end of its path; the address need not be a good one."""
    return unquote(unsigned(address).rstrip("/").rpartition("/")[2]) or address


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


def _is_picture(name: str, content_type: str | None) -> bool:
    if content_type:
        return content_type.startswith("image/")
    return PurePosixPath(name).suffix.lower() in EXTENSIONS
