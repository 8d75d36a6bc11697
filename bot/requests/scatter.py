"""Spreads an average over the workers: each adds small batches of photos to a sum of its own.

Neither the bot nor a worker ever holds more than a few photos. Sending a sum takes as long as adding three photos, so a
worker keeps its sum from one batch to the next. It returns the sum when another job has no worker, after
`SECONDS_HELD`, and at the end; but the worker with the last photos finishes the average where the sum is. If a worker
dies, what it had added since is lost, and is retried batch by batch. Photos are sent one by one, so that stopping the
job takes no longer than one photo.
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
"""How long, and for how many bytes of photos, a worker keeps a sum at most: the bot holds them until it is returned."""

SECONDS_TO_BEGIN, SECONDS_TO_END = 0.5, 5.0
"""How long a stopped job waits for the first face, and for sums that contain faces. Both usually take as long as one
photo."""

BYTES_AT_ONCE = 8 * 1024 * 1024
"""The most bytes of kept faces that are combined in one go: some 20 faces, in three or four seconds."""

OnProgress = Callable[[int, int], None]
"""Called with how many more photos were looked at and how many more faces were added; negative for what was lost."""

MakeRequest = Callable[[AverageSoFar], AverageRequest]
"""Makes the request that finishes an average of which all photos were added."""

Piece = TypeVar("Piece")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Attempt:
    """One try to add a batch of photos. `is_retry`: they were lost before."""

    batch: Gathered
    is_retry: bool = False

    @property
    def size(self) -> int:
        """The size of its photos in bytes."""
        return sum(len(photo.data) for photo in self.batch.photos)

    def holds(self, name: str) -> bool:
        return any(photo.name == name for photo in self.batch.photos)


@dataclass
class _Addition:
    """What a worker has `added` of these attempts in one turn. `reported`: how much of it was reported."""

    attempts: list[_Attempt]
    added: AverageSoFar = field(default_factory=AverageSoFar)
    reported: tuple[int, int] = (0, 0)


class Averaging:
    """One average of the photos of `batches`, in an `async with`.

    `skipped`: photos that were left out before; `most_bytes`: the most bytes of the sums if they keep every face;
    further photos are left out.
    """

    def __init__(
        self,
        job: Job,
        recipe: AverageRecipe,
        rules: AverageRules,
        batches: Batches,
        skipped: Iterable[Skipped],
        most_bytes: int,
        on_progress: OnProgress,
    ) -> None:
        self._job = job
        self._recipe = recipe
        self._rules = rules
        self._batches = batches
        self._most_bytes = most_bytes
        self._on_progress = on_progress
        self._grows = keeps_every_face(recipe, rules)
        self._lanes: list[asyncio.Task[None]] = []
        self._parts: dict[int, AverageSoFar] = {}
        self._in_line: deque[_Attempt] = deque()
        self._retries: deque[_Attempt] = deque()
        self._underway = 0
        self._skipped = list(skipped)
        self._fingerprints = Fingerprints()
        self._faces = 0
        self._fault: Fault | None = None
        self._make_request: MakeRequest | None = None
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

    async def result(self, make_request: MakeRequest) -> AverageResult:
        """The result of `make_request` for all photos. Raises what `total` and `Job.run` raise, and TooFewFaces."""
        if not self._grows:
            self._make_request = make_request
        await self._add_all()
        if self._result is not None:
            return self._result
        return await self._job.run(tasks.average_finish, make_request(await self._combine()))

    async def total(self) -> AverageSoFar:
        """Add all photos, or those that are ready when the job is stopped, into a sum that can be finished in one go.

        Raises Stopped if the job is stopped before any face is ready, and WorkerLost or DeadlineExceeded if that is why
        there is no face.
        """
        await self._add_all()
        return await self._combine()

    async def _combine(self) -> AverageSoFar:
        so_far, self._parts = self._sum(self._parts.values()), {}
        return await combine(self._job, so_far, self._recipe, self._rules)

    def _sum(self, parts: Iterable[AverageSoFar]) -> AverageSoFar:
        return sum(parts, AverageSoFar(skipped=tuple(self._skipped)))

    async def _add_all(self) -> None:
        """Add all photos, or those that are ready when the job is stopped. Raises what `total` raises."""
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
        """Take one turn after another, each of which adds to the lane's own sum."""
        try:
            while (attempt := await self._next()) is not None:
                if self._grows and self._size() > self._most_bytes:
                    self._leave_out(attempt, "no_room")
                    continue
                self._in_line.append(attempt)
                async with self._job.turn(stoppable=True) as turn:
                    if self._in_line:  # otherwise a lane that had a worker has taken it
                        await self._in_turn(turn, self._in_line.popleft(), number)
                if self._batches.exhausted and not self._underway:
                    for lane in self._lanes:  # some may still wait for a worker
                        if lane is not asyncio.current_task():
                            lane.cancel()
        except Stopped:
            return

    async def _next(self) -> _Attempt | None:
        if self._retries:
            attempt = self._retries.popleft()
        else:
            async with self._job.unless_stopped():
                batch = await self._batches.next()
            if batch is None:
                return None
            self._underway += 1
            attempt = _Attempt(batch)
        batch = attempt.batch
        while culprit := await self._job.blocklist.find_in(batch):
            batch = batch.leaving_out(culprit, HarmfulPhoto.code)
        if batch.skipped:
            self._skipped += batch.skipped
            self._on_progress(len(batch.skipped), 0)
        return replace(attempt, batch=replace(batch, skipped=()))

    async def _in_turn(self, turn: Turn, attempt: _Attempt, number: int) -> None:
        """Add batch after batch to one part of the sum during the turn, and finish the average if this was the last."""
        before = self._parts.get(number, AverageSoFar())
        now = _Addition([attempt])
        try:
            start = AverageStart(self._recipe, self._rules, before.sums[0].total if before.sums else None)
            await turn.run(tasks.average_open, start)
            await self._add(turn, now)
            if self._make_request is not None and self._are_last(now.attempts):
                self._finishing = True
                others = (part for lane, part in self._parts.items() if lane != number)
                so_far = self._sum((*others, replace(before + now.added, sums=())))
                self._result = await turn.run(tasks.average_end, self._make_request(so_far))
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
            self._underway -= len(now.attempts)

    async def _add(self, turn: Turn, now: _Addition) -> None:
        attempt = now.attempts[0]
        looked_at = 0
        chosen: tuple[bool, ...] = ()
        end = asyncio.get_running_loop().time() + SECONDS_HELD
        while True:
            for photo, place in zip(attempt.batch.photos, attempt.batch.places, strict=True):
                if self._job.stopped:
                    break
                found = await turn.run(tasks.average_look, AverageBatch((photo,), (place,), taken=chosen))
                chosen = self._fingerprints.new(found.faces)
                fit = found.only(chosen)
                now.added += fit
                looked_at += 1
                self._faces += len(fit.faces)
            reported, now.reported = now.reported, (looked_at, len(now.added.faces))
            self._on_progress(now.reported[0] - reported[0], now.reported[1] - reported[1])
            full = sum(one.size for one in now.attempts) > BYTES_HELD or asyncio.get_running_loop().time() > end
            if full or attempt.is_retry or turn.others_wait:
                break
            following = await self._next_if_ready()
            if following is None:
                break
            attempt = following
            now.attempts.append(attempt)
        await turn.run(tasks.average_take, chosen)

    async def _recover(self, lost: _Addition, fault: WorkerLost | DeadlineExceeded) -> None:
        log.warning("request %s: a part of its average was lost: %s", self._job.id, fault.code)
        if self._finishing and (self._job.stopped or not fault.stage):
            raise fault
        self._fingerprints.forget(lost.added.faces)
        self._faces -= len(lost.added.faces)
        self._on_progress(-lost.reported[0], -lost.reported[1])
        if self._finishing:  # no photo is to blame; `average_finish` is tried next, twice if need be
            self._finishing, self._make_request = False, None
            self._retries.extend(lost.attempts)
            return
        if fault.stage:
            blamed = next((one for one in lost.attempts if one.holds(fault.photo)), lost.attempts[-1])
            await self._job.blocklist.record(blamed.batch, fault.photo)
        for one in lost.attempts:
            await self._retry(one, fault)

    def _are_last(self, attempts: Sequence[_Attempt]) -> bool:
        """Whether all other photos were added, and there is something to finish."""
        all_others = self._batches.exhausted and self._underway == len(attempts)
        return all_others and self._faces > 0 and not self._job.stopped

    async def _retry(self, attempt: _Attempt, fault: WorkerLost | DeadlineExceeded) -> None:
        """Retry a lost batch once, and then as often as a photo that ends workers can be left out of it."""
        may_retry = not attempt.is_retry or await self._job.blocklist.find_in(attempt.batch)
        if may_retry and fault.stage and not self._job.stopped:
            self._retries.append(replace(attempt, is_retry=True))
            return
        self._fault = fault
        self._leave_out(attempt, fault.code)
        self._on_progress(len(attempt.batch.photos), 0)

    async def _next_if_ready(self) -> _Attempt | None:
        """The next batch if it is ready: a worker that others need must not wait for it."""
        if self._in_line:
            return None if self._in_line[0].is_retry else self._in_line.popleft()
        try:
            return await self._next() if self._batches.ready and not self._retries else None
        except Stopped:
            return None

    def _size(self) -> int:
        return sum(one.size for part in self._parts.values() for one in part.sums)

    def _leave_out(self, attempt: _Attempt, reason: str) -> None:
        self._underway -= 1
        for photo, place in zip(attempt.batch.photos, attempt.batch.places, strict=True):
            self._skipped.append(Skipped(photo.name, reason, place=place))


async def combine(job: Job, so_far: AverageSoFar, recipe: AverageRecipe, rules: AverageRules) -> AverageSoFar:
    """Combine kept faces so that the average can be finished in one go.

    If there are too many for that, they are combined piece by piece, by whichever workers are free, and no worker holds
    more than a piece. Raises what `Job.run` raises.
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

    async def combine_rows(lane: int, band: tuple[int, tuple[bytes, ...]]) -> None:
        number, pieces = band
        rows[number] = await job.run(tasks.average_rows, AverageRows(recipe, pieces, so_far.weights))

    if rules.one_each:  # otherwise all faces were weighed when they were added
        weights = iter(so_far.weights)
        await _each(job.at_once, ((kept, tuple(islice(weights, kept.count))) for kept in so_far.kept), weigh)
    if recipe.method != "mean":
        await _each(job.at_once, enumerate(zip(*(kept.bands for kept in so_far.kept), strict=True)), combine_rows)
    return replace(
        so_far,
        sums=tuple(AverageSum(one.total) for one in so_far.sums),
        weighed=tuple(totals.values()),
        rows=tuple(rows[number] for number in sorted(rows)),
    )


async def _each(lanes: int, pieces: Iterable[Piece], work: Callable[[int, Piece], Awaitable[None]]) -> None:
    """Do `work` for all pieces, `lanes` at a time; it is called with the number of its lane."""
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
