"""The connection of one open page: carries out its requests and sends it what happens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TypeVar

from aiohttp import WSMsgType, web

from sandbox import rules
from sandbox.actions import Actions
from sandbox.commands import GROUPS, LOCALES, CannotInvoke, Option, Value
from sandbox.conditions import Conditions
from sandbox.feed import ChannelChanged, ConditionsChanged, Event, MessageDeleted, MessageShown
from sandbox.invocation import Invocation, InvocationFailed
from sandbox.page.files import PageFiles
from sandbox.page.uploads import Uploads
from sandbox.page.view import View
from sandbox.parse import check_characters, parse
from sandbox.refused import Refused
from sandbox.services import Services
from sandbox.state import Channel, File, Json, Message, User, walk_components
from sandbox.trace import Entry

T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_CHARACTERS_WAITING = 32 * 1024 * 1024
MOST_OPENED = 1000
# Discord gives up on a bot that is silent for three seconds; a moment more, so that the sandbox itself reports it.
SECONDS_TO_WAIT = rules.SECONDS_TO_ACKNOWLEDGE + 2


class RequestRefused(Exception):
    """A request is not carried out. `code`: the page has a text for it; `why`: the reason in English."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class _Closed(Exception):
    """The page was closed."""


class PageConnection:
    def __init__(
        self, actions: Actions, services: Services, uploads: Uploads, files: PageFiles, socket: web.WebSocketResponse
    ) -> None:
        self._actions = actions
        self._services = services
        self._uploads = uploads
        self._socket = socket
        self._view = View(actions, services, files)
        self._out: asyncio.Queue[str] = asyncio.Queue()
        self._characters_waiting = 0
        self._is_closed = False
        self._opened: dict[str, Invocation] = {}
        self._requests = {
            "whoami": self._whoami,
            "slash": self._slash,
            "autocomplete": self._autocomplete,
            "message_command": self._message_command,
            "user_command": self._user_command,
            "click": self._click,
            "select": self._select,
            "submit": self._submit,
            "post": self._post,
            "open_thread": self._open_thread,
            "faults": self._faults,
            "drop_gateway": self._drop_gateway,
        }

    async def run(self, introduced: Mapping[str, str]) -> None:
        """Runs until the page is closed. `introduced`: the person (`user`, `locale`), if the page knows already."""
        with suppress(RequestRefused):  # the page may remember an earlier run of the sandbox
            self._identify(introduced)
        with self._services.feed.subscribed(self._on_event):
            self._send("snapshot", **self._view.snapshot())
            try:
                async with asyncio.TaskGroup() as self._tasks:
                    self._tasks.create_task(self._write())
                    self._tasks.create_task(self._watch_the_bot())
                    async for frame in self._socket:
                        if frame.type is WSMsgType.TEXT:
                            self._tasks.create_task(self._answer(frame.data))
                    self._is_closed = True
                    raise _Closed  # cancels the other tasks
            except* _Closed:
                pass

    # ------------------------------------------------------------ sending

    def _send(self, type: str, **what: object) -> None:  # noqa: A002
        if self._is_closed:
            return
        if self._characters_waiting > MOST_CHARACTERS_WAITING:
            self._is_closed = True
            self._tasks.create_task(self._close())
            return
        text = json.dumps({"type": type, **what}, ensure_ascii=False)
        self._characters_waiting += len(text)
        self._out.put_nowait(text)

    async def _close(self) -> None:
        """Closes the connection of a page that reads too slowly. It connects again and gets a new snapshot."""
        raise _Closed

    async def _write(self) -> None:
        try:
            while True:
                text = await self._out.get()
                await self._socket.send_str(text)
                self._characters_waiting -= len(text)
        except ConnectionError:
            return  # the page is gone, which the reading side notices

    def _on_event(self, event: Event) -> None:
        match event:
            case MessageShown(message) if self._view.reads(message):
                self._send("message", message=self._view.message(message))
            case MessageDeleted(message) if self._view.reads(message):
                self._send("deleted", channel=str(message.channel.id), message=str(message.id))
            case ChannelChanged(channel) if self._view.sees(channel):
                self._send("thread", channel=self._view.channel(channel))
                self._send("bot", bot=self._view.bot())
            case ConditionsChanged(conditions):
                self._send("faults", faults=conditions.to_json())
            case Entry():
                self._send("trace", entry=asdict(event))

    async def _watch_the_bot(self) -> None:
        while True:
            await self._services.changes.until(self._differs(self._view.bot()), None)
            self._send("bot", bot=self._view.bot())

    def _differs(self, bot: Json) -> Callable[[], bool]:
        return lambda: self._view.bot() != bot

    # ------------------------------------------------------------ requests

    async def _answer(self, text: str) -> None:
        request: Json = {}
        try:
            request = _object(text)
            _check_texts(request)
            do = self._requests.get(str(request.get("type")))
            if do is None:
                raise RequestRefused("not_understood", f"there is no request {request.get('type')!r}")
            self._send("done", id=request.get("id"), **await do(request))
        except RequestRefused as refusal:
            self._send("refused", id=request.get("id"), code=refusal.code, why=refusal.why)
        except CannotInvoke as refusal:
            self._send("refused", id=request.get("id"), code="cannot_invoke", why=str(refusal))
        except Refused as refusal:
            self._send("refused", id=request.get("id"), code=str(refusal.code), why=refusal.message)
        except Exception:
            log.exception("a request of the page failed")
            self._send("refused", id=request.get("id"), code="fault", why="the sandbox itself failed: see its log")

    async def _whoami(self, request: Json) -> Json:
        self._identify({key: _field(request, key, str) for key in ("user", "locale") if key in request})
        self._send("snapshot", **self._view.snapshot())
        return {}

    def _identify(self, who: Mapping[str, str]) -> None:
        locale = who.get("locale", self._view.locale)
        if locale not in LOCALES:
            raise RequestRefused("not_understood", f"{locale} is not one of Discord's locales")
        if "user" in who:
            self._view.user = self._person(who["user"])
        self._view.locale = locale

    async def _slash(self, request: Json) -> Json:
        channel, command = self._channel(request), _field(request, "command", str)
        options = self._options(channel, command, _field(request, "options", dict))
        return self._follow(
            await self._actions.slash(command, options, user=self._view.user, channel=channel, locale=self._view.locale)
        )

    async def _autocomplete(self, request: Json) -> Json:
        channel, command = self._channel(request), _field(request, "command", str)
        typing = _field(request, "typing", str)
        given = dict(_field(request, "options", dict))
        options = {typing: given.pop(typing, ""), **self._options(channel, command, given)}
        asked = await self._actions.autocomplete(
            command, options, typing, user=self._view.user, channel=channel, locale=self._view.locale
        )
        try:
            return {"choices": await asked.chosen()}
        except (InvocationFailed, TimeoutError):
            raise RequestRefused("no_choices", "the bot suggested nothing in time") from None

    async def _message_command(self, request: Json) -> Json:
        target, name = self._message(request), _field(request, "name", str)
        return self._follow(
            await self._actions.message_command(name, target, user=self._view.user, locale=self._view.locale)
        )

    async def _user_command(self, request: Json) -> Json:
        target, name = self._person(_field(request, "user", str)), _field(request, "name", str)
        channel = self._channel(request)
        return self._follow(
            await self._actions.user_command(
                name, target, user=self._view.user, channel=channel, locale=self._view.locale
            )
        )

    async def _click(self, request: Json) -> Json:
        message, custom_id = self._message(request), _field(request, "custom_id", str)
        return self._follow(
            await self._actions.click(message, custom_id, user=self._view.user, locale=self._view.locale)
        )

    async def _select(self, request: Json) -> Json:
        message, custom_id = self._message(request), _field(request, "custom_id", str)
        component = next((one for one in walk_components(message.components) if one.get("custom_id") == custom_id), {})
        values = [self._chosen(component, str(value)) for value in _field(request, "values", list)]
        return self._follow(
            await self._actions.select(message, custom_id, values, user=self._view.user, locale=self._view.locale)
        )

    async def _submit(self, request: Json) -> Json:
        opened = self._opened.get(_field(request, "invocation", str))
        if opened is None:
            raise RequestRefused("gone", "this form was not opened here")
        texts = {str(name): str(text) for name, text in _field(request, "texts", dict).items()}
        return self._follow(await self._actions.submit(opened, texts, locale=self._view.locale))

    async def _post(self, request: Json) -> Json:
        channel, content = self._channel(request), _field(request, "content", str)
        uploads = _field(request, "files", list)
        rules.must_send(channel, self._view.user, files=bool(uploads))
        rules.check_message({"content": content}, components_v2=False)
        rules.check_count(uploads)
        if not content.strip() and not uploads:
            raise RequestRefused("empty", "a message has a text or a file")
        files = [self._upload(key) for key in uploads]
        await self._actions.post(channel, self._view.user, content, files)
        return {}

    async def _open_thread(self, request: Json) -> Json:
        channel, name = self._channel(request), _field(request, "name", str).strip()
        if not 1 <= len(name) <= 100 or channel.guild is None or channel.is_thread:
            raise RequestRefused("not_understood", "a thread needs a name of 1 to 100 characters and a text channel")
        thread = await self._actions.open_thread(channel, name, self._view.user)
        return {"channel": str(thread.id)}

    async def _faults(self, request: Json) -> Json:
        changes = _field(request, "faults", dict)
        try:
            await self._actions.set_conditions(Conditions.from_json({**self._actions.conditions.to_json(), **changes}))
        except ValueError as error:
            raise RequestRefused("not_understood", str(error)) from None
        return {}

    async def _drop_gateway(self, request: Json) -> Json:
        await self._actions.gateway.drop()
        return {}

    # ------------------------------------------------------------ following an invocation

    def _follow(self, invocation: Invocation) -> Json:
        self._opened[str(invocation.id)] = invocation
        if len(self._opened) > MOST_OPENED:
            del self._opened[next(iter(self._opened))]
        self._tasks.create_task(self._report(invocation))
        return {"invocation": str(invocation.id)}

    async def _report(self, invocation: Invocation) -> None:
        id_ = str(invocation.id)
        try:
            seconds = await invocation.acknowledged(SECONDS_TO_WAIT)
        except (InvocationFailed, TimeoutError):
            self._send("invocation", invocation=id_, state="failed")
            return
        self._send("invocation", invocation=id_, state="acknowledged", seconds=seconds, modal=invocation.modal)

    # ------------------------------------------------------------ looking things up

    def _channel(self, request: Json) -> Channel:
        return self._channel_of(_field(request, "channel", str))

    def _channel_of(self, id: str) -> Channel:  # noqa: A002
        channel = self._services.world.channel(_number(id))
        if channel is None or not self._view.sees(channel):
            raise RequestRefused("gone", f"there is no channel {id}")
        return channel

    def _message(self, request: Json) -> Message:
        channel, id_ = self._channel(request), _field(request, "message", str)
        message = self._services.messages.get(channel, _number(id_))
        if message is None or not self._view.reads(message):
            raise RequestRefused("gone", f"there is no message {id_}")
        return message

    def _person(self, id: str) -> User:  # noqa: A002
        user = self._services.world.users.get(_number(id))
        if user is None:
            raise RequestRefused("gone", f"there is no person {id}")
        return user

    def _upload(self, key: object) -> File:
        try:
            return self._uploads.take(str(key))
        except KeyError:
            raise RequestRefused("upload_gone", "the file is no longer here: choose it again") from None

    def _options(self, channel: Channel, command: str, given: Json) -> dict[str, Value]:
        """Returns options with the files, people, roles and channels that their ids refer to."""
        name, *path = command.split() or [""]
        offered = self._actions.offered(self._view.user, channel)
        definition = next((one for one in offered if one["type"] == 1 and one["name"] == name), {})
        options: list[Json] = definition.get("options") or []
        for step in path:
            found = next((one for one in options if one["name"] == step and one["type"] in GROUPS), {})
            options = found.get("options") or []
        kinds = {option["name"]: Option(option["type"]) for option in options}
        return {name: self._value(kinds.get(name), value) for name, value in given.items()}

    def _value(self, kind: Option | None, value: Value) -> Value:
        match kind:
            case Option.ATTACHMENT:
                return self._upload(value)
            case Option.USER | Option.CHANNEL | Option.ROLE | Option.MENTIONABLE:
                return self._thing(str(value))
        return value

    def _chosen(self, component: Json, value: str) -> Value:
        return value if component.get("type") == rules.STRING_SELECT else self._thing(value)

    def _thing(self, id: str) -> Value:  # noqa: A002
        """Returns the role, person or channel with this id."""
        number = _number(id)
        role = self._actions.guild.roles.get(number)
        if role is not None:
            return role
        return self._services.world.users.get(number) or self._channel_of(id)


def _object(text: str) -> Json:
    try:
        request = parse(text, surrogates=True)  # its id goes into the refusal
    except ValueError as error:
        raise RequestRefused("not_understood", f"the request cannot be read: {error}") from None
    if not isinstance(request, dict):
        raise RequestRefused("not_understood", "the request is not an object")
    return request


def _check_texts(request: Json) -> None:
    try:
        check_characters(request)
    except ValueError:
        raise RequestRefused("not_understood", "it holds characters that cannot be encoded") from None


def _field(request: Mapping[str, object], name: str, kind: type[T]) -> T:
    value = request.get(name)
    if not isinstance(value, kind):
        raise RequestRefused("not_understood", f"{name} has to be {kind.__name__}")
    return value


def _number(id: str) -> int:  # noqa: A002
    try:
        return int(id)
    except ValueError:
        raise RequestRefused("not_understood", f"{id} is not an id") from None
