"""What stands in the sandbox's Discord: people, guilds, channels, messages. Plain data; no rules, no JSON."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

import discord

from sandbox.conditions import Conditions
from sandbox.sniff import Sniffed, sniff

Json = dict[str, Any]

DISCORD_EPOCH_MS = 1_420_070_400_000
TEXT_DISPLAY = 10


def created(id: int) -> float:  # noqa: A002
    """When a snowflake was made: seconds since 1970."""
    return ((id >> 22) + DISCORD_EPOCH_MS) / 1000


class Clock:
    """Seconds since 1970. `advance` lets a quarter of an hour pass at once."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


class Snowflakes:
    """Discord's ids: milliseconds since 2015 in the upper 42 bits, a counter in the lower 12. Always rising."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        first_of_now = (int(self._clock.now() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last = first_of_now if first_of_now > self._last else self._step()
        return self._last

    def _step(self) -> int:
        counter = (self._last & 0xFFF) + 1
        if counter <= 0xFFF:
            return self._last + 1
        return ((self._last >> 22) + 1) << 22


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
    """A file that somebody sends. `content_type` is guessed from the name, as Discord does, when it is not given."""

    name: str
    data: bytes = field(repr=False)
    description: str | None = None
    content_type: str | None = None

    @classmethod
    def read(cls, path: Path, description: str | None = None) -> File:
        return cls(path.name, path.read_bytes(), description)


@dataclass(eq=False)
class Content:
    """The bytes of a file, shared by all versions of its message, until the CDN has no room for them."""

    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Attachment:
    """`size` in bytes; `width` and `height` in pixels where the bytes are a picture whose header could be read;
    `folder`: on the CDN.
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
        """Empty once the CDN had no room for it."""
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


@dataclass(frozen=True)
class User:
    """`locale` is the language of this person's own Discord."""

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
    """Every component of a message or modal, the outer before the inner."""
    for component in components:
        yield component
        yield from walk_components(component.get("components") or [])
        yield from walk_components([component[key] for key in ("component", "accessory") if component.get(key)])


@dataclass(frozen=True)
class Message:
    """One version of a message; an edit makes a new one with the same id.

    `attachments`: shown below the text; `embedded`: those that an embed or a component shows (`attachment://NAME`),
    which Discord leaves out of `attachments`; `edited`: seconds since 1970; `extra`: more of its JSON; `reply_to` and
    `forwarded`: the message that it answers, and the one that it passes on.
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
        """All its attachments, wherever they show."""
        return self.attachments + self.embedded

    @property
    def text(self) -> str:
        """All there is to read: the content, and what components show as text, from the top down."""
        shown = [one["content"] for one in walk_components(self.components) if one["type"] == TEXT_DISPLAY]
        return "\n".join([self.content, *shown] if self.content else shown)

    @property
    def ephemeral(self) -> bool:
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def loading(self) -> bool:
        """The bot is thinking."""
        return MessageFlag.LOADING in self.flags

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return created(self.id)

    def mentions(self, user: User) -> bool:
        return f"<@{user.id}>" in self.content or f"<@!{user.id}>" in self.content


@dataclass
class Overwrite:
    """Permission bits that a channel allows and denies to one role or member."""

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
    """A text channel, a forum, a thread (then `parent` is set) or a direct conversation (then `guild` is None).

    `partner`: the other person of a direct conversation that is not with the bot; `overwrites`: by the id of a
    role or member; `messages`: by id, oldest first.
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
    """`members`: who is here, and which roles (ids) each has besides everyone's.

    `system_channel`: where Discord's own messages go; `joined`: when the bot came, in seconds since 1970; `available`:
    whether it is within reach.
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


@dataclass(eq=False)
class Application:
    """The bot's application as its owner configured it. `privileged`: intents switched on in the developer portal.

    `settings`: more of its JSON, as the portal has it.
    """

    id: int
    name: str
    bot: User
    owner: User
    token: str = field(repr=False)
    privileged: frozenset[str] = frozenset()
    commands: dict[int, Json] = field(default_factory=dict)
    guild_commands: dict[int, dict[int, Json]] = field(default_factory=dict)
    settings: Json = field(default_factory=dict)

    def member_of(self, guild: Guild) -> bool:
        return self.bot.id in guild.members

    def commands_in(self, guild: Guild | None) -> list[Json]:
        own = self.guild_commands.get(guild.id, {}) if guild else {}
        return [*own.values(), *self.commands.values()]


EVERYONE = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
    add_reactions=True,
    use_application_commands=True,
    change_nickname=True,
    connect=True,
).value


MODERATOR = discord.Permissions(
    manage_messages=True,
    manage_threads=True,
    moderate_members=True,
    kick_members=True,
).value


class World:
    """Everything there is, by id; and what is wrong with it at the moment."""

    def __init__(self, clock: Clock, conditions: Conditions) -> None:
        self.clock = clock
        self.conditions = conditions
        self.snowflakes = Snowflakes(clock)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.direct: dict[int, Channel] = {}

    def add_user(self, name: str, *, locale: str = "en-US", bot: bool = False, avatar: File | None = None) -> User:
        user = User(self.snowflakes.next(), name, locale, bot, avatar)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User, members: Iterable[User] = (), *, locale: str = "en-US") -> Guild:
        guild = Guild(self.snowflakes.next(), name, owner, locale, joined=self.clock.now())
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE)
        for user in (owner, *members):
            guild.members[user.id] = (user, set())
        self.guilds[guild.id] = guild
        return guild

    def add_role(self, guild: Guild, name: str, permissions: int, *, bot: User | None = None) -> Role:
        role = Role(self.snowflakes.next(), name, permissions, bot)
        guild.roles[role.id] = role
        return role

    def add_channel(self, guild: Guild, name: str, type: ChannelType = ChannelType.TEXT) -> Channel:  # noqa: A002
        channel = Channel(self.snowflakes.next(), type, name, guild, position=len(guild.channels))
        guild.channels[channel.id] = channel
        return channel

    def add_thread(
        self,
        parent: Channel,
        name: str,
        owner: User,
        type: ChannelType = ChannelType.PUBLIC_THREAD,  # noqa: A002
        *,
        id: int | None = None,  # noqa: A002
    ) -> Channel:
        """`id`: of the message that it starts from, whose id a thread shares."""
        if parent.guild is None:
            raise ValueError("a direct conversation has no threads")
        thread = Channel(id or self.snowflakes.next(), type, name, parent.guild, parent, owner, members={owner.id})
        parent.guild.channels[thread.id] = thread
        return thread

    def direct_channel(self, user: User) -> Channel:
        return self._direct_channel(user, None)

    def private_channel(self, user: User, partner: User) -> Channel:
        """The conversation of two people, in which the bot is not."""
        return self._direct_channel(user, partner)

    def _direct_channel(self, user: User, partner: User | None) -> Channel:
        for channel in self.direct.values():
            if channel.owner is user and channel.partner is partner:
                return channel
        channel = Channel(self.snowflakes.next(), ChannelType.DM, user.name, owner=user, partner=partner)
        self.direct[channel.id] = channel
        return channel

    def channel(self, id: int) -> Channel | None:  # noqa: A002
        if id in self.direct:
            return self.direct[id]
        return next((guild.channels[id] for guild in self.guilds.values() if id in guild.channels), None)
