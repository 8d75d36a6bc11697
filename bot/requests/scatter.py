"""A running average: photos in small batches, to as many workers as there are, each adding to a sum of its own.

Neither the bot nor a worker ever holds more than a few photos. To send a sum takes as long as to add three photos, so
a worker keeps it from one batch to the next, and gives it back when others have none, when it has had it for a
while, and in the end; but whoever has the last photos finishes the average where the sum is. What a worker had added
since is lost when it dies, and is tried once more, batch by batch. Photos go to it one by one, so that whoever stops
the job waits for no more than one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

from bot.errors import DeadlineExceeded, HarmfulPhoto, Stopped
from bot.photos import Batches, Gathered
from bot.requests.jobs import Job, Turn
from core import tasks
from core.contracts import (
    AverageBatch,
    AverageRecipe,
    AverageRequest,
    AverageResult,
    AverageRows,
    AverageRules,
    AverageSoFar,
    AverageStart,
    AverageSum,
    AverageWeigh,
    Fault,
    Fingerprints,
    Kept,
    Skipped,
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

Asking = Callable[[AverageSoFar], AverageRequest]
"""What is to be made of an average when all of its photos are in."""

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


@dataclass
class _Addition:
    """What a worker adds in one turn: of these lots so far so much, of which others were `told`, see `Told`."""

    lots: list[_Lot]
    added: AverageSoFar = field(default_factory=AverageSoFar)
    told: tuple[int, int] = (0, 0)


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
        self._in_line: deque[_Lot] = deque()
        self._lost: deque[_Lot] = deque()
        self._underway = 0
        self._skipped = list(skipped)
        self._fingerprints = Fingerprints()
        self._faces = 0
        self._fault: Fault | None = None
        self._asking: Asking | None = None
        self._finishing = False
        self._result: AverageResult | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        self._batches.close()

    async def result(self, asking: Asking) -> AverageResult:
        """What comes of `asking` for all there is. Errors: those of `all_there_is` and `Job.run`, and TooFewFaces."""
        if not self._grows:
            self._asking = asking
        await self._added()
        if self._result is not None:
            return self._result
        return await self._job.run(tasks.average_finish, asking(await self._combined()))

    async def all_there_is(self) -> AverageSoFar:
        """Of all photos, or of those that are ready when the job is stopped; it can be finished in one go.

        Raises Stopped where no face is ready then, and WorkerLost or DeadlineExceeded where no face is ready for that.
        """
        await self._added()
        return await self._combined()

    async def _combined(self) -> AverageSoFar:
        so_far, self._parts = self._sum(self._parts.values()), {}
        return await combined(self._job, so_far, self._recipe, self._rules)

    def _sum(self, parts: Iterable[AverageSoFar]) -> AverageSoFar:
        return sum(parts, AverageSoFar(skipped=tuple(self._skipped)))

    async def _added(self) -> None:
        """All photos, or those that are ready when the job is stopped. Errors: see `all_there_is`."""
        self._lanes = [asyncio.create_task(self._lane(number)) for number in range(self._job.at_once)]
        try:
            async with self._job.unless_stopped():
                await asyncio.wait(self._lanes, return_when=asyncio.FIRST_EXCEPTION)
        except Stopped:
            await asyncio.wait(self._lanes, timeout=SECONDS_TO_BEGIN)
            if self._faces:
                await asyncio.wait(self._lanes, timeout=None if self._finishing else SECONDS_TO_END)
            if not self._finishing and not any(part.faces for part in self._parts.values()):
                raise
        for lane in self._lanes:
            if lane.done() and not lane.cancelled():
                lane.result()
        if self._fault is not None and not self._faces:
            raise self._fault

    async def _lane(self, number: int) -> None:
        """One turn after another, each adding to the lane's own sum."""
        try:
            while (lot := await self._next()) is not None:
                if self._grows and self._size() > self._most_bytes:
                    self._leave_out(lot, "no_room")
                    continue
                self._in_line.append(lot)
                async with self._job.turn(stoppable=True) as turn:
                    if self._in_line:  # else a lane that had a worker has taken it on
                        await self._in_turn(turn, self._in_line.popleft(), number)
                if self._batches.exhausted and not self._underway:
                    for lane in self._lanes:  # some may stand in line still
                        if lane is not asyncio.current_task():
                            lane.cancel()
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
            self._underway += 1
            lot = _Lot(batch)
        batch = lot.batch
        while culprit := await self._job.suspects.among(batch):
            batch = batch.leaving_out(culprit, HarmfulPhoto.code)
        if batch.skipped:
            self._skipped += batch.skipped
            self._tell(len(batch.skipped), 0)
        return replace(lot, batch=replace(batch, skipped=()))

    async def _in_turn(self, turn: Turn, lot: _Lot, number: int) -> None:
        """Add batch after batch to one part of the sum, while the turn lasts; and finish the average if it is there."""
        before = self._parts.get(number, AverageSoFar())
        now = _Addition([lot])
        try:
            start = AverageStart(self._recipe, self._rules, before.sums[0].total if before.sums else None)
            await turn.run(tasks.average_open, start)
            await self._add(turn, now)
            if self._asking is not None and self._are_last(now.lots):
                self._finishing = True
                others = (part for lane, part in self._parts.items() if lane != number)
                so_far = self._sum((*others, replace(before + now.added, sums=())))
                self._result = await turn.run(tasks.average_end, self._asking(so_far))
                self._underway = 0
                return
            later = await turn.run(tasks.average_close, None)
        except (WorkerLost, DeadlineExceeded) as fault:
            await self._recover(now, fault)
        else:
            sums = before.sums
            if now.added.faces:
                sums = (before.sums[0].then(later) if before.sums else later,)
            self._parts[number] = replace(before + now.added, sums=sums)
            self._underway -= len(now.lots)

    async def _add(self, turn: Turn, now: _Addition) -> None:
        lot = now.lots[0]
        looked_at = 0
        chosen: tuple[bool, ...] = ()
        end = asyncio.get_running_loop().time() + SECONDS_HELD
        while True:
            for photo, place in zip(lot.batch.photos, lot.batch.places, strict=True):
                if self._job.stopped:
                    break
                found = await turn.run(tasks.average_look, AverageBatch((photo,), (place,), taken=chosen))
                chosen = self._fingerprints.new(found.faces)
                fit = found.only(chosen)
                now.added += fit
                looked_at += 1
                self._faces += len(fit.faces)
            told, now.told = now.told, (looked_at, len(now.added.faces))
            self._tell(now.told[0] - told[0], now.told[1] - told[1])
            full = sum(one.size for one in now.lots) > BYTES_HELD or asyncio.get_running_loop().time() > end
            if full or lot.again or turn.others_wait:
                break
            following = await self._at_hand()
            if following is None:
                break
            lot = following
            now.lots.append(lot)
        await turn.run(tasks.average_take, chosen)

    async def _recover(self, lost: _Addition, fault: WorkerLost | DeadlineExceeded) -> None:
        log.warning("request %s: a part of its average was lost: %s", self._job.id, fault.code)
        if self._finishing and (self._job.stopped or not fault.stage):
            raise fault
        self._fingerprints.forget(lost.added.faces)
        self._faces -= len(lost.added.faces)
        self._tell(-lost.told[0], -lost.told[1])
        if self._finishing:  # no photo is to blame; `average_finish` has the next try, and one more
            self._finishing, self._asking = False, None
            self._lost.extend(lost.lots)
            return
        if fault.stage:
            blamed = next((one for one in lost.lots if one.holds(fault.photo)), lost.lots[-1])
            await self._job.suspects.blame(blamed.batch, fault.photo)
        for one in lost.lots:
            await self._once_more(one, fault)

    def _are_last(self, lots: Sequence[_Lot]) -> bool:
        """Whether all others were added, and there is what to finish."""
        all_others = self._batches.exhausted and self._underway == len(lots)
        return all_others and self._faces > 0 and not self._job.stopped

    async def _once_more(self, lot: _Lot, fault: WorkerLost | DeadlineExceeded) -> None:
        """A lost batch is tried again, and then as often as a photo that ends workers can be left out of it."""
        again = not lot.again or await self._job.suspects.among(lot.batch)
        if again and fault.stage and not self._job.stopped:
            self._lost.append(replace(lot, again=True))
            return
        self._fault = fault
        self._leave_out(lot, fault.code)
        self._tell(len(lot.batch.photos), 0)

    async def _at_hand(self) -> _Lot | None:
        """The next batch, where it need not be waited for: nobody keeps a worker from others for that."""
        if self._in_line:
            return None if self._in_line[0].again else self._in_line.popleft()
        try:
            return await self._next() if self._batches.ready and not self._lost else None
        except Stopped:
            return None

    def _size(self) -> int:
        return sum(one.size for part in self._parts.values() for one in part.sums)

    def _leave_out(self, lot: _Lot, reason: str) -> None:
        self._underway -= 1
        for photo, place in zip(lot.batch.photos, lot.batch.places, strict=True):
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
