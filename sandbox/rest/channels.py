"""Routes about channels, their messages and threads."""

from __future__ import annotations

from dataclasses import replace

from sandbox import refused, rules
from sandbox.feed import ChannelChanged
from sandbox.messages import REPLY_TYPE, SENDABLE_FLAGS
from sandbox.payloads import timestamp
from sandbox.refused import Form
from sandbox.rest.calls import Answer, Call, Route
from sandbox.services import Services
from sandbox.state import Channel, ChannelType, Json, Message


class Channels:
    def __init__(self, services: Services) -> None:
        self._world = services.world
        self._application = services.application
        self._payloads = services.payloads
        self._messages = services.messages
        self._gateway = services.gateway
        self._feed = services.feed

    def routes(self) -> list[Route]:
        message = "/channels/{channel}/messages/{message}"
        return [
            Route("GET", "/channels/{channel}", self._channel),
            Route("GET", "/channels/{channel}/messages", self._history),
            Route("POST", "/channels/{channel}/messages", self._send),
            Route("POST", "/channels/{channel}/typing", self._type),
            Route("POST", "/channels/{channel}/threads", self._start_thread),
            Route("GET", "/channels/{channel}/threads/archived/public", self._archived),
            Route("PUT", "/channels/{channel}/thread-members/@me", self._join),
            Route("GET", "/channels/{channel}/thread-members/{user}", self._thread_member),
            Route("GET", message, self._message),
            Route("PATCH", message, self._edit),
            Route("DELETE", message, self._delete),
            Route("POST", f"{message}/threads", self._start_thread),
        ]

    def _channel_of(self, call: Call) -> Channel:
        channel = self._world.channel(call.id("channel"))
        if channel is None:
            raise refused.unknown_channel()
        rules.must_see(channel, self._application.bot)
        return channel

    def _message_of(self, call: Call) -> Message:
        channel = self._channel_of(call)
        if not rules.must_read(channel, self._application.bot).read_message_history:
            raise refused.missing_access()
        message = channel.messages.get(call.id("message"))
        if message is None:
            raise refused.unknown_message()
        return message

    def _own_message_of(self, call: Call) -> Message:
        message = self._message_of(call)
        if message.author.id != self._application.bot.id:
            raise refused.cannot_edit_others()
        return message

    def _shown(self, message: Message) -> Json:
        """Returns a message as the bot may read it. Over HTTP, the application's intent counts, not the session's."""
        intent = "message_content" in self._application.privileged
        bot = self._application.bot
        return self._payloads.message(message, content=rules.shows_content(message, bot, intent=intent))

    async def _channel(self, call: Call) -> Answer:
        return 200, self._payloads.channel(self._channel_of(call))

    async def _history(self, call: Call) -> Answer:
        """Returns a page of messages, newest first; an empty one without Read Message History."""
        channel = self._channel_of(call)
        limit = call.limit(50, rules.HISTORY_PAGE)
        if not rules.must_read(channel, self._application.bot).read_message_history:
            return 200, []
        ids = sorted(channel.messages)
        if "before" in call.query:
            page = [id_ for id_ in ids if id_ < int(call.query["before"])][-limit:]
        elif "after" in call.query:
            page = [id_ for id_ in ids if id_ > int(call.query["after"])][:limit]
        elif "around" in call.query:
            middle, half = int(call.query["around"]), limit // 2
            older = [id_ for id_ in ids if id_ < middle]
            page = older[max(0, len(older) - half) :] + [id_ for id_ in ids if id_ >= middle][: limit - half]
        else:
            page = ids[-limit:]
        return 200, [self._shown(channel.messages[id_]) for id_ in reversed(page)]

    async def _send(self, call: Call) -> Answer:
        channel, bot = self._channel_of(call), self._application.bot
        rules.must_send(channel, bot, files=bool(call.files))
        sent = call.sent
        base = self._messages.empty(channel, bot)
        answered = channel.messages.get(int((sent.payload.get("message_reference") or {}).get("message_id") or 0))
        if answered is not None:
            base = replace(base, type=REPLY_TYPE, reply_to=answered)
        limit = self._world.conditions.upload_limit
        message = self._messages.compose(sent, base, size_limit=limit, allowed_flags=SENDABLE_FLAGS)
        await self._messages.put(message)
        return 200, self._payloads.message(message)

    async def _type(self, call: Call) -> Answer:
        rules.must_send(self._channel_of(call), self._application.bot, files=False)
        return 204, None

    async def _message(self, call: Call) -> Answer:
        return 200, self._shown(self._message_of(call))

    async def _edit(self, call: Call) -> Answer:
        message = self._own_message_of(call)
        limit = self._world.conditions.upload_limit
        new = self._messages.compose(call.sent, message, size_limit=limit, allowed_flags=SENDABLE_FLAGS)
        return 200, self._payloads.message(await self._messages.change(new))

    async def _delete(self, call: Call) -> Answer:
        message = self._message_of(call)
        allowed = rules.permissions(message.channel, self._application.bot)
        if message.author.id != self._application.bot.id and not allowed.manage_messages:
            raise refused.missing_permissions()
        await self._messages.delete(message)
        return 204, None

    # ------------------------------------------------------------ threads

    async def _start_thread(self, call: Call) -> Answer:
        channel, bot = self._channel_of(call), self._application.bot
        if not rules.permissions(channel, bot).create_public_threads:
            raise refused.missing_permissions()
        form = Form()
        form.length(("name",), call.body.get("name"), 1, 100)
        start: int | None = None
        if "message" in call.match:
            start = self._message_of(call).id
        else:
            form.choice(("type",), call.body.get("type"), (int(ChannelType.PUBLIC_THREAD),))
        form.refuse_if_wrong()
        thread = self._world.add_thread(channel, call.body["name"], bot, id=start)
        self._feed.publish(ChannelChanged(thread))
        payload = self._payloads.channel(thread)
        await self._gateway.publish("THREAD_CREATE", channel.guild, lambda _: payload, intent="guilds")
        return 201, payload

    async def _archived(self, call: Call) -> Answer:
        channel = self._channel_of(call)
        limit = call.limit(50, 100)
        if not rules.permissions(channel, self._application.bot).read_message_history:
            raise refused.missing_access()
        threads = channel.guild.threads() if channel.guild else ()
        found = [
            thread
            for thread in threads
            if thread.parent is channel and thread.archived and thread.type is not ChannelType.PRIVATE_THREAD
        ]
        before = call.query.get("before")
        found = [thread for thread in found if before is None or timestamp(thread.archived_at) < before]
        found.sort(key=lambda thread: thread.archived_at, reverse=True)
        return 200, self._payloads.threads(found[:limit], more=len(found) > limit)

    async def _thread_member(self, call: Call) -> Answer:
        thread = self._channel_of(call)
        user = self._world.users.get(call.id("user"))
        if not thread.is_thread or user is None or user.id not in thread.members:
            raise refused.unknown_member()
        return 200, self._payloads.thread_member(thread, user)

    async def _join(self, call: Call) -> Answer:
        thread = self._channel_of(call)
        if not thread.is_thread:
            raise refused.unknown_channel()
        thread.members.add(self._application.bot.id)
        return 204, None
