"""Messages: builds them from what was sent, keeps them in their channel and announces them on the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from sandbox import rules
from sandbox.cdn import Cdn
from sandbox.feed import Feed, MessageDeleted, MessageShown
from sandbox.gateway import Gateway
from sandbox.parse import without_nulls
from sandbox.payloads import Payloads
from sandbox.refused import Form, empty_message, layout_refused
from sandbox.state import Attachment, Channel, File, Json, Message, MessageFlag, User
from sandbox.world import World

EDITABLE_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.COMPONENTS_V2
SENDABLE_FLAGS = EDITABLE_FLAGS | MessageFlag.SUPPRESS_NOTIFICATIONS
CONTAINER, FILE, MEDIA_GALLERY, THUMBNAIL = 17, 13, 12, 11

REPLY_TYPE = 19
"""The type of a message that replies to another one."""

_REFERENCE = re.compile(r'attachment://([^"\\]+)')


@dataclass(frozen=True)
class Sent:
    """A message's JSON, and the files that came with it by their number (`files[n]`)."""

    payload: Json
    files: Mapping[int, File]


class Messages:
    def __init__(self, world: World, bot: User, cdn: Cdn, payloads: Payloads, gateway: Gateway, feed: Feed) -> None:
        self._world = world
        self._bot = bot
        self._cdn = cdn
        self._payloads = payloads
        self._gateway = gateway
        self._feed = feed
        self._ephemeral: dict[int, Message] = {}

    # ------------------------------------------------------------ making

    def compose(self, sent: Sent, base: Message, *, size_limit: int, allowed_flags: MessageFlag) -> Message:
        """Applies what was sent to `base`: an empty message for a new one, or the message that is edited.

        Fields that were not sent stay. Raises Refused (50035, 40005, 30015, 50006).
        """
        payload, flags = sent.payload, base.flags
        if "flags" in payload:
            kept = base.flags & ~MessageFlag.SUPPRESS_EMBEDS  # once set, COMPONENTS_V2 stays
            flags = MessageFlag(payload["flags"] or 0) & allowed_flags | kept
        layout = MessageFlag.COMPONENTS_V2 in flags
        if layout and self._world.conditions.layouts_refused:
            raise layout_refused()
        legacy = {"content": base.content, "embeds": list(base.embeds)} if layout else {}  # an edit has to clear them
        rules.check_message({**legacy, **payload}, components_v2=layout)
        rules.check_sizes(sent.files.values(), size_limit)
        content = payload["content"] or "" if "content" in payload else base.content
        embeds = tuple(without_nulls(payload["embeds"] or [])) if "embeds" in payload else base.embeds
        components = base.components
        if "components" in payload:
            components = tuple(complete(without_nulls(payload["components"] or [])))
        files = self._files(sent, base)
        rules.check_count(files)
        _check_references(components, files)
        message = self.embedding(
            replace(base, content=content, embeds=embeds, components=components, flags=flags), files
        )
        if not (content or embeds or files or components):
            raise empty_message()
        return message

    def _files(self, sent: Sent, base: Message) -> list[Attachment]:
        """Returns kept files in the order of `attachments`, then new ones. An id there is that of a kept file or the
        number of a new one.
        """
        entries: list[Json] | None = sent.payload.get("attachments")
        before = {attachment.id: attachment for attachment in base.files}
        if entries is None:
            kept, described = list(before.values()), {}
        else:
            described = {int(entry["id"]): entry for entry in entries}
            kept = [before[id_] for id_ in described if id_ in before]
            form = Form()
            for index, entry in enumerate(entries):
                if int(entry["id"]) not in before and int(entry["id"]) not in sent.files:
                    form.wrong(("attachments", index, "id"), "ATTACHMENT_NOT_FOUND", "Attachment data not found")
            form.refuse_if_wrong()
        new = []
        for number, file in sent.files.items():
            entry = described.get(number, {})
            named = replace(
                file,
                name=entry.get("filename") or file.name,
                description=entry.get("description") or None,
                content_type=None,
            )
            new.append(self.attach(named, base.channel.id))
        return kept + new

    def attach(self, file: File, folder: int, *, ephemeral: bool = False) -> Attachment:
        """Stores a file on the CDN."""
        return self._cdn.keep(Attachment.of(file, self._world.snowflakes.next(), folder, ephemeral=ephemeral))

    def embedding(self, message: Message, files: list[Attachment]) -> Message:
        """Returns `message` with these files, below its text or where an embed or a component shows them."""
        shown = set(_REFERENCE.findall(json.dumps([message.embeds, message.components], ensure_ascii=False)))
        return replace(
            message,
            attachments=tuple(file for file in files if file.filename not in shown),
            embedded=tuple(file for file in files if file.filename in shown),
        )

    def empty(self, channel: Channel, author: User) -> Message:
        return Message(self._world.snowflakes.next(), channel, author)

    # ------------------------------------------------------------ keeping and announcing

    def get(self, channel: Channel, id: int) -> Message | None:  # noqa: A002
        """Returns the current version of a message, ephemeral ones included."""
        return channel.messages.get(id) or self._ephemeral.get(id)

    async def put(self, message: Message) -> None:
        """Adds `message` to its channel and announces it, unless it is ephemeral."""
        self._feed.publish(MessageShown(message))
        if message.ephemeral:
            self._ephemeral[message.id] = message
            return
        message.channel.messages[message.id] = message
        message.channel.archived = False
        await self._announce("MESSAGE_CREATE", message)

    async def change(self, message: Message) -> Message:
        """Replaces the old version of a message; returns the new one with the time of the edit."""
        before = self.get(message.channel, message.id)
        is_answer = before is not None and before.loading  # replacing "thinking" is no edit
        edited = message if message.loading or is_answer else replace(message, edited=self._world.clock.now())
        self._feed.publish(MessageShown(edited))
        if message.ephemeral:
            self._ephemeral[message.id] = edited
        else:
            message.channel.messages[message.id] = edited
            await self._announce("MESSAGE_UPDATE", edited)
        return edited

    async def delete(self, message: Message) -> None:
        self._feed.publish(MessageDeleted(message))
        if self._ephemeral.pop(message.id, None) or not message.channel.messages.pop(message.id, None):
            return
        guild = message.channel.guild
        data = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if guild is not None:
            data["guild_id"] = str(guild.id)
        await self._gateway.publish("MESSAGE_DELETE", guild, lambda _: data, intent=_intent(message.channel))

    async def _announce(self, event: str, message: Message) -> None:
        if not rules.permissions(message.channel, self._bot).view_channel:
            return

        def render(intent: bool) -> Json:
            content = rules.shows_content(message, self._bot, intent=intent)
            return self._payloads.message_event(message, content=content)

        await self._gateway.publish(event, message.channel.guild, render, intent=_intent(message.channel))


def _check_references(components: tuple[Json, ...], files: list[Attachment]) -> None:
    """Refuses a component whose file is missing. An embed whose picture is missing just has none."""
    form = Form()
    for name in set(_REFERENCE.findall(json.dumps(components, ensure_ascii=False))) - {file.filename for file in files}:
        code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
        form.wrong(("components", name), code, f"The specified attachment ({name}) was not found")
    form.refuse_if_wrong()


def _intent(channel: Channel) -> str:
    return "dm_messages" if channel.guild is None else "guild_messages"


def complete(components: list[Json]) -> list[Json]:
    """Returns components with the ids and the defaults that Discord fills in."""
    numbers = count(1)
    return [_completed(component, numbers) for component in components]


def _completed(component: Json, numbers: Iterator[int]) -> Json:
    whole = {"id": next(numbers), **component}
    kind = whole.get("type")
    if kind in rules.SELECTS:
        whole = {"min_values": 1, "max_values": 1, **whole}
    if kind == CONTAINER:
        whole = {"accent_color": None, "spoiler": False, **whole}
    if kind == MEDIA_GALLERY:
        whole["items"] = [{"spoiler": False, "description": None, **item} for item in whole.get("items") or ()]
    if kind == THUMBNAIL:
        whole = {"spoiler": False, "description": None, **whole}
    if kind == FILE:
        whole = {"spoiler": False, **whole}
    if isinstance(whole.get("components"), list):
        whole["components"] = [_completed(inner, numbers) for inner in whole["components"]]
    if isinstance(whole.get("accessory"), dict):
        whole["accessory"] = _completed(whole["accessory"], numbers)
    return whole
