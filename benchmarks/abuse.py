"""Commands over HTTP while 150 of 200 connections misbehave, and in turns with that while none does.

The bot runs as a process of its own, and so do those that misbehave; the sandbox signs and sends the commands. The
other 50 connections are kept open, as a proxy does, and each is used every two seconds. All of it is on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

import aiohttp
import psutil

from benchmarks import machine
from benchmarks.processes import SOKKURI, Ended, Process, Processes, free_port
from sandbox import InvocationFailed, Sandbox

EACH = 25
"""Connections of each kind that misbehaves: 150 in all."""

HONEST = 50
SECONDS_BETWEEN_PINGS = 2.0
SECONDS_BETWEEN_COMMANDS = 0.1

ROUNDS = 2
PATIENCE = 60.0
SETTLING = 15.0
"""Seconds until memory is looked at again."""

SECONDS_BEFORE_RETURN = 0.5
"""Seconds until a misbehaving client reconnects after its connection was closed."""

SECONDS_BETWEEN_REQUESTS = 0.5
"""On one connection of those that are answered at once: so many strangers should cost time, not all of a core."""

LARGE = 63 * 16 * 1024
"""Bytes of a body that trickles in: nearly the most that is taken."""

INFLATED = 256 * 1024
PIPELINED = 20
SECONDS_UNREAD = 11.0
"""Requests whose answers are not read, and for how long after the last one."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _request(body: bytes, length: int | None = None, *headers: str) -> bytes:
    """With a signature that is well-formed, of now, and wrong."""
    lines = [
        "POST /interactions HTTP/1.1",
        "Host: 127.0.0.1",
        f"X-Signature-Ed25519: {'5a' * 64}",
        f"X-Signature-Timestamp: {int(time.time())}",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _status(reader: asyncio.StreamReader) -> str:
    """Reads a whole answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length:")[2].split("\r\n")[0] or 0))
    return head.split()[1]


async def _silent(stream: Stream) -> str:
    return await _status(stream[0])


async def _half_headers(stream: Stream) -> str:
    stream[1].write(_request(b"")[:60])
    return await _status(stream[0])


async def _trickling(stream: Stream) -> str:
    stream[1].write(_request(b"", LARGE))
    answer = asyncio.create_task(_status(stream[0]))
    try:
        for _ in range(0, LARGE, 16 * 1024):
            stream[1].write(bytes(16 * 1024))
            await stream[1].drain()
            await asyncio.wait([answer], timeout=0.06)
            if answer.done():
                break
        status = await answer
        await stream[0].read()  # it is closed after that
        return status
    finally:
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)


async def _compressed(stream: Stream) -> str:
    body = gzip.compress(bytes(INFLATED))
    stream[1].write(_request(body, None, "Content-Encoding: gzip"))
    status = await _status(stream[0])
    await asyncio.sleep(SECONDS_BETWEEN_REQUESTS)
    return status


async def _never_reading(stream: Stream) -> str:
    transport = stream[1].transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    for _ in range(PIPELINED):
        stream[1].write(b"GET /interactions HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asyncio.sleep(0.1)
    await asyncio.sleep(SECONDS_UNREAD)
    transport.resume_reading()
    return [await _status(stream[0]) for _ in range(PIPELINED)][-1]


async def _unsigned(stream: Stream) -> str:
    stream[1].write(_request(b'{"type": 1}'))
    status = await _status(stream[0])
    await asyncio.sleep(SECONDS_BETWEEN_REQUESTS)
    return status


KINDS: dict[str, Callable[[Stream], Awaitable[str]]] = {
    "silent": _silent,
    "half headers": _half_headers,
    "trickling bodies": _trickling,
    "compressed bodies": _compressed,
    "never reading": _never_reading,
    "wrong signatures": _unsigned,
}


class Misbehaving:
    """`each` connections of every kind, for the time of the block. They come back when they are closed.

    `seen`: how often a kind was answered with which status, or "closed".
    """

    def __init__(self, port: int, each: int = EACH) -> None:
        self._port = port
        self._each = each
        self._tasks: list[asyncio.Task[None]] = []
        self.seen: Counter[tuple[str, str]] = Counter()

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._stay(kind)) for kind in KINDS for _ in range(self._each)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _stay(self, kind: str) -> None:
        while True:
            with suppress(OSError):
                await self._connection(kind)
            await asyncio.sleep(SECONDS_BEFORE_RETURN)

    async def _connection(self, kind: str) -> None:
        ours = socket.socket()
        ours.setblocking(False)
        if kind == "never reading":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.get_running_loop().sock_connect(ours, ("127.0.0.1", self._port))
        stream = await asyncio.open_connection(sock=ours)
        try:
            while True:
                self.seen[kind, await KINDS[kind](stream)] += 1
        except (OSError, asyncio.IncompleteReadError):
            self.seen[kind, "closed"] += 1
        finally:
            stream[1].transport.abort()


async def misbehave(port: int) -> None:
    """Runs until a line comes on standard input, then prints what it counted."""
    async with Misbehaving(port) as crowd:
        print(json.dumps("misbehaving"), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps({f"{kind}: {what}": count for (kind, what), count in crowd.seen.items()}), flush=True)


# ---------------------------------------------------------------- the measurement


class Phase:
    """`acknowledged`: seconds until each command was; `pings`: until each signed ping on a kept connection was
    answered; `lost`: of both, how many never were; `megabytes`: the most that the bot's process held.
    """

    def __init__(self) -> None:
        self.acknowledged: list[float] = []
        self.pings: list[float] = []
        self.lost = 0
        self.megabytes = 0.0

    def row(self, name: str) -> str:
        cells = []
        for taken in (self.acknowledged, self.pings):
            ordered = sorted(taken)
            figures = (statistics.median(ordered), ordered[int(0.99 * len(ordered))], ordered[-1])
            cells += [str(len(ordered)), ", ".join(f"{1000 * figure:.1f}" for figure in figures) + " ms"]
        return f"| {name} | {' | '.join(cells)} | {self.lost} | {self.megabytes:.0f} MB |"


async def measured(seconds: float) -> str:
    port = free_port()
    async with Processes() as processes, Sandbox() as sandbox:
        bot = await processes.start(
            "bot",
            *(*SOKKURI, "run"),
            TOKEN=sandbox.token,
            DISCORD__API=sandbox.api,
            DISCORD__CDN=sandbox.cdn.root,
            DISCORD__CDN_HOSTS='["127.0.0.1"]',
            INTERACTIONS__PORT=port,
            WORKERS__COUNT=1,
            WORKERS__HEATMAPS=False,
            LIMITS__COOLDOWN_REQUESTS=0,
        )
        await processes.says(bot, "taking commands of")
        return await processes.needed_for(_measured(processes, sandbox, bot, port, seconds))


async def _measured(processes: Processes, sandbox: Sandbox, bot: Process, port: int, seconds: float) -> str:
    url = f"http://127.0.0.1:{port}/interactions"
    await sandbox.delivery.use(url)
    await _run(sandbox, bot, url, Phase(), 3.0)  # what is only needed once is loaded then
    await asyncio.sleep(SETTLING)
    held, quiet, abused, seen = [_megabytes(bot)], Phase(), Phase(), Counter[str]()
    for _ in range(ROUNDS):
        await _run(sandbox, bot, url, quiet, seconds)
        others = await processes.start("misbehaving", "-m", "benchmarks.abuse", "--misbehave", str(port), talks=True)
        await others.hear()
        await _run(sandbox, bot, url, abused, seconds)
        seen += Counter(await others.ask("stop"))
        await others.process.wait()
        processes.started.remove(others)
        await asyncio.sleep(SETTLING)
        held.append(_megabytes(bot))
    return _told(quiet, abused, seen, held)


async def _run(sandbox: Sandbox, bot: Process, url: str, phase: Phase, seconds: float) -> None:
    until = time.monotonic() + seconds
    async with AsyncExitStack() as stack:
        sessions = [
            await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)))
            for _ in range(HONEST)
        ]
        pinging = [_ping(session, sandbox, url, phase, until, number) for number, session in enumerate(sessions)]
        await asyncio.gather(_command(sandbox, phase, until), _watch(bot, phase, until), *pinging)


async def _command(sandbox: Sandbox, phase: Phase, until: float) -> None:
    asked = []
    while time.monotonic() < until:
        asked.append(await sandbox.slash("about", user=sandbox.person(f"Person {len(asked) % 40}")))
        await asyncio.sleep(SECONDS_BETWEEN_COMMANDS)
    for one in asked:
        try:
            phase.acknowledged.append(await one.acknowledged(PATIENCE))
        except InvocationFailed:
            phase.lost += 1


async def _ping(
    session: aiohttp.ClientSession, sandbox: Sandbox, url: str, phase: Phase, until: float, number: int
) -> None:
    await asyncio.sleep(SECONDS_BETWEEN_PINGS * number / HONEST)
    while (began := time.monotonic()) < until:
        body = b'{"type": 1}'
        try:
            async with session.post(url, data=body, headers=sandbox.delivery.signed(body)) as response:
                await response.read()
                phase.lost += response.status != 200
            phase.pings.append(time.monotonic() - began)
        except aiohttp.ClientError:
            phase.lost += 1
        await asyncio.sleep(SECONDS_BETWEEN_PINGS)


async def _watch(bot: Process, phase: Phase, until: float) -> None:
    while time.monotonic() < until:
        phase.megabytes = max(phase.megabytes, _megabytes(bot))
        await asyncio.sleep(0.25)


def _megabytes(bot: Process) -> float:
    """Memory of the bot's own process, without its workers."""
    return float(psutil.Process(bot.process.pid).memory_full_info().uss) / 1e6


def _told(quiet: Phase, abused: Phase, seen: Counter[str], held: list[float]) -> str:
    ratio = statistics.median(abused.acknowledged) / statistics.median(quiet.acknowledged)
    late = sum(seconds > 1 for seconds in (*abused.acknowledged, *abused.pings))
    return "\n".join(
        [
            "| | commands | acknowledged after: median, 99 %, last | pings | answered after | lost | most memory |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            quiet.row("quiet"),
            abused.row(f"{len(KINDS) * EACH} misbehave"),
            f"\nmedian of commands {ratio:.2f} times that of the quiet runs; over 1 s: {late}",
            f"the bot's memory at rest, before and after each round: {', '.join(f'{one:.1f} MB' for one in held)}",
            f"those that misbehave: {', '.join(f'{what} {count}' for what, count in sorted(seen.items()))}",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="of each run (default: 30)")
    parser.add_argument("--misbehave", type=int, metavar="PORT", help="be those that misbehave, until a line is read")
    arguments = parser.parse_args()
    if arguments.misbehave:
        return asyncio.run(misbehave(arguments.misbehave))
    print(machine.description(), flush=True)
    try:
        print(asyncio.run(measured(arguments.seconds)))
    except Ended as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
