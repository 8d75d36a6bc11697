"""Routes for responding to interactions: the callback, and the messages of the interaction's webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sandbox import refused, rules
from sandbox.invocation import CallbackType, InteractionType, Invocation
from sandbox.messages import SENDABLE_FLAGS, Sent
from sandbox.parse import without_nulls
from sandbox.refused import Form
from sandbox.rest.calls import Answer, Call, Handler, Route
from sandbox.services import Services
from sandbox.state import File, Json, Message, MessageFlag

CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 20, 23

_ALLOWED_CALLBACKS: Mapping[InteractionType, tuple[CallbackType, ...]] = {
    InteractionType.COMMAND: (CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE, CallbackType.MODAL),
    InteractionType.COMPONENT: tuple(kind for kind in CallbackType if kind is not CallbackType.CHOICES),
    InteractionType.AUTOCOMPLETE: (CallbackType.CHOICES,),
    InteractionType.MODAL: (
        CallbackType.MESSAGE,
        CallbackType.DEFERRED_MESSAGE,
        CallbackType.DEFERRED_UPDATE,
        CallbackType.UPDATE,
    ),
}


class Replies:
    def __init__(self, services: Services) -> None:
        self._application = services.application
        self._payloads = services.payloads
        self._messages = services.messages
        self._invocations = services.invocations
        self._clock = services.world.clock
        self._trace = services.trace

    def routes(self) -> list[Route]:
        hook = "/webhooks/{application}/{token}"
        return [
            self._route("POST", "/interactions/{interaction}/{token}/callback", self._callback, self._called),
            self._route("POST", hook, self._follow_up, self._invocation),
            self._route("GET", f"{hook}/messages/{{message}}", self._reply, self._invocation),
            self._route("PATCH", f"{hook}/messages/{{message}}", self._edit_reply, self._invocation),
            self._route("DELETE", f"{hook}/messages/{{message}}", self._delete_reply, self._invocation),
        ]

    def _route(self, method: str, path: str, handler: Handler, check: Callable[[Call], Invocation]) -> Route:
        """Returns a route whose token is in the path."""
        return Route(method, path, handler, token=False, check=check)

    def _called(self, call: Call) -> Invocation:
        invocation = self._invocations.get(call.match["token"])
        if invocation is None or invocation.id != call.id("interaction"):
            raise refused.unknown_interaction()
        return invocation

    async def _callback(self, call: Call) -> Answer:
        invocation = self._called(call)
        message = await self.respond(invocation, call.body, call.files)
        return (200, self._callback_answer(invocation, message)) if call.flag("with_response") else (204, None)

    async def respond(self, invocation: Invocation, body: Json, files: Mapping[int, File]) -> Message | None:
        """Carries out the bot's first response; returns the message that it creates or edits. Raises Refused."""
        if invocation.acknowledged_after is not None:
            raise refused.already_acknowledged()
        after = self._clock.now() - invocation.created
        if invocation.failed or after > rules.SECONDS_TO_ACKNOWLEDGE:
            raise refused.unknown_interaction()
        form = Form()
        kind = body.get("type") if isinstance(body, dict) else None
        form.choice(("type",), kind, _ALLOWED_CALLBACKS[invocation.type])
        form.refuse_if_wrong()
        kind = CallbackType(body["type"])
        message = self._respond(invocation, kind, Sent(body.get("data") or {}, files))
        invocation.acknowledged_after, invocation.callback = after, kind
        self._trace.acknowledged(invocation.name, kind.name, after)
        if message is not None:
            invocation.original = message.id
            if kind in (CallbackType.UPDATE, CallbackType.DEFERRED_UPDATE):
                message = message if kind is CallbackType.DEFERRED_UPDATE else await self._messages.change(message)
            else:
                await self._messages.put(message)
            if kind is not CallbackType.DEFERRED_UPDATE:
                invocation.show(message)
        invocation.changes.notify()
        return message

    def _respond(self, invocation: Invocation, kind: CallbackType, sent: Sent) -> Message | None:
        """Returns the message that a callback creates or edits. Stores a form or suggestions on the invocation."""
        match kind:
            case CallbackType.MESSAGE:
                return self._compose(invocation, sent)
            case CallbackType.DEFERRED_MESSAGE:
                hidden = MessageFlag(sent.payload.get("flags") or 0) & MessageFlag.EPHEMERAL
                return replace(self._blank(invocation), flags=hidden | MessageFlag.LOADING)
            case CallbackType.UPDATE | CallbackType.DEFERRED_UPDATE:
                if invocation.source is None:
                    raise refused.unknown_message()
                source = self._messages.get(invocation.channel, invocation.source.id) or invocation.source
                if kind is CallbackType.DEFERRED_UPDATE:
                    return source
                limit = invocation.attachment_size_limit
                return self._messages.compose(sent, source, size_limit=limit, allowed_flags=SENDABLE_FLAGS)
            case CallbackType.CHOICES:
                rules.check_choices(sent.payload)
                invocation.choices = sent.payload.get("choices") or []
            case CallbackType.MODAL:
                rules.check_modal(sent.payload)
                invocation.modal = without_nulls(sent.payload)
        return None

    def _callback_answer(self, invocation: Invocation, message: Message | None) -> Json:
        answer: Json = {"interaction": {"id": str(invocation.id), "type": int(invocation.type)}}
        if message is None:
            return answer
        answer["interaction"] |= {
            "response_message_id": str(message.id),
            "response_message_loading": message.loading,
            "response_message_ephemeral": message.ephemeral,
        }
        if invocation.callback in (CallbackType.MESSAGE, CallbackType.UPDATE):
            answer["resource"] = {"type": int(invocation.callback), "message": self._payloads.message(message)}
        return answer

    def _blank(self, invocation: Invocation) -> Message:
        kinds = {1: CHAT_INPUT_COMMAND, 2: CONTEXT_MENU_COMMAND, 3: CONTEXT_MENU_COMMAND}
        extra: Json = {
            "webhook_id": str(self._application.id),
            "application_id": str(self._application.id),
            "interaction_metadata": invocation.metadata,
        }
        blank = self._messages.empty(invocation.channel, self._application.bot)
        if invocation.command_kind:
            user = self._payloads.user(invocation.user)
            asked = {"type": int(invocation.type), "name": invocation.name, "user": user}
            extra["interaction"] = {"id": str(invocation.id), **asked}
        return replace(blank, type=kinds.get(invocation.command_kind, 0), extra=extra)

    def _compose(self, invocation: Invocation, sent: Sent) -> Message:
        return self._messages.compose(
            sent,
            self._blank(invocation),
            size_limit=invocation.attachment_size_limit,
            allowed_flags=SENDABLE_FLAGS | MessageFlag.EPHEMERAL,
        )

    def _invocation(self, call: Call) -> Invocation:
        invocation = self._invocations.get(call.match["token"])
        if call.id("application") != self._application.id or invocation is None:
            raise refused.unknown_webhook()
        if self._clock.now() - invocation.created > rules.TOKEN_LIFE_SECONDS:
            raise refused.invalid_webhook_token()
        if invocation.acknowledged_after is None:
            raise refused.unknown_webhook()
        return invocation

    def _reply_of(self, call: Call) -> tuple[Invocation, Message]:
        invocation = self._invocation(call)
        id_ = invocation.original if call.match["message"] == "@original" else call.id("message")
        message = None if id_ is None else self._messages.get(invocation.channel, id_)
        if message is None or message.author.id != self._application.bot.id:
            raise refused.unknown_message()
        return invocation, message

    async def _follow_up(self, call: Call) -> Answer:
        """Posts a message. As on Discord, the first one after "thinking" replaces it."""
        invocation = self._invocation(call)
        waiting = invocation.original and self._messages.get(invocation.channel, invocation.original)
        if waiting and waiting.loading:
            return 200, self._payloads.message(await self._change_reply(invocation, waiting, call.sent))
        message = replace(self._compose(invocation, call.sent), type=0)
        await self._messages.put(message)
        invocation.show(message)
        return 200, self._payloads.message(message)

    async def _reply(self, call: Call) -> Answer:
        _, message = self._reply_of(call)
        return 200, self._payloads.message(message)

    async def _edit_reply(self, call: Call) -> Answer:
        invocation, message = self._reply_of(call)
        return 200, self._payloads.message(await self._change_reply(invocation, message, call.sent))

    async def _change_reply(self, invocation: Invocation, message: Message, sent: Sent) -> Message:
        settled = replace(message, flags=message.flags & ~MessageFlag.LOADING)
        limit = invocation.attachment_size_limit
        new = self._messages.compose(sent, settled, size_limit=limit, allowed_flags=SENDABLE_FLAGS)
        edited = await self._messages.change(new)
        invocation.show(edited)
        return edited

    async def _delete_reply(self, call: Call) -> Answer:
        invocation, message = self._reply_of(call)
        await self._messages.delete(message)
        invocation.replies.pop(message.id, None)
        if message.id == invocation.original:
            invocation.deleted = True
        invocation.changes.notify()
        return 204, None
