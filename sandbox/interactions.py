"""Turns what a person does into an interaction, with everything that it refers to, and sends it to the bot.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import discord

from sandbox import rules
from sandbox.commands import CannotInvoke, Filled, Kind, Value, fill
from sandbox.conditions import DEFAULT_SIZE_LIMIT
from sandbox.delivery import Delivery
from sandbox.invocation import InteractionType, Invocation
from sandbox.refused import Refusal
from sandbox.services import Services
from sandbox.state import Channel, Json, Message, Role, User, walk_components

GUILD_CONTEXT, DIRECT_CONTEXT, PRIVATE_CONTEXT = 0, 1, 2
BY_GUILD, BY_USER = 0, 1
"""How the bot's commands were installed: Discord's `integration_types`."""

MOST_INVOCATIONS = 10_000
"""The newest, which the bot can still answer."""

# Nobody presses a button the instant it appears, and the bot must first learn that its message was sent.
SECONDS_TO_PRESS = 0.1


@dataclass(frozen=True)
class Origin:
    """Where an interaction comes from: who did something where, in which language, and how many bytes an uploaded file
    may have there.
    """

    user: User
    channel: Channel
    locale: str | None = None
    attachment_size_limit: int = DEFAULT_SIZE_LIMIT


class Interactions:
    def __init__(self, services: Services, delivery: Delivery) -> None:
        self._delivery = delivery
        self._world = services.world
        self._application = services.application
        self._payloads = services.payloads
        self._messages = services.messages
        self._gateway = services.gateway
        self._refusals = services.refusals
        self._trace = services.trace
        self._invocations = services.invocations

    # ------------------------------------------------------------ commands

    async def slash(self, origin: Origin, command: str, options: Mapping[str, Value]) -> Invocation:
        """`command`: its name, then those of subcommands, separated by spaces."""
        definition, filled = self._fill(origin, command, options, typing=None)
        data = self._command_data(origin, definition, filled)
        return await self._start(InteractionType.COMMAND, origin, command, data, kind=Kind.CHAT_INPUT)

    async def autocomplete(self, origin: Origin, command: str, options: Mapping[str, Value], typing: str) -> Invocation:
        """`typing`: the option that has the focus; what the person has typed there so far is among `options`."""
        definition, filled = self._fill(origin, command, options, typing=typing)
        data = self._command_data(origin, definition, filled)
        return await self._start(InteractionType.AUTOCOMPLETE, origin, f"{command} {typing}", data)

    async def message_command(self, origin: Origin, name: str, target: Message) -> Invocation:
        definition = self._definition(origin, name, Kind.MESSAGE)
        message = self._messages.get(target.channel, target.id) or target
        resolved = {"messages": {str(message.id): self._payloads.message(message, referenced=False)}}
        data = {**self._base_data(definition), "target_id": str(message.id), "resolved": resolved}
        more = {"target_message_id": str(message.id)}
        return await self._start(InteractionType.COMMAND, origin, name, data, kind=Kind.MESSAGE, metadata=more)

    async def user_command(self, origin: Origin, name: str, target: User) -> Invocation:
        definition = self._definition(origin, name, Kind.USER)
        resolved = self._resolved(origin, Filled(users=[target]))
        data = {**self._base_data(definition), "target_id": str(target.id), "resolved": resolved}
        more = {"target_user": self._payloads.user(target)}
        return await self._start(InteractionType.COMMAND, origin, name, data, kind=Kind.USER, metadata=more)

    def _definition(self, origin: Origin, name: str, kind: Kind) -> Json:
        for command in self._application.commands_in(origin.channel.guild):
            if (command["type"], command["name"]) == (kind, name):
                if not self._offered(origin, command):
                    raise CannotInvoke(f"{name} is not offered to {origin.user.name} here")
                return command
        raise CannotInvoke(f"no {kind.name.lower()} command {name!r} is registered")

    def offered(self, origin: Origin) -> list[Json]:
        """Returns the commands that the person finds in this channel, as they were registered."""
        return [one for one in self._application.commands_in(origin.channel.guild) if self._offered(origin, one)]

    def _offered(self, origin: Origin, command: Json) -> bool:
        """Whether the person finds the command in this channel, by its contexts and by their permissions."""
        context = _context(origin.channel)
        if self._installed(origin.channel) not in (command.get("integration_types") or [BY_GUILD]):
            return False
        if command.get("contexts") is not None:
            if context not in command["contexts"]:
                return False
        elif context != GUILD_CONTEXT and not command.get("dm_permission", True):
            return False
        if context != GUILD_CONTEXT:
            return True
        allowed = rules.permissions(origin.channel, origin.user)
        needed = discord.Permissions(int(command["default_member_permissions"] or 0))
        return allowed.use_application_commands and allowed >= needed

    def _installed(self, channel: Channel) -> int:
        """Returns how commands are installed there: for the guild if the bot is in it, else for the person."""
        return BY_GUILD if rules.is_there(channel, self._application.bot) else BY_USER

    def _fill(
        self, origin: Origin, command: str, options: Mapping[str, Value], *, typing: str | None
    ) -> tuple[Json, Filled]:
        name, *path = command.split() or [""]
        definition = self._definition(origin, name, Kind.CHAT_INPUT)
        return definition, fill(definition, path, options, typing=typing)

    def _base_data(self, definition: Json) -> Json:
        scope = {"guild_id": definition["guild_id"]} if "guild_id" in definition else {}
        return {"id": definition["id"], "name": definition["name"], "type": definition["type"], **scope}

    def _command_data(self, origin: Origin, definition: Json, filled: Filled) -> Json:
        data = self._base_data(definition)
        resolved = self._resolved(origin, filled)
        if filled.options:
            data["options"] = filled.options
        if resolved:
            data["resolved"] = resolved
        return data

    def _resolved(self, origin: Origin, filled: Filled) -> Json:
        """Returns the objects behind the ids in the options. Files get ephemeral addresses, exempt from all intents."""
        resolved: Json = {}
        guild = origin.channel.guild
        for entry, file in filled.files:
            attachment = self._messages.attach(file, self._application.id, ephemeral=True)
            entry["value"] = str(attachment.id)
            resolved.setdefault("attachments", {})[str(attachment.id)] = self._payloads.attachment(attachment)
        for user in filled.users:
            resolved.setdefault("users", {})[str(user.id)] = self._payloads.user(user)
            if guild is not None and user.id in guild.members:
                member = self._payloads.member(guild, user)
                member["permissions"] = str(rules.permissions(origin.channel, user).value)
                resolved.setdefault("members", {})[str(user.id)] = member
        for channel in filled.channels:
            resolved.setdefault("channels", {})[str(channel.id)] = self._channel(channel, origin.user)
        for role in filled.roles:
            resolved.setdefault("roles", {})[str(role.id)] = self._payloads.role(role, position=1)
        return resolved

    def _channel(self, channel: Channel, user: User) -> Json:
        """Returns a channel as interactions carry it: with the person's permissions there."""
        return {**self._payloads.channel(channel), "permissions": str(rules.permissions(channel, user).value)}

    # ------------------------------------------------------------ components

    async def component(
        self, origin: Origin, message: Message, custom_id: str, values: list[Value] | None
    ) -> Invocation:
        """Presses a button (`values` is None) or chooses from a select menu."""
        await asyncio.sleep(SECONDS_TO_PRESS)
        message = self._messages.get(message.channel, message.id) or message
        found = [one for one in walk_components(message.components) if one.get("custom_id") == custom_id]
        if not found or found[0].get("disabled"):
            raise CannotInvoke(f"the message has no component {custom_id!r} that can be used")
        kind = found[0]["type"]
        if (values is None) != (kind == rules.BUTTON):
            raise CannotInvoke(f"component {custom_id!r} is of type {kind}")
        data: Json = {"custom_id": custom_id, "component_type": kind, "id": found[0]["id"]}
        if values is not None:
            data |= self._selected(origin, found[0], values)
        more = {"interacted_message_id": str(message.id)}
        return await self._start(InteractionType.COMPONENT, origin, custom_id, data, source=message, metadata=more)

    def _selected(self, origin: Origin, component: Json, values: list[Value]) -> Json:
        if not component["min_values"] <= len(values) <= component["max_values"]:
            raise CannotInvoke(f"choose {component['min_values']} to {component['max_values']} values")
        if component["type"] == rules.STRING_SELECT:
            offered = [option["value"] for option in component["options"]]
            if unknown := [value for value in values if value not in offered]:
                raise CannotInvoke(f"the menu does not offer {unknown}")
            return {"values": values}
        filled = Filled(
            users=[one for one in values if isinstance(one, User)],
            channels=[one for one in values if isinstance(one, Channel)],
            roles=[one for one in values if isinstance(one, Role)],
        )
        chosen = [str(one.id) for one in values if isinstance(one, User | Channel | Role)]
        return {"values": chosen, "resolved": self._resolved(origin, filled)}

    async def submit(self, origin: Origin, opened: Invocation, texts: Mapping[str, str]) -> Invocation:
        """Sends the form that `opened` was answered with, its text fields filled by `texts`."""
        if opened.modal is None:
            raise CannotInvoke(f"{opened.name} opened no form")
        components = [self._submitted(component, texts) for component in opened.modal["components"]]
        data = {"custom_id": opened.modal["custom_id"], "components": components}
        more = {"triggering_interaction_metadata": opened.metadata}
        name = opened.modal["custom_id"]
        return await self._start(InteractionType.MODAL, origin, name, data, source=opened.source, metadata=more)

    def _submitted(self, component: Json, texts: Mapping[str, str]) -> Json:
        """Returns a form's component as it is submitted: the fields in their rows and labels, each with its value."""
        kind = component["type"]
        if kind == rules.TEXT_INPUT:
            value = texts.get(component["custom_id"], component.get("value") or "")
            if not value and component.get("required", True):
                raise CannotInvoke(f"the form needs {component['custom_id']}")
            return {"type": kind, "custom_id": component["custom_id"], "id": component.get("id", 0), "value": value}
        back: Json = {"type": kind, "id": component.get("id", 0)}
        if "components" in component:
            back["components"] = [self._submitted(inner, texts) for inner in component["components"]]
        if "component" in component:
            back["component"] = self._submitted(component["component"], texts)
        return back

    # ------------------------------------------------------------ sending

    async def _start(
        self,
        type: InteractionType,  # noqa: A002
        origin: Origin,
        name: str,
        data: Json,
        *,
        kind: int = 0,
        source: Message | None = None,
        metadata: Json | None = None,
    ) -> Invocation:
        user, channel = origin.user, origin.channel
        owners = {str(BY_USER): str(user.id)}
        if self._installed(channel) == BY_GUILD:
            owners = {str(BY_GUILD): str(channel.guild.id) if channel.guild else "0"}
        id_ = self._world.snowflakes.next()
        invocation = Invocation(
            id_,
            secrets.token_urlsafe(48),
            type,
            user,
            channel,
            name,
            self._world.clock.now(),
            origin.attachment_size_limit,
            kind,
            source,
            {
                "id": str(id_),
                "type": int(type),
                "user": self._payloads.user(user),
                "authorizing_integration_owners": owners,
                **(metadata or {}),
            },
        )
        self._invocations[invocation.token] = invocation
        if len(self._invocations) > MOST_INVOCATIONS:
            del self._invocations[next(iter(self._invocations))]
        payload = self._payload(invocation, origin, data, owners)
        self._world.clock.call_later(rules.SECONDS_TO_ACKNOWLEDGE, lambda: self._check(invocation))
        if self._delivery.url is None:
            await self._gateway.publish("INTERACTION_CREATE", channel.guild, lambda _: payload)
        else:
            self._delivery.post(invocation, payload)
        return invocation

    def _check(self, invocation: Invocation) -> None:
        """Runs three seconds later: a bot that has not responded by then is too late."""
        if invocation.acknowledged_after is None:
            invocation.failed = True
            why = "not acknowledged within 3 s"
            self._refusals.append(Refusal(invocation.name, None, 10062, why))
            self._trace.not_acknowledged(invocation.name, why)
            invocation.changes.notify()

    def _payload(self, invocation: Invocation, origin: Origin, data: Json, owners: Json) -> Json:
        user, channel, guild = origin.user, origin.channel, origin.channel.guild
        payload: Json = {
            "id": str(invocation.id),
            "application_id": str(self._application.id),
            "type": int(invocation.type),
            "token": invocation.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": self._channel(channel, user),
            "app_permissions": str(rules.app_permissions(channel, self._application.bot).value),
            "locale": origin.locale or user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": owners,
            "context": _context(channel),
            "attachment_size_limit": origin.attachment_size_limit,
        }
        if invocation.source is not None:
            payload["message"] = self._payloads.message(invocation.source)
        if guild is None:
            return payload | {"user": self._payloads.user(user)}
        member = self._payloads.member_with_user(guild, user)
        member["permissions"] = str(rules.permissions(channel, user).value)
        return payload | {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": member,
        }


def _context(channel: Channel) -> int:
    if channel.guild is not None:
        return GUILD_CONTEXT
    return DIRECT_CONTEXT if channel.partner is None else PRIVATE_CONTEXT
