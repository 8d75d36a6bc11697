"""`python -m benchmarks.crowd`: sixty people ask at once, of a bot with two workers.

The bot runs as a process of its own, connected to a sandbox. Told are the time to the acknowledgement, places in the
line, answers, and how far the bot's event loop was behind: a task in it sleeps for 5 ms over and over, and what it
oversleeps is the delay.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import machine
from sandbox import File, Invocation, Message, Sandbox

FACES = Path(__file__).resolve().parents[1] / "sandbox" / "faces"
PEOPLE, WORKERS = 60, 2
PATIENCE = 300.0
NAP = 0.005
PLACE = re.compile(r"number (\d+) in line|You are (next) in line")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bot", type=Path, help="be the bot, and write here when its loop was how late (seconds)")
    file = arguments.parse_args().bot
    if file is None:
        print(machine.description())
        asyncio.run(crowd())
    else:
        asyncio.run(watched(file))


async def watched(file: Path) -> None:
    """The bot, and beside it whoever oversleeps."""
    from bot.app import run
    from bot.config import load

    delays: list[tuple[float, float]] = []

    async def watch() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(NAP)
            delays.append((before, time.monotonic() - before - NAP))

    watching = asyncio.create_task(watch())
    try:
        await run(load())
    finally:
        watching.cancel()
        await asyncio.to_thread(file.write_text, json.dumps(delays))


async def crowd() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox() as sandbox:
            environment = os.environ | {
                "SOKKURI_TOKEN": sandbox.token,
                "SOKKURI_DISCORD__API": sandbox.api,
                "SOKKURI_DISCORD__CDN_HOSTS": json.dumps([sandbox.cdn.host]),
                "SOKKURI_WORKERS__COUNT": str(WORKERS),
                "SOKKURI_LIMITS__WAITING": str(PEOPLE),
                "SOKKURI_LIMITS__GUILD_REQUESTS": str(PEOPLE),
            }
            with (Path(folder) / "log").open("wb") as log:
                bot = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "benchmarks.crowd", "--bot", str(Path(folder) / "delays")),
                    env=environment,
                    stderr=log,
                )
            try:
                await sandbox.wait_ready(PATIENCE)
                for _ in range(WORKERS):  # their models are loaded then
                    await answered(await ask(sandbox, 0))
                begin = time.monotonic()
                invocations = await asyncio.gather(*(ask(sandbox, number) for number in range(PEOPLE)))
                replies = await asyncio.gather(*map(answered, invocations))
                end = time.monotonic()
            finally:
                bot.terminate()
                await bot.wait()
            delays = [late for at, late in json.loads((Path(folder) / "delays").read_text()) if begin <= at <= end]
            told(invocations, replies, end - begin, delays)


async def ask(sandbox: Sandbox, number: int) -> Invocation:
    photos = {f"photo{at}": File.read(FACES / f"person_a_{at}.jpg") for at in (1, 2)}
    return await sandbox.slash("similar", photos, user=sandbox.person(f"Person {number}"))


async def answered(invocation: Invocation) -> Message:
    return await invocation.answered(PATIENCE, until=lambda message: bool(message.files) or message.ephemeral)


def told(invocations: list[Invocation], replies: list[Message], seconds: float, delays: list[float]) -> None:
    acknowledged = sorted(invocation.acknowledged_after or 0.0 for invocation in invocations)
    seen = [places(invocation) for invocation in invocations]
    done = sum(bool(reply.files) for reply in replies)
    rising = sum(one != sorted(one, reverse=True) for one in seen)
    late = sorted(delays)
    print(f"\n{PEOPLE} people at once, {WORKERS} workers, /similar\n")
    print(f"answered                 {done} in {seconds:.1f} s, {done / seconds:.2f} a second; refused {PEOPLE - done}")
    print(f"acknowledged after       median {statistics.median(acknowledged):.3f} s, last {acknowledged[-1]:.3f} s")
    print(f"highest place seen       {max((max(one) for one in seen if one), default=0)}; places that rose: {rising}")
    print(
        f"event loop behind by     99 % {1000 * late[int(0.99 * len(late))]:.1f} ms, most {1000 * late[-1]:.1f} ms, "
        f"over 50 ms: {sum(delay > 0.05 for delay in late)} of {len(late)} times"
    )


def places(invocation: Invocation) -> list[int]:
    """All that this person has read of their place in the line."""
    found = [PLACE.search(version.text) for version in invocation.history]
    return [1 if match[2] else int(match[1]) for match in found if match]


if __name__ == "__main__":
    main()
