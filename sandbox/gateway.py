"""The gateway: events over WebSocket, heartbeats, identifying and resuming, and ways to break them on purpose.

https://discord.com/developers/docs/events/gateway
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections import deque
from collections.abc import Callable, Iterable

import discord
from aiohttp import WSMsgType, web

from bot.http.listening import vouch
from sandbox.changes import Changes
from sandbox.parse import parse
from sandbox.payloads import Payloads
from sandbox.refused import Refusal
from sandbox.session import Connection, Op, Session
from sandbox.state import Guild, Json
from sandbox.trace import Trace
from sandbox.world import Application, World

MOST_BYTES_SENT = 4096
MOST_BYTES_OF_A_REASON = 123
MOST_SHARDS = 10_000
ROUND_TRIP_SECONDS = 0.05
"""How long a heartbeat takes to be acknowledged, as over a network.

discord.py notes the time of a heartbeat only after sending it, in another thread. An acknowledgement that is there
before that thread runs is counted from the heartbeat before: the library then warns that it is a whole interval behind.
"""

STARTS = 1000
MOST_GUILDS_OF_A_SHARD = 2500
SECONDS_OF_IDENTIFYING = 5.0
PRIVILEGED_INTENTS = {
    "members": discord.Intents(members=True).value,
    "presences": discord.Intents(presences=True).value,
    "message_content": discord.Intents(message_content=True).value,
}


class Close(Exception):
    """The gateway closes a connection. https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway"""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


def _name(operation: object) -> str:
    return next((op.name for op in Op if op == operation), str(operation))


class Gateway:
    """`url`: its address, set once the port is known; `heartbeat_interval`: in seconds; `heartbeats`: how many arrived;
    `resumed`: how many sessions were resumed; `refuse_resume`: whether RESUME is answered with INVALID_SESSION;
    `starts_left`: how many of `STARTS` sessions the bot may still start today; `max_concurrency`: how many it may
    start within 5 s, None for any number (Discord counts shards with the same remainder together); `most_guilds`: how
    many a shard may have.
    """

    def __init__(
        self,
        world: World,
        application: Application,
        payloads: Payloads,
        refusals: deque[Refusal],
        changes: Changes,
        trace: Trace,
        *,
        shards: int,
        heartbeat_interval: float,
    ) -> None:
        self.url = ""
        self.shards = shards
        self.heartbeat_interval = heartbeat_interval
        self.heartbeats = 0
        self.resumed = 0
        self.refuse_resume = False
        self.starts_left = STARTS
        self.max_concurrency: int | None = None
        self.most_guilds = MOST_GUILDS_OF_A_SHARD
        self._changes = changes
        self._world = world
        self._application = application
        self._payloads = payloads
        self._refusals = refusals
        self._trace = trace
        self._sessions: dict[str, Session] = {}
        self._identified: dict[int, float] = {}
        self._connections: set[Connection] = set()

    # ------------------------------------------------------------ for the rest of the sandbox

    @property
    def ready(self) -> bool:
        """Whether every shard has a session with a connection."""
        return {session.shard[0] for session in self._sessions.values() if session.connection} >= set(
            range(self._shards_of_bot())
        )

    def _shards_of_bot(self) -> int:
        return max((session.shard[1] for session in self._sessions.values()), default=self.shards)

    async def publish(
        self, event: str, guild: Guild | None, render: Callable[[bool], Json], *, intent: str | None = None
    ) -> None:
        """Sends an event to the sessions that serve `guild` and asked for `intent`.

        `render` gets True for a session with the Message Content intent, if the application is still allowed it.
        """
        content = "message_content" in self._application.privileged
        for session in list(self._sessions.values()):
            if session.serves(guild) and (intent is None or getattr(session.intents, intent)):
                await session.dispatch(event, render(content and session.intents.message_content))

    async def added(self, guild: Guild) -> None:
        """Announces that the bot has just been added to a guild."""
        await self._send_guild(guild, self._sessions.values(), new=True)

    async def removed(self, guild: Guild) -> None:
        await self.publish("GUILD_DELETE", guild, lambda _: {"id": str(guild.id)}, intent="guilds")

    async def lost(self, guild: Guild) -> None:
        """Makes a guild unavailable, as in an outage."""
        guild.available = False
        payload = {"id": str(guild.id), "unavailable": True}
        await self.publish("GUILD_DELETE", guild, lambda _: payload, intent="guilds")

    async def back(self, guild: Guild) -> None:
        """Makes a guild available again."""
        guild.available = True
        await self._send_guild(guild, self._sessions.values())

    async def _send_guild(self, guild: Guild, sessions: Iterable[Session], *, new: bool = False) -> None:
        for session in list(sessions):
            if session.serves(guild) and session.intents.guilds:
                payload = self._payloads.guild_create(guild, new=new, everyone=session.intents.presences)
                await session.dispatch("GUILD_CREATE", payload)

    async def drop(self, code: int | None = None) -> None:
        """Closes every connection with `code`, or aborts it without one. Sessions stay and can be resumed."""
        for connection in list(self._connections):
            connection.dropped = True
            if code is None:
                connection.abort()
            else:
                await connection.socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Sends RECONNECT, as Discord does before it restarts a gateway."""
        for connection in list(self._connections):
            await connection.send_operation(Op.RECONNECT)

    # ------------------------------------------------------------ one connection

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        # A message that is a little too large is refused with Discord's own code; one far too large is not even read.
        socket = web.WebSocketResponse(compress=False, max_msg_size=16 * MOST_BYTES_SENT)
        await socket.prepare(request)
        connection = Connection(socket, request, self._world, self._trace)
        self._connections.add(connection)
        session: Session | None = None
        clock = asyncio.get_running_loop().time
        patience = 2 * self.heartbeat_interval
        end = clock() + patience
        try:
            if request.query.get("v") not in ("9", "10"):
                raise Close(4012, "invalid API version")
            await connection.send_operation(Op.HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000)})
            while True:
                message = await self._receive(socket, patience if session else end - clock())
                if message is None:
                    break
                is_stranger = session is None
                session = await self._operate(connection, session, message)
                if is_stranger and session is not None:
                    vouch(request)
        except Close as close:
            self._refusals.append(Refusal("gateway", close.code, close.code, close.why))
            self._trace.closed(close.code, close.why)
            await socket.close(code=close.code, message=_reason(close.why))
        finally:
            self._connections.discard(connection)
            if session is not None and session.connection is connection:
                session.connection = None
                if socket.close_code in (1000, 1001) and not connection.dropped:
                    del self._sessions[session.id]
            self._changes.notify()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, seconds: float) -> Json | None:
        """Returns the next operation, None at the end. Closes a client that is silent for two heartbeats, and one
        that has not identified itself by then, heartbeats or not.
        """
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await asyncio.sleep(0)  # where the time is over, it ends here
                message = await socket.receive()
        except TimeoutError:
            raise Close(4009, "session timed out: no heartbeat") from None
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return None
        data = message.data.encode() if isinstance(message.data, str) else message.data
        if len(data) > MOST_BYTES_SENT:
            raise Close(4002, f"payload of more than {MOST_BYTES_SENT} bytes")
        try:
            payload = parse(data)
        except ValueError:
            raise Close(4002, "payload is not JSON") from None
        if not isinstance(payload, dict):
            raise Close(4002, "payload is not an object")
        return payload

    async def _operate(self, connection: Connection, session: Session | None, payload: Json) -> Session | None:
        self._trace.event("from_bot", _name(payload.get("op")), payload.get("d"))
        match payload.get("op"), payload.get("d"):
            case Op.HEARTBEAT, _:
                self.heartbeats += 1
                await asyncio.sleep(ROUND_TRIP_SECONDS)
                await connection.send_operation(Op.HEARTBEAT_ACK)
                self._changes.notify()
            case Op.IDENTIFY, dict(data):
                if session is not None:
                    raise Close(4005, "already authenticated")
                session = await self._identify(connection, data)
            case Op.RESUME, dict(data):
                if session is not None:
                    raise Close(4005, "already authenticated")
                session = await self._resume(connection, data)
            case (Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS) as operation, data:
                if session is None:
                    raise Close(4003, "not authenticated")
                if operation == Op.REQUEST_MEMBERS:
                    await self._members(session, data if isinstance(data, dict) else {})
            case operation, _:
                raise Close(4001, f"unknown operation {operation}")
        return session

    async def _identify(self, connection: Connection, data: Json) -> Session | None:
        """Returns None when too many sessions were started at once, and the bot has to try again."""
        if data.get("token") != self._application.token:
            raise Close(4004, "authentication failed")
        number, count = _shard(data.get("shard"))
        bits = data.get("intents")
        if not isinstance(bits, int) or bits < 0:
            raise Close(4013, f"invalid intents {bits}")
        for name, flag in PRIVILEGED_INTENTS.items():
            if bits & flag and name not in self._application.privileged:
                raise Close(4014, f"disallowed intent {name}: not switched on for this application")
        intents = discord.Intents.none()
        intents.value = bits
        session = Session(secrets.token_hex(16), (number, count), intents, connection)
        if len(self._guilds_of(session)) > self.most_guilds:
            raise Close(4011, f"sharding required: more than {self.most_guilds} guilds on shard {number} of {count}")
        if not self._may_identify(number):
            await connection.send_operation(Op.INVALID_SESSION, False)
            return None
        self.starts_left = max(0, self.starts_left - 1)
        for old in [one for one in self._sessions.values() if one.shard == (number, count) and not one.connection]:
            del self._sessions[old.id]
        self._sessions[session.id] = session
        await self._greet(session)
        self._changes.notify()
        return session

    def _guilds_of(self, session: Session) -> list[Guild]:
        known = (guild for guild in self._world.guilds.values() if self._application.member_of(guild))
        return [guild for guild in known if session.serves(guild)]

    def _may_identify(self, shard: int) -> bool:
        """Applies `max_concurrency`. https://discord.com/developers/docs/events/gateway#sharding-max-concurrency"""
        if self.max_concurrency is None:
            return True
        now, lane = asyncio.get_running_loop().time(), shard % self.max_concurrency
        if now - self._identified.get(lane, -math.inf) < SECONDS_OF_IDENTIFYING:
            return False
        self._identified[lane] = now
        return True

    async def _greet(self, session: Session) -> None:
        guilds = self._guilds_of(session)
        application = self._payloads.application()
        await session.dispatch(
            "READY",
            {
                "v": 10,
                "user": self._payloads.me(),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "session_type": "normal",
                "resume_gateway_url": self.url,
                "shard": list(session.shard),
                "private_channels": [],
                "application": {"id": application["id"], "flags": application["flags"]},
            },
        )
        for guild in guilds:
            if guild.available:
                await self._send_guild(guild, [session])

    async def _resume(self, connection: Connection, data: Json) -> Session | None:
        if data.get("token") != self._application.token:
            raise Close(4004, "authentication failed")
        session = self._sessions.get(str(data.get("session_id")))
        seen = data.get("seq")
        if self.refuse_resume or session is None or not isinstance(seen, int):
            self._sessions.pop(str(data.get("session_id")), None)
            await connection.send_operation(Op.INVALID_SESSION, False)
            return None
        if seen > session.sequence:
            raise Close(4007, f"invalid sequence {seen}, the last was {session.sequence}")
        session.connection = connection
        for payload in [payload for payload in session.sent if payload["s"] > seen]:
            await connection.send(payload)
        await session.dispatch("RESUMED", {"_trace": []})
        self.resumed += 1
        self._changes.notify()
        return session

    async def _members(self, session: Session, data: Json) -> None:
        guild = self._world.guilds.get(_snowflake(data.get("guild_id")))
        ids = data.get("user_ids") or []
        wanted = {_snowflake(id_) for id_ in (ids if isinstance(ids, list) else [ids])}
        if guild is None or not session.serves(guild):
            return
        if not wanted and not data.get("query") and not session.intents.members:
            self._refusals.append(Refusal("gateway", None, 0, "all members requested without the members intent"))
            return
        query = str(data.get("query") or "").lower()
        found = [user for user, _ in guild.members.values() if user.id in wanted or not wanted]
        found = [user for user in found if user.name.lower().startswith(query)]
        await session.dispatch(
            "GUILD_MEMBERS_CHUNK",
            {
                "guild_id": str(guild.id),
                "members": [self._payloads.member_with_user(guild, user) for user in found],
                "chunk_index": 0,
                "chunk_count": 1,
                "not_found": [str(id_) for id_ in wanted - {user.id for user in found}],
                "nonce": data.get("nonce"),
            },
        )


def _reason(why: str) -> bytes:
    """Cuts the reason to what a close frame may carry, between characters: half of one would be a protocol error."""
    return why.encode("utf-8", "replace")[:MOST_BYTES_OF_A_REASON].decode("utf-8", "ignore").encode()


def _shard(given: object) -> tuple[int, int]:
    """Returns the number of a shard and how many there are. Without either, it is the only one."""
    match given:
        case None:
            return 0, 1
        case [int(number), int(count)] if 0 <= number < count <= MOST_SHARDS:
            return number, count
    raise Close(4010, f"invalid shard {given}")


def _snowflake(given: object) -> int:
    if isinstance(given, int | str) and str(given).isdecimal():
        return int(given)
    raise Close(4002, f"not a snowflake: {given}")
