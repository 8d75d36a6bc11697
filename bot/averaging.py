"""A running average: photos in small batches, to as many workers as there are, each adding to a sum of its own.

Neither the bot nor a worker ever holds more than a few photos. To send a sum takes as long as to add three photos, so
a worker keeps it from one batch to the next, and gives it back when others want their turn, when it has had it for a
while, and in the end. What a worker had added since is lost when it dies, and is tried once more, batch by batch.
Photos go to it one by one, so that whoever stops the job waits for no more than one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

from bot.jobs import Job, Turn
from bot.photos import Batches, Gathered
from core import tasks
from core.contracts import (
    AverageBatch,
    AverageRecipe,
    AverageRows,
    AverageRules,
    AverageSoFar,
    AverageStart,
    AverageSum,
    AverageWeigh,
    DeadlineExceeded,
    Fault,
    Fingerprints,
    HarmfulPhoto,
    Kept,
    Skipped,
    Stopped,
    WorkerLost,
    keeps_every_face,
)

SECONDS_HELD = 5.0
BYTES_HELD = 32 * 1024 * 1024
"""For how long, and for how many photos, a worker keeps a sum at most: they are held until it gives the sum back."""

SECONDS_TO_BEGIN, SECONDS_TO_END = 0.5, 5.0
"""When the job is stopped: how long to wait for the first face, and for the sums that there are faces in. Both mostly
take as long as one photo."""

BYTES_AT_ONCE = 8 * 1024 * 1024
"""Of kept faces, that are combined in one go: some 20, in three or four seconds."""

Told = Callable[[int, int], None]
"""Hears how many more photos were looked at, and how many more faces are in; of what is lost, how many less."""

Piece = TypeVar("Piece")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Lot:
    """Photos that are worked on together; `again`: they were lost before."""

    batch: Gathered
    again: bool = False

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(len(photo.data) for photo in self.batch.photos)

    def holds(self, name: str) -> bool:
        return any(photo.name == name for photo in self.batch.photos)


class Averaging:
    """One average of the photos of `batches`, for the time of an `async with`.

    `skipped`: what was left out before; `most_bytes`: what the sums may grow to where they keep every face, photos
    beyond that are left out.
    """

    def __init__(
        self,
        job: Job,
        recipe: AverageRecipe,
        rules: AverageRules,
        batches: Batches,
        skipped: Iterable[Skipped],
        most_bytes: int,
        tell: Told,
    ) -> None:
        self._job = job
        self._recipe = recipe
        self._rules = rules
        self._batches = batches
        self._most_bytes = most_bytes
        self._tell = tell
        self._grows = keeps_every_face(recipe, rules)
        self._lanes: list[asyncio.Task[None]] = []
        self._parts: dict[int, AverageSoFar] = {}
        self._lost: deque[_Lot] = deque()
        self._skipped = list(skipped)
        self._fingerprints = Fingerprints()
        self._faces = 0
        self._fault: Fault | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        self._batches.close()

    async def all_there_is(self) -> AverageSoFar:
        """Of all photos, or of those that are ready when the job is stopped.

        Raises Stopped where no face is ready then, and WorkerLost or DeadlineExceeded where no face is ready for that.
        """
        self._lanes = [asyncio.create_task(self._lane(number)) for number in range(self._job.at_once)]
        try:
            async with self._job.unless_stopped():
                await asyncio.wait(self._lanes, return_when=asyncio.FIRST_EXCEPTION)
        except Stopped:
            await asyncio.wait(self._lanes, timeout=SECONDS_TO_BEGIN)
            if self._faces:
                await asyncio.wait(self._lanes, timeout=SECONDS_TO_END)
            if not any(part.faces for part in self._parts.values()):
                raise
        for lane in self._lanes:
            if lane.done():
                lane.result()
        if self._fault is not None and not self._faces:
            raise self._fault
        parts, self._parts = self._parts, {}  # kept faces are to be held by nobody who has no more use for them
        return sum(parts.values(), AverageSoFar(skipped=tuple(self._skipped)))

    async def _lane(self, number: int) -> None:
        """One turn after another, each adding to the lane's own sum."""
        try:
            while (lot := await self._next()) is not None:
                if self._grows and self._size() > self._most_bytes:
                    self._leave_out(lot.batch, "no_room")
                    continue
                async with self._job.turn(stoppable=True) as turn:
                    await self._in_turn(turn, lot, number)
        except Stopped:
            return

    async def _next(self) -> _Lot | None:
        if self._lost:
            lot = self._lost.popleft()
        else:
            async with self._job.unless_stopped():
                batch = await self._batches.next()
            if batch is None:
                return None
            lot = _Lot(batch)
        batch = lot.batch
        while culprit := await self._job.suspects.among(batch):
            batch = batch.leaving_out(culprit, HarmfulPhoto.code)
        if batch.skipped:
            self._skipped += batch.skipped
            self._tell(len(batch.skipped), 0)
        return replace(lot, batch=replace(batch, skipped=()))

    async def _in_turn(self, turn: Turn, lot: _Lot, number: int) -> None:
        """Add batch after batch to one part of the sum, while the turn lasts."""
        before = self._parts.get(number, AverageSoFar())
        added = AverageSoFar()
        lots = [lot]
        looked_at = 0
        told = (0, 0)
        chosen: tuple[bool, ...] = ()
        end = asyncio.get_running_loop().time() + SECONDS_HELD
        try:
            start = AverageStart(self._recipe, self._rules, before.sums[0].total if before.sums else None)
            await turn.run(tasks.average_open, start)
            while True:
                for photo, place in zip(lot.batch.photos, lot.batch.places, strict=True):
                    if self._job.stopped:
                        break
                    found = await turn.run(tasks.average_look, AverageBatch((photo,), (place,), taken=chosen))
                    chosen = self._fingerprints.new(found.faces)
                    fit = found.only(chosen)
                    added += fit
                    looked_at += 1
                    self._faces += len(fit.faces)
                self._tell(looked_at - told[0], len(added.faces) - told[1])
                told = (looked_at, len(added.faces))
                full = sum(one.size for one in lots) > BYTES_HELD or asyncio.get_running_loop().time() > end
                if full or lot.again or turn.others_wait:
                    break
                following = await self._at_hand()
                if following is None:
                    break
                lot = following
                lots.append(lot)
            await turn.run(tasks.average_take, chosen)
            later = await turn.run(tasks.average_close, None)
        except (WorkerLost, DeadlineExceeded) as fault:
            log.warning("request %s: a part of its average was lost: %s", self._job.id, fault.code)
            self._fingerprints.forget(added.faces)
            self._faces -= len(added.faces)
            self._tell(-told[0], -told[1])
            if fault.stage:
                blamed = next((one for one in lots if one.holds(fault.photo)), lot)
                await self._job.suspects.blame(blamed.batch, fault.photo)
            for one in lots:
                await self._once_more(one, fault)
        else:
            if added.faces:
                added = replace(added, sums=(before.sums[0].then(later) if before.sums else later,))
            self._parts[number] = replace(before + added, sums=added.sums or before.sums)

    async def _once_more(self, lot: _Lot, fault: WorkerLost | DeadlineExceeded) -> None:
        """A lost batch is tried again, and then as often as a photo that ends workers can be left out of it."""
        again = not lot.again or await self._job.suspects.among(lot.batch)
        if again and fault.stage and not self._job.stopped:
            self._lost.append(replace(lot, again=True))
            return
        self._fault = fault
        self._leave_out(lot.batch, fault.code)
        self._tell(len(lot.batch.photos), 0)

    async def _at_hand(self) -> _Lot | None:
        """The next batch, where it need not be waited for: nobody keeps a worker from others for that."""
        try:
            return await self._next() if self._batches.ready and not self._lost else None
        except Stopped:
            return None

    def _size(self) -> int:
        return sum(one.size for part in self._parts.values() for one in part.sums)

    def _leave_out(self, batch: Gathered, reason: str) -> None:
        for photo, place in zip(batch.photos, batch.places, strict=True):
            self._skipped.append(Skipped(photo.name, reason, place=place))


async def combined(job: Job, so_far: AverageSoFar, recipe: AverageRecipe, rules: AverageRules) -> AverageSoFar:
    """What can be finished in one go: where too many faces were kept for that, they are combined piece by piece, by
    whichever workers are free, and no worker holds more than a piece. Errors: see `Job.run`.
    """
    if sum(kept.size for kept in so_far.kept) <= BYTES_AT_ONCE:
        return so_far
    whose = await job.run(tasks.average_people, so_far.faces) if rules.one_each else None
    so_far = replace(so_far, whose=whose)
    totals: dict[int, bytes] = {}
    rows: dict[int, bytes] = {}

    async def weigh(lane: int, piece: tuple[Kept, tuple[float, ...]]) -> None:
        kept, weights = piece
        totals[lane] = await job.run(tasks.average_weigh, AverageWeigh(recipe, kept, weights, totals.get(lane)))

    async def combine(lane: int, band: tuple[int, tuple[bytes, ...]]) -> None:
        number, pieces = band
        rows[number] = await job.run(tasks.average_rows, AverageRows(recipe, pieces, so_far.weights))

    if rules.one_each:  # else all was weighed as it was added
        weights = iter(so_far.weights)
        await _each(job.at_once, ((kept, tuple(islice(weights, kept.count))) for kept in so_far.kept), weigh)
    if recipe.method != "mean":
        await _each(job.at_once, enumerate(zip(*(kept.bands for kept in so_far.kept), strict=True)), combine)
    return replace(
        so_far,
        sums=tuple(AverageSum(one.total) for one in so_far.sums),
        weighed=tuple(totals.values()),
        rows=tuple(rows[number] for number in sorted(rows)),
    )


async def _each(lanes: int, pieces: Iterable[Piece], work: Callable[[int, Piece], Awaitable[None]]) -> None:
    """All of the work, so many at a time; each hears which of the lanes it is in."""
    left = iter(pieces)

    async def lane(number: int) -> None:
        for piece in left:
            await work(number, piece)

    running = [asyncio.create_task(lane(number)) for number in range(lanes)]
    try:
        await asyncio.gather(*running)
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
