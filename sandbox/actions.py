"""What people do in the sandbox: set up guilds and channels, change permissions, post, and use the bot's commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

import discord

from sandbox import rules
from sandbox.commands import LOCALES, CannotInvoke, Value
from sandbox.conditions import Conditions
from sandbox.feed import ActionTaken, ChannelChanged, ConditionsChanged
from sandbox.interactions import Interactions, Origin
from sandbox.invocation import Invocation
from sandbox.messages import REPLY_TYPE, complete
from sandbox.services import Services
from sandbox.state import (
    NO_FLAGS,
    Channel,
    ChannelType,
    File,
    Guild,
    Json,
    Message,
    MessageFlag,
    Overwrite,
    Role,
    User,
)
from sandbox.world import EVERYONE, MODERATOR

Result = TypeVar("Result", Message, Invocation, Channel)


class Actions:
    """Everything that a person can do by hand. There is a guild from the start, with its `owner` and the channel
    "general".

    `world`: everything there is; `bot`: the application's user; `feed`: publishes all that happens.
    """

    def __init__(self, services: Services, interactions: Interactions) -> None:
        self.world = services.world
        self.application = services.application
        self.owner = self.application.owner
        self.bot = self.application.bot
        self.clock = self.world.clock
        self.gateway = services.gateway
        self.feed = services.feed
        self.trace = services.trace
        self._services = services
        self._interactions = interactions
        self.guild = self.add_guild("Sandbox")

    @property
    def conditions(self) -> Conditions:
        return self.world.conditions

    async def set_conditions(self, conditions: Conditions) -> None:
        """Replaces the conditions: what goes wrong from now on, and what no longer does."""
        before, self.world.conditions = self.conditions, conditions
        content = frozenset({"message_content"})
        privileged = self.application.privileged - content
        self.application.privileged = privileged | content if conditions.message_content else privileged
        if before.denied != conditions.denied:
            for channel in [one for one in self.guild.channels.values() if not one.is_thread]:
                overwrite = channel.overwrites.setdefault(self.bot.id, Overwrite())
                overwrite.deny = overwrite.deny & ~before.denied_bits | conditions.denied_bits
                await self._announce("CHANNEL_UPDATE", channel)
        self.feed.publish(ConditionsChanged(conditions))

    # ------------------------------------------------------------ people and places

    def add_guild(self, name: str, *, locale: str = "en-US", bot: bool = True) -> Guild:
        """Adds a guild with the owner, the bot and the channel "general".

        The bot's own role gives it the permissions that everyone has.

        `bot`: False leaves the bot out; its commands are then there only for people who have installed them.
        """
        guild = self.world.add_guild(name, self.owner, [self.bot] if bot else [], locale=locale)
        if bot:
            role = self.world.add_role(guild, self.bot.name, EVERYONE, bot=self.bot)
            guild.members[self.bot.id][1].add(role.id)
        self.world.add_channel(guild, "general")
        return guild

    async def join(
        self, name: str, *, locale: str = "en-US", system_channel: bool = True, deny: Iterable[str] = ()
    ) -> Guild:
        """Adds a guild and announces it to the bot, as when somebody adds the bot to theirs.

        `system_channel`: whether Discord's own messages go to "general"; `deny`: permissions that the bot lacks there,
        by discord.py's names.
        """
        guild = self.add_guild(name, locale=locale)
        (channel,) = guild.channels.values()
        if denied := discord.Permissions(**dict.fromkeys(deny, True)).value:
            channel.overwrites[self.bot.id] = Overwrite(deny=denied)
        guild.system_channel = channel if system_channel else None
        await self.gateway.added(guild)
        return guild

    @property
    def people(self) -> Mapping[str, User]:
        """Everyone but the bots, by name."""
        return {user.name: user for user in self.world.users.values() if not user.bot}

    def person(self, name: str, *, locale: str = "en-US", avatar: File | None = None, moderator: bool = False) -> User:
        """Returns the person of that name. A new one joins the guild; `moderator` gives them the role of that name."""
        if name in self.people:
            return self.people[name]
        user = self.world.add_user(name, locale=locale, avatar=avatar)
        self.guild.members[user.id] = (user, {self._moderators().id} if moderator else set())
        return user

    def _moderators(self) -> Role:
        found = (role for role in self.guild.roles.values() if role.name == "moderator")
        return next(found, None) or self.world.add_role(self.guild, "moderator", EVERYONE | MODERATOR)

    def channel(self, name: str) -> Channel:
        """Returns a channel of the guild by its name. Raises KeyError."""
        for channel in self.guild.channels.values():
            if channel.name == name and not channel.is_thread:
                return channel
        raise KeyError(name)

    async def open_channel(self, name: str, type: ChannelType = ChannelType.TEXT) -> Channel:  # noqa: A002
        channel = self.world.add_channel(self.guild, name, type)
        if self.conditions.denied:
            channel.overwrites[self.bot.id] = Overwrite(deny=self.conditions.denied_bits)
        await self._announce("CHANNEL_CREATE", channel)
        return channel

    async def open_thread(
        self, channel: Channel, name: str, owner: User | None = None, *, private: bool = False
    ) -> Channel:
        """Opens a thread. A private one has no member but its owner, so the bot does not see it."""
        kind = ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD
        thread = self.world.add_thread(channel, name, owner or self.owner, kind)
        await self._announce("THREAD_CREATE", thread)
        return self._publish("open_thread", self._origin(owner, channel, None), thread, name=name)

    async def archive(self, thread: Channel) -> None:
        thread.archived, thread.archived_at = True, self.clock.now()
        await self._announce("THREAD_UPDATE", thread)

    def direct(self, user: User | None = None) -> Channel:
        """Returns the direct messages between a person and the bot."""
        return self.world.direct_channel(user or self.owner)

    def private(self, user: User, partner: User) -> Channel:
        """Returns the direct messages between two people: without the bot, but with the commands they installed."""
        return self.world.private_channel(user, partner)

    async def allow(self, channel: Channel, *permissions: str) -> None:
        """Gives the bot permissions in `channel`, by discord.py's names (`read_message_history`)."""
        await self._overwrite(channel, discord.Permissions(**dict.fromkeys(permissions, True)).value, 0)

    async def deny(self, channel: Channel, *permissions: str) -> None:
        """Takes permissions in `channel` from the bot."""
        await self._overwrite(channel, 0, discord.Permissions(**dict.fromkeys(permissions, True)).value)

    async def _overwrite(self, channel: Channel, allow: int, deny: int) -> None:
        before = channel.overwrites.get(self.bot.id, Overwrite())
        after = Overwrite(before.allow & ~deny | allow, before.deny & ~allow | deny)
        channel.overwrites[self.bot.id] = after
        await self._announce("CHANNEL_UPDATE", channel)

    async def _announce(self, event: str, channel: Channel) -> None:
        self.feed.publish(ChannelChanged(channel))
        if channel.is_thread and not rules.permissions(channel, self.bot).view_channel:
            return
        payload = self._services.payloads.channel(channel)
        await self.gateway.publish(event, channel.guild, lambda _: payload, intent="guilds")

    # ------------------------------------------------------------ what people do

    async def post(
        self,
        channel: Channel,
        author: User | None = None,
        content: str = "",
        files: Iterable[File] = (),
        *,
        embeds: Iterable[Json] = (),
        components: Iterable[Json] = (),
        reply_to: Message | None = None,
        forward: Message | None = None,
    ) -> Message:
        """Posts a message of a person or of another bot. Only a bot can send `embeds` and `components`, where
        `attachment://NAME` shows one of the files.
        """
        messages = self._services.messages
        attached = [messages.attach(file, channel.id) for file in files]
        layout = tuple(complete(list(components)))
        message = replace(
            messages.empty(channel, author or self.owner),
            content=content,
            embeds=tuple(embeds),
            components=layout,
            flags=MessageFlag.COMPONENTS_V2 if layout else NO_FLAGS,
            type=REPLY_TYPE if reply_to is not None else 0,
            reply_to=reply_to,
            forwarded=forward,
        )
        message = messages.embedding(message, attached)
        await messages.put(message)
        meant = {"reply_to": reply_to, "forward": forward}
        given = {"content": content, "files": attached, **{key: one for key, one in meant.items() if one is not None}}
        return self._publish("post", self._origin(author, channel, None), message, **given)

    async def delete(self, message: Message) -> None:
        """Deletes a message, as its author or a moderator would."""
        await self._services.messages.delete(message)

    def newest(self, message: Message) -> Message:
        """Returns the current version of a message."""
        return self._services.messages.get(message.channel, message.id) or message

    def offered(self, user: User, channel: Channel) -> list[Json]:
        """Returns the commands that `user` finds in `channel`, as the bot registered them."""
        return self._interactions.offered(Origin(user, channel))

    async def slash(
        self,
        command: str,
        options: Mapping[str, Value] | None = None,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        locale: str | None = None,
        attachment_size_limit: int | None = None,
    ) -> Invocation:
        """Uses a slash command. `options`: by name, with values of the types in the registered definition.

        `command`: its name, then those of subcommands, separated by spaces; `locale`: the person's own by default;
        `attachment_size_limit`: bytes per file, by default as the conditions say. Raises CannotInvoke where Discord's
        own client would not send the command.
        """
        origin = self._origin(user, channel, locale, attachment_size_limit)
        invocation = await self._interactions.slash(origin, command, options or {})
        return self._publish("slash", origin, invocation, command=command, options=options or {})

    async def autocomplete(
        self,
        command: str,
        options: Mapping[str, Value],
        typing: str,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        locale: str | None = None,
    ) -> Invocation:
        """Asks the bot for suggestions for the option `typing`, given what the person has typed there so far."""
        return await self._interactions.autocomplete(self._origin(user, channel, locale), command, options, typing)

    async def message_command(
        self,
        name: str,
        target: Message,
        *,
        user: User | None = None,
        locale: str | None = None,
        attachment_size_limit: int | None = None,
    ) -> Invocation:
        """Chooses Apps > NAME on a message."""
        origin = self._origin(user, target.channel, locale, attachment_size_limit)
        invocation = await self._interactions.message_command(origin, name, target)
        return self._publish("message_command", origin, invocation, command=name, target=target)

    async def user_command(
        self,
        name: str,
        target: User,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        locale: str | None = None,
        attachment_size_limit: int | None = None,
    ) -> Invocation:
        """Chooses Apps > NAME on a person."""
        origin = self._origin(user, channel, locale, attachment_size_limit)
        invocation = await self._interactions.user_command(origin, name, target)
        return self._publish("user_command", origin, invocation, command=name, target=target)

    async def click(
        self, message: Message, custom_id: str, *, user: User | None = None, locale: str | None = None
    ) -> Invocation:
        """Presses a button."""
        origin = self._origin(user, message.channel, locale)
        invocation = await self._interactions.component(origin, message, custom_id, None)
        return self._publish("click", origin, invocation, message=message, custom_id=custom_id)

    async def select(
        self,
        message: Message,
        custom_id: str,
        values: Iterable[Value],
        *,
        user: User | None = None,
        locale: str | None = None,
    ) -> Invocation:
        """Chooses from a select menu: strings, or people, channels or roles."""
        origin, values = self._origin(user, message.channel, locale), list(values)
        invocation = await self._interactions.component(origin, message, custom_id, values)
        return self._publish("select", origin, invocation, message=message, custom_id=custom_id, values=values)

    async def submit(self, opened: Invocation, texts: Mapping[str, str], *, locale: str | None = None) -> Invocation:
        """Submits the form (modal) that `opened` was answered with, as the person who opened it."""
        origin = self._origin(opened.user, opened.channel, locale, opened.attachment_size_limit)
        invocation = await self._interactions.submit(origin, opened, texts)
        return self._publish("submit", origin, invocation, opened=opened, texts=dict(texts))

    def _publish(self, action: str, origin: Origin, result: Result, **arguments: object) -> Result:
        locale = origin.locale or origin.user.locale
        self.feed.publish(ActionTaken(action, origin.user, locale, origin.channel, result, arguments))
        return result

    def _origin(
        self,
        user: User | None,
        channel: Channel | None,
        locale: str | None,
        attachment_size_limit: int | None = None,
    ) -> Origin:
        if locale is not None and locale not in LOCALES:
            raise CannotInvoke(f"{locale} is not one of Discord's locales")
        limit = self.conditions.upload_limit if attachment_size_limit is None else attachment_size_limit
        return Origin(user or self.owner, channel or self.channel("general"), locale, limit)
