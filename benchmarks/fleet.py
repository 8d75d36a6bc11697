"""A fleet on one machine: many guilds, several bots that share the shards, one scheduler, and more and more workers.

Each is a process of its own, as it would be on a machine of its own: bots are `sokkuri run`, workers `sokkuri worker`,
and the sandbox has the guilds, with people in them who ask one thing after the other. Told are the requests that were
answered, and how much of a core each kind of process took: so what is used up first has a name.

Two kinds of requests: what people ask for (half /similar, 4 of 10 /gradcam, else /average of a thread of four photos),
and such as cost the workers next to nothing (/gradcam of a file that is no picture), which shows what would be used up
first if there were workers enough.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil

from benchmarks import machine
from benchmarks.processes import ROOT, SOKKURI, Ended, Process, Processes
from sandbox import Channel, File, Message, Sandbox, User
from sandbox.conversations.player import IN_PROGRESS
from soak.outcomes import outcome

FACES = ROOT / "sandbox" / "faces"
BOTS, SHARDS, GUILDS, PEOPLE = 2, 4, 200, 4
"""Bots, shards and guilds in all, and people of one guild."""

ASKERS = 4
"""How many of all these people wait for an answer at any time, for each worker, and at least for two."""

PATIENCE = 120.0
FULL = 0.9
"""Of a core, or of all of them: more than this is used up."""

LOADING = 8.0
"""Seconds until the first worker has loaded all that it needs, before anything is measured; each further one takes two
more."""

Place = tuple[Channel, Channel, list[User]]
"""Of one guild: where people ask, a thread with photos, and who they are."""

PICTURES, TRIFLES = "picture", "not-a-picture"
"""What is asked for, by the outcome that it must have."""


@dataclass(frozen=True)
class Row:
    """`rate`: answers a second; `waited`: median and 95 % of seconds until an answer; `acknowledged`: the longest one;
    `cores`: how many of them each kind of process kept busy; `megabytes`: what the processes of a kind held in the end.
    """

    asked: str
    workers: int
    rate: float
    waited: tuple[float, float]
    acknowledged: float
    cores: dict[str, float]
    megabytes: dict[str, float]
    used_up: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3, 4])
    parser.add_argument("--seconds", type=float, default=15.0, help="of each measurement (default: 15)")
    parser.add_argument("--quick", action="store_true", help="one and two workers, for 5 seconds each")
    parser.add_argument(
        "--sandbox", action="store_true", help="be a sandbox with people in it, told what to do by lines"
    )
    arguments = parser.parse_args()
    if arguments.sandbox:
        return asyncio.run(Town().live())
    print(machine.description(), flush=True)
    counts, seconds = ([1, 2], 5.0) if arguments.quick else (arguments.workers, arguments.seconds)
    try:
        found = rows(counts, seconds)
        print(table(found))
        print(*map(further, found), sep="\n")
    except Ended as error:
        sys.exit(str(error))


def rows(counts: Sequence[int], seconds: float) -> list[Row]:
    """Pictures with so many workers, and trifles with the most. Raises Ended: a process of it failed."""
    return [row for count in counts for row in asyncio.run(measured(count, seconds, trifles=count == max(counts)))]


def table(found: Sequence[Row]) -> str:
    """In Markdown."""
    kinds = [*found[0].cores]
    lines = [
        f"| requests | workers | a second | answered after, median and 95 % | {' | '.join(kinds)} | used up |",
        f"| --- | ---: | ---: | ---: |{' ---: |' * len(kinds)} --- |",
    ]
    for row in found:
        cores = " | ".join(f"{row.cores[kind]:.2f}" for kind in kinds)
        waited = " and ".join(f"{seconds:.2f} s" for seconds in row.waited)
        lines.append(f"| {row.asked} | {row.workers} | {row.rate:.2f} | {waited} | {cores} | {row.used_up} |")
    return "\n".join(lines)


def further(row: Row) -> str:
    """How far each kind of process would go, had each a core of its own and workers enough."""
    reach = {kind: row.rate * _processes(kind) / busy for kind, busy in row.cores.items() if kind != "workers" and busy}
    limits = ", ".join(f"{kind} {rate:.0f}" for kind, rate in sorted(reach.items(), key=lambda one: one[1]))
    held = ", ".join(f"{kind} {size:.0f} MB" for kind, size in row.megabytes.items())
    return (
        f"{row.asked}, {row.workers} workers: requests a second until a core of each is used up: "
        f"{limits}; each holds: {held}; last acknowledgement after {row.acknowledged:.2f} s"
    )


def _processes(kind: str) -> int:
    return BOTS if kind == "bots" else 1


# ---------------------------------------------------------------- the fleet


async def measured(workers: int, seconds: float, *, trifles: bool) -> list[Row]:
    async with Processes() as processes:
        scheduler = await processes.cluster(
            workers, WORKERS__TASKS=0
        )  # one that is replaced would take its figures along
        town = await processes.start("sandbox", "-m", "benchmarks.fleet", "--sandbox", talks=True)
        told = await processes.needed_for(town.hear())
        for number in range(BOTS):
            await processes.start(
                f"bot {number}",
                *(*SOKKURI, "run"),
                TOKEN=told["token"],
                DISCORD__API=told["api"],
                DISCORD__CDN=told["cdn"],
                DISCORD__CDN_HOSTS=json.dumps([told["host"]]),
                DISCORD__SHARDS=SHARDS,
                DISCORD__SHARD_IDS=[*range(number, SHARDS, BOTS)],
                WORKERS__ENGINE="dask",
                WORKERS__COUNT=-(-workers // BOTS),
                DASK__SCHEDULER=scheduler,
                LIMITS__COOLDOWN_REQUESTS=0,
                LIMITS__GUILD_REQUESTS=1000,
                LIMITS__WAITING=1000,
            )
        return await processes.needed_for(_measured(processes, town, workers, seconds, trifles=trifles))


async def _measured(processes: Processes, town: Process, workers: int, seconds: float, *, trifles: bool) -> list[Row]:
    askers = ASKERS * max(workers, 2)
    found = [await _row(processes, town, PICTURES, workers, askers, LOADING + 2 * workers, seconds)]
    if trifles:
        found.append(await _row(processes, town, TRIFLES, workers, 4 * askers, 3, seconds))
    return found


async def _row(
    processes: Processes, town: Process, what: str, workers: int, askers: int, warm: float, seconds: float
) -> Row:
    """Measured while people go on asking, as they did for `warm` seconds before, so that all is loaded and busy."""
    since = time.monotonic() + warm  # this clock is the same for all processes
    until = since + seconds
    asking = asyncio.create_task(town.ask({"what": what, "askers": askers, "since": since, "until": until}))
    await asyncio.sleep(warm)
    before = _spent(processes)
    await asyncio.sleep(until - time.monotonic())
    after = _spent(processes)
    answers = await asking
    cores = {kind: (after[kind] - before[kind]) / seconds for kind in after}
    waits = sorted(answer["answered"] for answer in answers)
    return Row(
        what,
        workers,
        len(answers) / seconds,
        (median(waits), waits[int(0.95 * len(waits))]),
        max(answer["acknowledged"] for answer in answers),
        cores,
        _held(processes),
        _used_up(cores, workers),
    )


def _kind(process: Process) -> str:
    return {"bot": "bots", "worker": "workers"}.get(process.name.split()[0], process.name)


def _spent(processes: Processes) -> dict[str, float]:
    """Seconds of processor time, by kind of process."""
    spent: dict[str, float] = {"workers": 0, "bots": 0, "scheduler": 0, "sandbox": 0}
    for process in processes.started:
        for one in process.family():
            times = one.cpu_times()
            spent[_kind(process)] += times.user + times.system
    return spent


def _held(processes: Processes) -> dict[str, float]:
    """Megabytes of memory of its own, on average of the processes of a kind; of a worker with its process."""
    held: dict[str, list[float]] = {}
    for process in processes.started:
        size = sum(one.memory_full_info().uss for one in process.family())
        held.setdefault(_kind(process), []).append(size / 1e6)
    return {kind: sum(sizes) / len(sizes) for kind, sizes in held.items()}


def _used_up(cores: dict[str, float], workers: int) -> str:
    """By a process that cannot use more than one core, or by all of them together."""
    most = psutil.cpu_count() or 1
    for kind, busy in cores.items():
        if kind != "workers" and busy > FULL * _processes(kind):
            return f"the core of the {kind}"
    if sum(cores.values()) > FULL * most:
        first = max(cores, key=lambda kind: cores[kind])
        return f"the machine's {most} cores, {100 * cores[first] / sum(cores.values()):.0f} % by {first}"
    return "the workers" if cores["workers"] > FULL * workers else "nothing"


# ---------------------------------------------------------------- a sandbox and its people


class Town:
    """A sandbox with many guilds, and people in all of them. It says on its standard output where it is, then for each
    line that it reads what became of the requests that it was told to make.
    """

    def __init__(self) -> None:
        self._chance = random.Random(0)
        self._faces = [File.read(path) for path in sorted(FACES.glob("person_*.jpg"))]
        self._trifle = File("notes.jpg", b"no picture at all\n" * 20)
        self._places: list[Place] = []

    async def live(self) -> None:
        async with Sandbox(shards=SHARDS) as sandbox:
            for number in range(GUILDS):
                await self._settle(sandbox, number)
            _tell({"token": sandbox.token, "api": sandbox.api, "cdn": sandbox.cdn.root, "host": sandbox.cdn.host})
            await sandbox.wait_ready(PATIENCE)
            while line := await asyncio.to_thread(sys.stdin.readline):
                _tell(await self._ask(sandbox, **json.loads(line)))

    async def _settle(self, sandbox: Sandbox, number: int) -> None:
        """A guild of its own, with people and a thread of four photos."""
        guild = sandbox.add_guild(f"Guild {number}")
        await asyncio.sleep(0.001)  # ids tell the millisecond, and so the shard
        people = [sandbox.world.add_user(f"Person {number}.{at}") for at in range(PEOPLE)]
        for person in people:
            guild.members[person.id] = (person, set())
        (general,) = guild.channels.values()
        thread = await sandbox.open_thread(general, "faces", people[0])
        await sandbox.post(thread, people[0], files=self._chance.sample(self._faces, 4))
        self._places.append((general, thread, people))

    async def _ask(
        self, sandbox: Sandbox, what: str, askers: int, since: float, until: float
    ) -> list[dict[str, float]]:
        places = [self._places[at::askers] for at in range(askers)]  # nobody asks two things at once
        told = await asyncio.gather(*(self._asker(sandbox, mine, what, until) for mine in places))
        return [answer for answers in told for answer in answers if since <= answer["at"] < until]

    async def _asker(
        self, sandbox: Sandbox, places: Sequence[Place], what: str, until: float
    ) -> list[dict[str, float]]:
        answers = []
        while (began := time.monotonic()) < until:
            channel, thread, people = self._chance.choice(places)
            command, options = self._wish(what, thread)
            asked = await sandbox.slash(command, options, user=self._chance.choice(people), channel=channel)
            answer = await asked.answered(PATIENCE, until=_is_final)
            if outcome(answer) != what:
                raise RuntimeError(f"/{command} was answered by {answer.text!r}")
            at = time.monotonic()
            answers.append({"at": at, "answered": at - began, "acknowledged": asked.acknowledged_after or 0.0})
        return answers

    def _wish(self, what: str, thread: Channel) -> tuple[str, dict[str, Any]]:
        if what == TRIFLES:
            return "gradcam", {"photo": self._trifle}
        one, other = self._chance.sample(self._faces, 2)
        (wish,) = self._chance.choices(("similar", "gradcam", "average"), (5, 4, 1))
        options: dict[str, dict[str, Any]] = {
            "similar": {"photo1": one, "photo2": other},
            "gradcam": {"photo": one},
            "average": {"thread": thread},
        }
        return wish, options[wish]


def _is_final(message: Message) -> bool:
    return bool(message.files) or not message.text.endswith(IN_PROGRESS)


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
