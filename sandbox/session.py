"""A session of the gateway, and the connection that carries it until it breaks or is resumed on another.

https://discord.com/developers/docs/events/gateway#connection-lifecycle
"""

from __future__ import annotations

import asyncio
import importlib
import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import discord
from aiohttp import web

from sandbox.state import Guild, Json
from sandbox.trace import Trace
from sandbox.world import World

REPLAYED_EVENTS = 1000


class Op(IntEnum):
    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


def compressor(name: str | None) -> Callable[[bytes], bytes] | None:
    """Returns a compressor with one stream per connection; each message is flushed, so that it can be read at once."""
    if name == "zlib-stream":
        stream = zlib.compressobj()
        return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        # Clients ask for it only where they have this library themselves; it is no dependency of ours.
        zstandard: Any = importlib.import_module("zstandard")
        frame = zstandard.ZstdCompressor().compressobj()
        block = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda data: bytes(frame.compress(data)) + bytes(frame.flush(block))
    return None


class Connection:
    """One socket. Sends one message at a time, in the order in which they were compressed."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, world: World, trace: Trace) -> None:
        self.socket = socket
        self.dropped = False
        self._world = world
        self._trace = trace
        self._transport = request.transport
        self._compress = compressor(request.query.get("compress"))
        self._lock = asyncio.Lock()

    async def send(self, payload: Json) -> None:
        """Sends a message. If the socket has broken, the message is lost here; resuming replays it."""
        async with self._lock:
            await asyncio.sleep(self._world.conditions.seconds_late)
            self._trace.event("to_bot", payload.get("t") or Op(payload["op"]).name, payload.get("d"))
            text = json.dumps(payload, ensure_ascii=False)
            try:
                if self._compress:
                    await self.socket.send_bytes(self._compress(text.encode()))
                else:
                    await self.socket.send_str(text)
            except ConnectionError:
                return

    async def send_operation(self, op: Op, data: object = None) -> None:
        """Sends a message that is no event. Its `s` and `t` are null, as on Discord; nextcord 2 fails without them."""
        await self.send({"op": op, "d": data, "s": None, "t": None})

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@dataclass(eq=False)
class Session:
    """What one shard identified as. It outlives its connections. `sent`: the latest events with their numbers."""

    id: str
    shard: tuple[int, int]
    intents: discord.Intents
    connection: Connection | None
    sequence: int = 0
    sent: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAYED_EVENTS))

    async def dispatch(self, event: str, data: Json) -> None:
        self.sequence += 1
        payload = {"op": Op.DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.sent.append(payload)
        if self.connection is not None:
            await self.connection.send(payload)

    def serves(self, guild: Guild | None) -> bool:
        """Whether events of `guild` go to this shard. Those of direct messages (None) go to the first."""
        number, count = self.shard
        return number == (0 if guild is None else (guild.id >> 22) % count)
