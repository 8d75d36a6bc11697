"""What one person sees of the sandbox, as JSON."""

from __future__ import annotations

from dataclasses import asdict

from sandbox import rules
from sandbox.actions import Actions
from sandbox.commands import LOCALES
from sandbox.conditions import DEFAULT_SIZE_LIMIT
from sandbox.page.files import PageFiles
from sandbox.payloads import Payloads
from sandbox.services import Services
from sandbox.state import Channel, Json, Message, User
from sandbox.world import MODERATOR


class View:
    """`user`: the person who looks at the page; `locale`: the language of their Discord client."""

    def __init__(self, actions: Actions, services: Services, files: PageFiles) -> None:
        self.user = actions.owner
        self.locale = actions.owner.locale
        self._actions = actions
        self._services = services
        self._payloads = Payloads(services.application, files)

    def snapshot(self) -> Json:
        guild, channels = self._actions.guild, self._channels()
        return {
            "me": str(self.user.id),
            "locale": self.locale,
            "locales": sorted(LOCALES),
            "guild": {"id": str(guild.id), "name": guild.name},
            "application": {"id": str(self._services.application.id), "name": self._services.application.name},
            "people": [self._person(user) for user, _ in guild.members.values()],
            "roles": [{"id": str(role.id), "name": role.name} for role in guild.roles.values()],
            "channels": [self.channel(channel) for channel in channels],
            "messages": {str(one.id): [self.message(message) for message in one.messages.values()] for one in channels},
            "bot": self.bot(),
            "upload_limit": DEFAULT_SIZE_LIMIT,
            "trace": [asdict(entry) for entry in self._actions.trace.entries],
            "faults": self._actions.conditions.to_json(),
        }

    def sees(self, channel: Channel) -> bool:
        if channel.guild is None:
            return channel.owner is not None and channel.owner.id == self.user.id
        return channel.guild is self._actions.guild and rules.permissions(channel, self.user).view_channel

    def reads(self, message: Message) -> bool:
        """Whether this person sees a message: an ephemeral one only if the bot answered them."""
        asked = message.extra.get("interaction_metadata", {}).get("user", {}).get("id")
        return self.sees(message.channel) and (not message.ephemeral or asked == str(self.user.id))

    def channel(self, channel: Channel) -> Json:
        return self._payloads.channel(channel)

    def message(self, message: Message) -> Json:
        return {**self._payloads.message(message), "link": message.link}

    def bot(self) -> Json:
        """Returns whether the bot is connected, its commands, and which of them this person finds in which channel."""
        offered = {str(channel.id): self._actions.offered(self.user, channel) for channel in self._channels()}
        commands = {command["id"]: command for found in offered.values() for command in found}
        return {
            "ready": self._services.gateway.ready,
            "commands": list(commands.values()),
            "offered": {channel: [command["id"] for command in found] for channel, found in offered.items()},
        }

    def _channels(self) -> list[Channel]:
        places = [*self._actions.guild.channels.values(), self._actions.direct(self.user)]
        return [channel for channel in places if self.sees(channel)]

    def _person(self, user: User) -> Json:
        guild = self._actions.guild
        moderates = rules.guild_permissions(guild, user).value & MODERATOR == MODERATOR
        part = "bot" if user.bot else "owner" if user.id == guild.owner.id else "moderator" if moderates else "member"
        return {**self._payloads.user(user), "part": part, "locale": user.locale}
