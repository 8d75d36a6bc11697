"""The objects of the sandbox's Discord: people, guilds, channels, messages, files. Plain data; no rules, no JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

from sandbox.clock import created
from sandbox.sniff import Sniffed, sniff

Json = dict[str, Any]

TEXT_DISPLAY = 10


class ChannelType(IntEnum):
    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    NEWS = 5
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15


THREADS = (ChannelType.NEWS_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)


class MessageFlag(IntFlag):
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


@dataclass(frozen=True)
class File:
    """A file that somebody sends. Without `content_type` it is guessed from the name, as Discord does."""

    name: str
    data: bytes = field(repr=False)
    description: str | None = None
    content_type: str | None = None

    @classmethod
    def read(cls, path: Path, description: str | None = None) -> File:
        return cls(path.name, path.read_bytes(), description)


@dataclass(eq=False)
class Content:
    """The bytes of a file, shared by all versions of its message, until the CDN drops them for lack of room."""

    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Attachment:
    """`size`: in bytes; `width` and `height`: in pixels, None unless the bytes are a picture with a readable header;
    `folder`: the one on the CDN.
    """

    id: int
    filename: str
    content: Content = field(repr=False)
    size: int
    content_type: str | None
    width: int | None
    height: int | None
    description: str | None
    folder: int
    ephemeral: bool = False

    @property
    def data(self) -> bytes:
        """Empty once the CDN has dropped it."""
        return self.content.data

    @property
    def spoiler(self) -> bool:
        return self.filename.startswith("SPOILER_")

    @classmethod
    def of(cls, file: File, id: int, folder: int, *, ephemeral: bool = False) -> Attachment:  # noqa: A002
        seen: Sniffed = sniff(file.name, file.data)
        return cls(
            id,
            file.name,
            Content(file.data),
            len(file.data),
            file.content_type or seen.content_type,
            seen.width,
            seen.height,
            file.description,
            folder,
            ephemeral,
        )


@dataclass(eq=False)
class User:
    """`locale`: the language of this person's Discord client."""

    id: int
    name: str
    locale: str = "en-US"
    bot: bool = False
    avatar: File | None = None

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    @property
    def avatar_hash(self) -> str | None:
        return hashlib.md5(self.avatar.data, usedforsecurity=False).hexdigest() if self.avatar else None


def walk_components(components: Iterable[Json]) -> Iterator[Json]:
    """Yields every component of a message or modal, outer ones before inner ones."""
    for component in components:
        yield component
        yield from walk_components(component.get("components") or [])
        yield from walk_components([component[key] for key in ("component", "accessory") if component.get(key)])


@dataclass(frozen=True)
class Message:
    """One version of a message; an edit makes a new one with the same id.

    `attachments`: shown below the text; `embedded`: those that an embed or a component shows (`attachment://NAME`),
    which Discord leaves out of `attachments`; `edited`: seconds since 1970; `extra`: further fields of its JSON;
    `reply_to`: the message that it replies to; `forwarded`: the message that it forwards.
    """

    id: int
    channel: Channel = field(repr=False)
    author: User
    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    embedded: tuple[Attachment, ...] = ()
    flags: MessageFlag = NO_FLAGS
    type: int = 0
    edited: float | None = None
    extra: Json = field(default_factory=dict, repr=False)
    reply_to: Message | None = field(default=None, repr=False)
    forwarded: Message | None = field(default=None, repr=False)

    @property
    def link(self) -> str:
        """What "Copy Message Link" copies."""
        place = "@me" if self.channel.guild is None else self.channel.guild.id
        return f"https://discord.com/channels/{place}/{self.channel.id}/{self.id}"

    @property
    def files(self) -> tuple[Attachment, ...]:
        """All attachments, wherever they are shown."""
        return self.attachments + self.embedded

    @property
    def text(self) -> str:
        """All text that people can read: the content and the components' text, from top to bottom."""
        shown = [one["content"] for one in walk_components(self.components) if one["type"] == TEXT_DISPLAY]
        return "\n".join([self.content, *shown] if self.content else shown)

    @property
    def ephemeral(self) -> bool:
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def loading(self) -> bool:
        """Whether it says that the bot is thinking."""
        return MessageFlag.LOADING in self.flags

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return created(self.id)

    def mentions(self, user: User) -> bool:
        return f"<@{user.id}>" in self.content or f"<@!{user.id}>" in self.content


@dataclass
class Overwrite:
    """The permission bits that a channel allows and denies one role or member."""

    allow: int = 0
    deny: int = 0


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int
    bot: User | None = None


@dataclass(eq=False)
class Channel:
    """A text channel, a forum, a thread (`parent` is set) or direct messages (`guild` is None).

    `partner`: the other person in direct messages without the bot; `overwrites`: by the id of a role or member;
    `messages`: by id, oldest first.
    """

    id: int
    type: ChannelType
    name: str
    guild: Guild | None = field(default=None, repr=False)
    parent: Channel | None = field(default=None, repr=False)
    owner: User | None = None
    partner: User | None = None
    position: int = 0
    topic: str | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict, repr=False)
    messages: dict[int, Message] = field(default_factory=dict, repr=False)
    archived: bool = False
    archived_at: float = 0.0
    members: set[int] = field(default_factory=set, repr=False)

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return created(self.id)


@dataclass(eq=False)
class Guild:
    """`members`: by id, each with the ids of their roles besides everyone's.

    `system_channel`: where Discord's own messages go; `joined`: when the bot joined, in seconds since 1970;
    `available`: False during an outage.
    """

    id: int
    name: str
    owner: User
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict, repr=False)
    members: dict[int, tuple[User, set[int]]] = field(default_factory=dict, repr=False)
    channels: dict[int, Channel] = field(default_factory=dict, repr=False)
    system_channel: Channel | None = field(default=None, repr=False)
    joined: float = 0.0
    available: bool = True

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    def threads(self) -> Iterator[Channel]:
        return (channel for channel in self.channels.values() if channel.is_thread)
