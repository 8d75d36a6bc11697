"""Everything in the sandbox as Discord's JSON (API v10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import discord

from sandbox import rules
from sandbox.clock import created
from sandbox.state import Attachment, Channel, ChannelType, Guild, Json, Message, Role, User
from sandbox.world import Application

PRIVILEGED_FLAGS = {
    "presences": discord.ApplicationFlags.gateway_presence_limited.flag,
    "members": discord.ApplicationFlags.gateway_guild_members_limited.flag,
    "message_content": discord.ApplicationFlags.gateway_message_content_limited.flag,
}
REPLY, FORWARD = 0, 1
SNAPSHOT = (
    "type",
    "content",
    "embeds",
    "components",
    "attachments",
    "timestamp",
    "edited_timestamp",
    "flags",
    "mentions",
    "mention_roles",
)
"""The fields of a message that its forwarded copy keeps."""

PREVIOUS_COMMANDS_FLAG = discord.ApplicationFlags.app_commands_badge.flag


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def snowflake(thing: Any) -> str | None:
    return None if thing is None else str(thing.id)


class Addresses(Protocol):
    """Makes addresses of files for one kind of reader; `proxy`: on the media proxy."""

    def url(self, attachment: Attachment, *, proxy: bool = False) -> str: ...


class Payloads:
    def __init__(self, application: Application, addresses: Addresses) -> None:
        self._application = application
        self._addresses = addresses

    # ------------------------------------------------------------ people

    def user(self, user: User) -> Json:
        return {
            "id": str(user.id),
            "username": user.name.lower() if not user.bot else user.name,
            "global_name": None if user.bot else user.name,
            "discriminator": "0001" if user.bot else "0",
            "avatar": user.avatar_hash,
            "bot": user.bot,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }

    def me(self) -> Json:
        return {**self.user(self._application.bot), "mfa_enabled": False, "locale": "en-US", "verified": True}

    def member(self, guild: Guild, user: User) -> Json:
        """Returns a member without the user object, as in `resolved.members`."""
        _, roles = guild.members[user.id]
        return {
            "roles": [str(role) for role in sorted(roles)],
            # people joined when the guild was created
            "joined_at": timestamp(guild.joined if user.bot else created(guild.id)),
            "nick": None,
            "avatar": None,
            "banner": None,
            "premium_since": None,
            "pending": False,
            "communication_disabled_until": None,
            "flags": 0,
        }

    def member_with_user(self, guild: Guild, user: User) -> Json:
        return {**self.member(guild, user), "user": self.user(user), "mute": False, "deaf": False}

    def application(self) -> Json:
        app = self._application
        flags = PREVIOUS_COMMANDS_FLAG if app.commands else 0
        for name in app.privileged:
            flags |= PRIVILEGED_FLAGS[name]
        return {
            "id": str(app.id),
            "name": app.name,
            "icon": None,
            "description": "",
            "summary": "",  # deprecated and undocumented, but Discord sends it and interactions.py needs it
            "type": None,
            "bot": self.user(app.bot),
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.user(app.owner),
            "team": None,
            "verify_key": "00" * 32,
            "flags": flags,
            "flags_new": str(flags),
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": ["bot", "applications.commands"],
            "integration_types_config": {"0": {}, "1": {}},
            **app.settings,
        }

    # ------------------------------------------------------------ places

    def role(self, role: Role, position: int) -> Json:
        tags = {"tags": {"bot_id": str(role.bot.id)}} if role.bot else {}
        return {
            "id": str(role.id),
            "name": role.name,
            "permissions": str(role.permissions),
            "position": position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": role.bot is not None,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
            **tags,
        }

    def guild(self, guild: Guild) -> Json:
        return {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "description": None,
            "home_header": None,
            "splash": None,
            "discovery_splash": None,
            "features": [],
            "banner": None,
            "owner_id": str(guild.owner.id),
            "application_id": None,
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": snowflake(guild.system_channel),
            "system_channel_flags": 0,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 1,
            "roles": [self.role(role, position) for position, role in enumerate(guild.roles.values())],
            "default_message_notifications": 0,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_presences": None,
            "max_members": 500_000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": guild.locale,
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "public_updates_channel_id": None,
            "premium_progress_bar_enabled": False,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
            "incidents_data": None,
        }

    def guild_create(self, guild: Guild, *, new: bool, everyone: bool) -> Json:
        """Returns GUILD_CREATE: with channels, active threads and members.

        `new`: whether the bot has just been added; `everyone`: whether to list all members, as Discord does with the
        presence intent, or the bot alone.
        """
        bot = self._application.bot
        members = [user for user, _ in guild.members.values()] if everyone else [bot]
        threads = [t for t in guild.threads() if not t.archived and rules.permissions(t, bot).view_channel]
        return {
            **self.guild(guild),
            "joined_at": timestamp(guild.joined),
            "large": len(guild.members) > 250,
            **({} if new else {"unavailable": False}),
            "member_count": len(guild.members),
            "voice_states": [],
            "members": [self.member_with_user(guild, user) for user in members],
            "channels": [self.channel(channel) for channel in guild.channels.values() if not channel.is_thread],
            "threads": [self.channel(thread) for thread in threads],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def channel(self, channel: Channel) -> Json:
        last = next(reversed(channel.messages), None)
        base: Json = {
            "id": str(channel.id),
            "type": int(channel.type),
            "last_message_id": None if last is None else str(last),
            "flags": 0,
        }
        if channel.guild is None:
            people = [user for user in (channel.owner, channel.partner) if user is not None]
            return {**base, "recipients": [self.user(user) for user in people]}
        base |= {
            "guild_id": str(channel.guild.id),
            "name": channel.name,
            "parent_id": snowflake(channel.parent),
            "rate_limit_per_user": 0,
        }
        return {**base, **(self._thread(channel) if channel.is_thread else self._guild_channel(channel))}

    def _guild_channel(self, channel: Channel) -> Json:
        guild_roles = channel.guild.roles if channel.guild else {}
        more: Json = {}
        if channel.type is ChannelType.FORUM:
            more = {"available_tags": []}
        if channel.type in (ChannelType.VOICE, ChannelType.STAGE):
            more = {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
        return {
            "position": channel.position,
            "topic": channel.topic,
            "nsfw": False,
            "permission_overwrites": [
                {
                    "id": str(id_),
                    "type": 0 if id_ in guild_roles else 1,
                    "allow": str(overwrite.allow),
                    "deny": str(overwrite.deny),
                }
                for id_, overwrite in channel.overwrites.items()
            ],
            **more,
        }

    def _thread(self, thread: Channel) -> Json:
        bot = self._application.bot
        member = {"member": self.thread_member(thread, bot)} if bot.id in thread.members else {}
        return {
            "owner_id": snowflake(thread.owner),
            "message_count": len(thread.messages),
            "total_message_sent": len(thread.messages),
            "member_count": len(thread.members),
            "thread_metadata": {
                "archived": thread.archived,
                "archive_timestamp": timestamp(thread.archived_at or thread.created),
                "auto_archive_duration": 4320,
                "locked": False,
                "create_timestamp": timestamp(thread.created),
            },
            **member,
        }

    def thread_member(self, thread: Channel, user: User) -> Json:
        joined = timestamp(thread.created)
        return {"id": str(thread.id), "user_id": str(user.id), "join_timestamp": joined, "flags": 0}

    def threads(self, threads: list[Channel], *, more: bool) -> Json:
        bot = self._application.bot
        return {
            "threads": [self.channel(thread) for thread in threads],
            "members": [self.thread_member(one, bot) for one in threads if bot.id in one.members],
            "has_more": more,
        }

    # ------------------------------------------------------------ messages

    def attachment(self, attachment: Attachment) -> Json:
        body: Json = {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": attachment.size,
            "url": self._addresses.url(attachment),
            "proxy_url": self._addresses.url(attachment, proxy=True),
        }
        optional = {
            "content_type": attachment.content_type,
            "width": attachment.width,
            "height": attachment.height,
            "description": attachment.description,
            "ephemeral": attachment.ephemeral or None,
            "flags": discord.AttachmentFlags.spoiler.flag if attachment.spoiler else None,
        }
        return body | {key: value for key, value in optional.items() if value is not None}

    def message(self, message: Message, *, content: bool = True, referenced: bool = True) -> Json:
        """`content`: whether the reader may see text, embeds, attachments and components; `referenced`: whether to
        include the message that it replies to.
        """
        mentions = [user for user in self._people(message) if message.mentions(user)]
        embedded = {one.filename: one for one in message.embedded}
        return {
            "id": str(message.id),
            "channel_id": str(message.channel.id),
            "type": message.type,
            "author": self.user(message.author),
            "content": message.content if content else "",
            "embeds": [self._embed(embed, embedded) for embed in message.embeds] if content else [],
            "components": [self._component(one, embedded) for one in message.components] if content else [],
            "attachments": [self.attachment(one) for one in message.attachments] if content else [],
            "timestamp": timestamp(message.created),
            "edited_timestamp": None if message.edited is None else timestamp(message.edited),
            "flags": int(message.flags),
            "mentions": [self.user(user) for user in mentions],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            **self._references(message, content=content, referenced=referenced),
            **message.extra,
        }

    def _references(self, message: Message, *, content: bool, referenced: bool) -> Json:
        if message.reply_to is not None:
            reference = {"message_reference": self._reference(message.reply_to, REPLY)}
            if not referenced:
                return reference
            return reference | {"referenced_message": self.message(message.reply_to, content=content, referenced=False)}
        if message.forwarded is not None:
            whole = self.message(message.forwarded, content=content)
            snapshot = {key: whole[key] for key in SNAPSHOT}
            reference = self._reference(message.forwarded, FORWARD)
            return {"message_reference": reference, "message_snapshots": [{"message": snapshot}]}
        return {}

    def _reference(self, message: Message, kind: int) -> Json:
        guild = {"guild_id": str(message.channel.guild.id)} if message.channel.guild else {}
        return {"type": kind, "message_id": str(message.id), "channel_id": str(message.channel.id), **guild}

    def message_event(self, message: Message, *, content: bool = True) -> Json:
        """Returns MESSAGE_CREATE or MESSAGE_UPDATE: with the guild and the author as its member."""
        body = self.message(message, content=content)
        guild = message.channel.guild
        if guild is not None:
            body["guild_id"] = str(guild.id)
            if message.author.id in guild.members:
                body["member"] = {**self.member(guild, message.author), "mute": False, "deaf": False}
        return body

    def _people(self, message: Message) -> list[User]:
        guild = message.channel.guild
        if guild is not None:
            return [user for user, _ in guild.members.values()]
        return [user for user in (message.channel.owner, self._application.bot) if user]

    def _embed(self, embed: Json, embedded: Mapping[str, Attachment]) -> Json:
        shown = {"type": "rich", **embed}
        for key in ("image", "thumbnail"):
            if key in shown:
                shown[key] = self._media(shown[key], embedded)
        return shown

    def _component(self, component: Json, embedded: Mapping[str, Attachment]) -> Json:
        shown = dict(component)
        if "media" in shown:
            shown["media"] = self._unfurled(shown["media"], embedded)
        if "file" in shown:
            attachment = _referenced(shown["file"], embedded)
            shown["name"], shown["size"] = (attachment.filename, attachment.size) if attachment else (None, None)
            shown["file"] = self._unfurled(shown["file"], embedded)
        for key in ("components", "items"):
            if key in shown:
                shown[key] = [self._component(inner, embedded) for inner in shown[key]]
        if isinstance(shown.get("accessory"), dict):
            shown["accessory"] = self._component(shown["accessory"], embedded)
        return shown

    def _media(self, media: Json, embedded: Mapping[str, Attachment]) -> Json:
        """Returns an embed's picture, with `attachment://NAME` replaced by the attachment's own address."""
        attachment = _referenced(media, embedded)
        if attachment is None:
            return media
        shown = self.attachment(attachment)
        return {key: shown[key] for key in ("url", "proxy_url", "width", "height", "content_type") if key in shown}

    def _unfurled(self, media: Json, embedded: Mapping[str, Attachment]) -> Json:
        attachment = _referenced(media, embedded)
        if attachment is None:
            return {"id": "0", "proxy_url": media["url"], **media}
        return {"id": str(attachment.id), "attachment_id": str(attachment.id), **self._media(media, embedded)}


def _referenced(media: Json, embedded: Mapping[str, Attachment]) -> Attachment | None:
    return embedded.get(str(media.get("url", "")).removeprefix("attachment://"))
