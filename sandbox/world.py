"""Everything there is in the sandbox's Discord, and the application whose bot is in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import discord

from sandbox.clock import Clock, Snowflakes
from sandbox.conditions import Conditions
from sandbox.state import Channel, ChannelType, File, Guild, Json, Role, User

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


@dataclass(eq=False)
class Application:
    """The bot's application as its owner configured it in the developer portal.

    `privileged`: the privileged intents that are switched on; `settings`: further fields of its JSON.
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


class World:
    """Everything there is, by id, and the current conditions."""

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
        """Adds a thread. `id`: that of the message that it starts from, which the thread shares."""
        if parent.guild is None:
            raise ValueError("direct messages have no threads")
        thread = Channel(id or self.snowflakes.next(), type, name, parent.guild, parent, owner, members={owner.id})
        parent.guild.channels[thread.id] = thread
        return thread

    def direct_channel(self, user: User) -> Channel:
        return self._direct_channel(user, None)

    def private_channel(self, user: User, partner: User) -> Channel:
        """Returns the direct messages between two people, without the bot."""
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
