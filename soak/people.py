"""People who ask, one request after the other, and wait for each answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox import Channel, Invocation, Message, Sandbox, User
from sandbox.changes import Changes
from sandbox.rules import STRING_SELECT
from sandbox.state import walk_components
from soak.files import Files
from soak.outcomes import last_word, outcome

ACKNOWLEDGEMENT, WORD = "acknowledgement", "word"
PATIENCE = 400.0
"""Seconds: more than the queue, the deadline, the start of a worker and all tries to send the answer take together."""


@dataclass(frozen=True)
class Request:
    """What became of one: `acknowledged` after so many seconds, None: never; `answer`: its kind, None: neither a result
    nor a message.
    """

    command: str
    acknowledged: float | None
    answer: str | None


class People:
    """`open`: may be asked at the moment; `asked`: what became of the requests that are over."""

    def __init__(self, sandbox: Sandbox, random: Random) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.asked: list[Request] = []
        self._sandbox = sandbox
        self._random = random
        self._files = Files(random)
        self._threads: dict[str, Channel] = {}
        self._waiting: Counter[str] = Counter()
        self._rushing: set[asyncio.Task[Message | None]] = set()
        self._changes = Changes()

    async def prepare(self) -> None:
        """Threads with photos in them, with hostile files among these, and with nothing."""
        general = self._sandbox.channel("general")
        for name, files in {
            "faces": [self._files.face() for _ in range(4)],
            "mixed": [self._files.face(), self._files.hostile(), self._files.nobody(), self._files.face()],
            "empty": [],
        }.items():
            self._threads[name] = await self._sandbox.open_thread(general, name)
            for file in files:
                await self._sandbox.post(self._threads[name], self._sandbox.person("Mio"), files=[file])

    # ------------------------------------------------------------ what they ask

    def kinds(self) -> dict[str, tuple[int, Callable[[], dict[str, Any]]]]:
        """Each with its weight, its command (the part of its name before the dot), and a maker of its options."""
        files, threads = self._files, self._threads
        return {
            "similar.faces": (10, lambda: {"photo1": files.face(), "photo2": files.face()}),
            "similar.group": (1, lambda: {"photo1": files.group()}),
            "similar.hostile": (16, lambda: {"photo1": files.hostile(), "photo2": files.face()}),
            "gradcam.face": (4, lambda: {"photo": files.face()}),
            "gradcam.distant": (4, lambda: {"photo": files.distant()}),
            "gradcam.layers": (2, lambda: {"photo": files.face(), "method": "layercam"}),
            "gradcam.nobody": (5, lambda: {"photo": files.nobody()}),
            "gradcam.hostile": (24, lambda: {"photo": files.hostile()}),
            "lookalikes.photos": (2, lambda: {f"photo{at}": files.face() for at in (1, 2, 3)}),
            "lookalikes.thread": (2, lambda: {"thread": threads[self._random.choice(("faces", "mixed"))]}),
            "lookalikes.empty": (7, lambda: {"thread": threads["empty"]}),
            "average.thread": (2, lambda: {"thread": threads[self._random.choice(("faces", "mixed"))]}),
            "average.empty": (7, lambda: {"thread": threads["empty"]}),
            "about": (20, dict),
        }

    async def everything(self) -> None:
        """Each kind once, one after the other."""
        for name, (_, options) in self.kinds().items():
            await self.ask(self._sandbox.person("Mio"), name.partition(".")[0], options())

    async def visit(self, count: int, until: Callable[[], bool]) -> None:
        """So many people, each asking again and again until it is time to go."""

        async def one(name: str) -> None:
            person = self._sandbox.person(name, locale=self._random.choice(("en-US", "ja")))
            while not until():
                await self.once(person)
                await asyncio.sleep(self._random.uniform(0, 0.2))

        await asyncio.gather(*(one(f"Visitor {number}") for number in range(count)))

    async def once(self, person: User) -> None:
        """Whatever they think of."""
        kinds = self.kinds()
        (name,) = self._random.choices([*kinds], [weight for weight, _ in kinds.values()])
        reply = await self.ask(person, name.partition(".")[0], kinds[name][1]())
        if name == "similar.group" and reply is not None:
            await self._choose(person, reply)

    def rush(self, count: int) -> None:
        """So many people ask at this moment, and wait."""
        for number in range(count):
            person = self._sandbox.person(f"Passer-by {number}")
            photos = {"photo1": self._files.face(), "photo2": self._files.face()}
            task = asyncio.create_task(self.ask(person, "similar", photos))
            self._rushing.add(task)
            task.add_done_callback(self._rushed)

    def _rushed(self, task: asyncio.Task[Message | None]) -> None:
        self._rushing.discard(task)
        self._changes.notify()

    # ------------------------------------------------------------ asking

    async def ask(self, person: User, command: str, options: dict[str, Any]) -> Message | None:
        return await self._answered(f"/{command}", lambda: self._sandbox.slash(command, options, user=person))

    async def _choose(self, person: User, reply: Message) -> None:
        """Another face, from the menu under the reply, if there is one."""
        menus = [one["custom_id"] for one in walk_components(reply.components) if one["type"] == STRING_SELECT]
        if menus:
            await self._answered("a menu", lambda: self._sandbox.select(reply, menus[0], ["1"], user=person))

    async def _answered(self, command: str, asking: Callable[[], Awaitable[Invocation]]) -> Message | None:
        await self.open.wait()
        self._waiting[WORD] += 1
        self._waiting[ACKNOWLEDGEMENT] += 1
        try:
            try:
                invocation = await asking()
                await _until(invocation, lambda: invocation.acknowledged_after is not None)
            finally:
                self._no_longer(ACKNOWLEDGEMENT)
            await _until(invocation, lambda: last_word(invocation) is not None)
        finally:
            self._no_longer(WORD)
        word = last_word(invocation)
        self.asked.append(Request(command, invocation.acknowledged_after, outcome(word) if word else None))
        return word

    # ------------------------------------------------------------ who waits

    def _no_longer(self, what: str) -> None:
        self._waiting[what] -= 1
        self._changes.notify()

    async def all_acknowledged(self) -> None:
        await self._changes.until(lambda: not self._waiting[ACKNOWLEDGEMENT], None)

    async def nobody_waits(self) -> None:
        await self._changes.until(lambda: not self._waiting[WORD] and not self._rushing, None)


async def _until(invocation: Invocation, holds: Callable[[], bool]) -> None:
    """Or until it is too late, or patience is at its end."""
    with suppress(TimeoutError):
        await invocation.changes.until(lambda: invocation.failed or holds(), PATIENCE)
