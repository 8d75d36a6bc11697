"""Discord's rules: who may do what where, what a message may hold, and whose messages a bot can read."""

from __future__ import annotations

from collections.abc import Iterable, Sized

import discord

from sandbox.refused import Form, entity_too_large, missing_access, missing_permissions, too_many_attachments
from sandbox.state import Channel, ChannelType, File, Guild, Json, Message, User, walk_components

SECONDS_TO_ACKNOWLEDGE = 3.0
TOKEN_LIFE_SECONDS = 15 * 60.0
HISTORY_PAGE = 100
FILES_A_MESSAGE = 10
DESCRIPTION_LENGTH = 1024
CONTENT_LENGTH = 2000
EMBEDS_LENGTH = 6000
COMPONENTS_V2_COUNT = 40
COMPONENTS_V2_LENGTH = 4000

# Direct messages have no roles; Discord reports these permissions for both sides.
DIRECT_PERMISSIONS = discord.Permissions.text() | discord.Permissions(view_channel=True)

# The permissions that matter in replies to commands where the bot is not a member.
REPLY_PERMISSIONS = discord.Permissions(attach_files=True, embed_links=True, mention_everyone=True)

ACTION_ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
MEDIA_GALLERY = 12
SELECTS = (3, 5, 6, 7, 8)
LINK_STYLE, PREMIUM_STYLE = 5, 6


# ---------------------------------------------------------------- permissions


def guild_permissions(guild: Guild, user: User) -> discord.Permissions:
    if user.id == guild.owner.id:
        return discord.Permissions.all()
    if user.id not in guild.members:
        return discord.Permissions.none()
    _, roles = guild.members[user.id]
    bits = guild.everyone.permissions
    for role in roles:
        bits |= guild.roles[role].permissions
    allowed = discord.Permissions(bits)
    return discord.Permissions.all() if allowed.administrator else allowed


def permissions(channel: Channel, user: User) -> discord.Permissions:
    """Returns what `user` may do in `channel`.

    Applies roles, then the channel's overwrites for everyone, for roles and for the member.
    A thread has the permissions of its parent; only members see a private one. https://discord.com/developers/docs/topics/permissions#permission-overwrites
    """
    if channel.guild is None:
        there = user in (channel.owner, channel.partner) or (user.bot and channel.partner is None)
        return DIRECT_PERMISSIONS if there else discord.Permissions.none()
    guild = channel.guild
    base = guild_permissions(guild, user)
    if base.administrator or user.id not in guild.members:
        return base
    bits = base.value
    overwrites = (channel.parent or channel).overwrites
    _, roles = guild.members[user.id]
    for layer in ({guild.id}, roles, {user.id}):
        found = [overwrites[id_] for id_ in layer if id_ in overwrites]
        for overwrite in found:
            bits &= ~overwrite.deny
        for overwrite in found:
            bits |= overwrite.allow
    allowed = discord.Permissions(bits)
    is_private = channel.type is ChannelType.PRIVATE_THREAD
    hidden = is_private and user.id not in channel.members and not allowed.manage_threads
    return discord.Permissions.none() if hidden or not allowed.view_channel else allowed


def app_permissions(channel: Channel, bot: User) -> discord.Permissions:
    """Returns what the bot may do in its replies to commands in `channel`, where it need not be a member."""
    return permissions(channel, bot) if is_there(channel, bot) else REPLY_PERMISSIONS


def is_there(channel: Channel, bot: User) -> bool:
    """Whether the bot is in the guild, or takes part in the direct messages."""
    return channel.partner is None if channel.guild is None else bot.id in channel.guild.members


def must_see(channel: Channel, user: User) -> discord.Permissions:
    """Returns the permissions of `user` in `channel`. Raises Refused (50001) if they may not even see it."""
    allowed = permissions(channel, user)
    if not allowed.view_channel:
        raise missing_access()
    return allowed


def must_read(channel: Channel, user: User) -> discord.Permissions:
    """Does what `must_see` does. Reading messages in a voice or stage channel also needs the permission to connect."""
    allowed = must_see(channel, user)
    if channel.type in (ChannelType.VOICE, ChannelType.STAGE) and not allowed.connect:
        raise missing_access()
    return allowed


def must_send(channel: Channel, user: User, *, files: bool) -> None:
    allowed = must_see(channel, user)
    may_send = allowed.send_messages_in_threads if channel.is_thread else allowed.send_messages
    if not may_send or (files and not allowed.attach_files):
        raise missing_permissions()


# ---------------------------------------------------------------- message content


def shows_content(message: Message, bot: User, *, intent: bool) -> bool:
    """Whether the bot gets the text, embeds, attachments and components of `message`.

    With the intent, always; without it, of its own messages, those that mention it, and direct messages.
    https://discord.com/developers/docs/events/gateway#message-content-intent
    """
    return intent or message.author.id == bot.id or message.channel.guild is None or message.mentions(bot)


# ---------------------------------------------------------------- messages


def check_sizes(files: Iterable[File], limit: int) -> None:
    """Raises Refused (40005) if a file has more than `limit` bytes."""
    if any(len(file.data) > limit for file in files):
        raise entity_too_large()


def check_count(files: Sized) -> None:
    """Raises Refused (30015) if a message has more than ten files, kept ones and new ones together."""
    if len(files) > FILES_A_MESSAGE:
        raise too_many_attachments()


def check_message(payload: Json, *, components_v2: bool) -> None:
    """Checks the form and the limits of a message that a bot sends or edits. Raises Refused (50035), with each mistake.

    `components_v2`: whether the message consists of components alone.
    """
    form = Form()
    form.longest(("content",), payload.get("content"), CONTENT_LENGTH)
    for index, attachment in enumerate(payload.get("attachments") or ()):
        form.longest(("attachments", index, "description"), attachment.get("description"), DESCRIPTION_LENGTH)
    _check_embeds(form, payload.get("embeds") or [])
    _check_components(form, payload, components_v2=components_v2)
    form.refuse_if_wrong()


def _check_embeds(form: Form, embeds: list[Json]) -> None:
    if len(embeds) > 10:
        form.wrong(("embeds",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    length = 0
    for index, embed in enumerate(embeds):
        at: tuple[str | int, ...] = ("embeds", index)
        fields = embed.get("fields") or []
        texts = [
            ((*at, "title"), embed.get("title"), 256),
            ((*at, "description"), embed.get("description"), 4096),
            ((*at, "footer", "text"), (embed.get("footer") or {}).get("text"), 2048),
            ((*at, "author", "name"), (embed.get("author") or {}).get("name"), 256),
        ]
        if len(fields) > 25:
            form.wrong((*at, "fields"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for number, entry in enumerate(fields):
            form.length((*at, "fields", number, "name"), entry.get("name"), 1, 256)
            form.length((*at, "fields", number, "value"), entry.get("value"), 1, 1024)
            length += len(entry.get("name") or "") + len(entry.get("value") or "")
        for path, text, limit in texts:
            form.longest(path, text, limit)
            length += len(text or "")
    if length > EMBEDS_LENGTH:
        message = f"Embed size exceeds maximum size of {EMBEDS_LENGTH}"
        form.wrong(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)


def _check_components(form: Form, payload: Json, *, components_v2: bool) -> None:
    components = payload.get("components") or []
    everything = list(walk_components(components))
    if components_v2:
        for key in ("content", "embeds"):
            if payload.get(key):
                form.wrong((key,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", f"The '{key}' field is taken")
        if len(everything) > COMPONENTS_V2_COUNT:
            form.wrong(("components",), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {COMPONENTS_V2_COUNT}.")
        if sum(len(one.get("content") or "") for one in everything) > COMPONENTS_V2_LENGTH:
            message = f"The total displayable text size exceeds the maximum size of {COMPONENTS_V2_LENGTH}"
            form.wrong(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    else:
        if len(components) > 5:
            form.wrong(("components",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        for index, row in enumerate(components):
            form.choice(("components", index, "type"), row.get("type"), (ACTION_ROW,))
    seen: set[str] = set()
    for component in everything:
        _check_component(form, component, seen)


def _check_component(form: Form, component: Json, seen: set[str]) -> None:
    kind = component.get("type")
    custom_id = component.get("custom_id")
    at: tuple[str | int, ...] = ("components", str(custom_id or kind))
    if kind == ACTION_ROW:
        inner = component.get("components") or []
        form.length((*at, "components"), inner, 1, 5)
        if any(one.get("type") in SELECTS for one in inner) and len(inner) > 1:
            form.wrong((*at, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds width")
    needs_id = kind in SELECTS or (kind == BUTTON and component.get("style") not in (LINK_STYLE, PREMIUM_STYLE))
    if needs_id:
        form.length((*at, "custom_id"), custom_id, 1, 100)
        if custom_id in seen:
            form.wrong((*at, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        seen.add(str(custom_id))
    if kind == BUTTON:
        form.longest((*at, "label"), component.get("label"), 80)
    if kind == MEDIA_GALLERY:
        form.length((*at, "items"), component.get("items"), 1, FILES_A_MESSAGE)
        for index, item in enumerate(component.get("items") or ()):
            form.longest((*at, "items", index, "description"), item.get("description"), DESCRIPTION_LENGTH)
    if kind in SELECTS:
        form.longest((*at, "placeholder"), component.get("placeholder"), 150)
    if kind == STRING_SELECT:
        options = component.get("options") or []
        form.length((*at, "options"), options, 1, 25)
        for index, option in enumerate(options):
            form.length((*at, "options", index, "label"), option.get("label"), 1, 100)
            form.length((*at, "options", index, "value"), option.get("value"), 1, 100)
            form.longest((*at, "options", index, "description"), option.get("description"), 100)


def check_modal(payload: Json) -> None:
    form = Form()
    form.length(("custom_id",), payload.get("custom_id"), 1, 100)
    form.length(("title",), payload.get("title"), 1, 45)
    form.length(("components",), payload.get("components"), 1, 5)
    form.refuse_if_wrong()


def check_choices(payload: Json) -> None:
    """Checks the suggestions for autocomplete: at most 25 choices."""
    form = Form()
    choices = payload.get("choices") or []
    if len(choices) > 25:
        form.wrong(("choices",), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        form.length(("choices", index, "name"), choice.get("name"), 1, 100)
    form.refuse_if_wrong()
