"""What was seen, as a table, and what of it is not as it must be."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from soak.memory import Change, Measured
from soak.people import Request

ACKNOWLEDGED_WITHIN = 3.0
GROWTH = 0.05
MB = 1e6


@dataclass(frozen=True)
class Report:
    """`seconds`: how long requests came; `worker`: bytes that the longest lived held, None: none lived for long enough;
    `status`: of the bot's exit; `orphans`: processes that were left then; `refusals`: breaches of Discord's rules.
    """

    seconds: float
    seed: int
    asked: tuple[Request, ...]
    faults: Counter[str]
    before: Measured
    after: Measured
    worker: Change | None
    workers: int
    status: int
    orphans: int
    refusals: tuple[str, ...]

    @property
    def acknowledged(self) -> list[float]:
        """Seconds, in order; of those that were acknowledged at all."""
        return sorted(one.acknowledged for one in self.asked if one.acknowledged is not None)

    @property
    def late(self) -> int:
        within = sum(seconds <= ACKNOWLEDGED_WITHIN for seconds in self.acknowledged)
        return len(self.asked) - within

    @property
    def unanswered(self) -> int:
        """Neither a result nor a message, though they were acknowledged."""
        return sum(one.answer is None and one.acknowledged is not None for one in self.asked)

    @property
    def bot(self) -> Change:
        return Change(self.before.memory, self.after.memory)

    def problems(self) -> Iterator[str]:
        if self.unanswered:
            yield f"{self.unanswered} requests got neither a result nor a message"
        if self.late:
            yield f"{self.late} requests were not acknowledged within {ACKNOWLEDGED_WITHIN:g} s"
        for who, change in (("the bot", self.bot), ("a worker", self.worker)):
            if change is not None and change.growth > GROWTH:
                yield f"{who} grew by {change.growth:.1%}"
        if self.orphans:
            yield f"{self.orphans} processes were left behind"
        if self.status:
            yield f"the bot ended with exit status {self.status}"

    def table(self) -> str:
        """In Markdown."""
        rows = [*self._rows()]
        return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "requests", f"{len(self.asked):,} in {self.seconds / 60:.1f} minutes ({_counted(self._commands())})"
        yield "outcomes", _counted(Counter(one.answer or "**nothing**" for one in self.asked))
        times = self.acknowledged or [0.0]
        median, p99 = statistics.median(times), times[min(len(times) - 1, round(0.99 * len(times)))]
        yield "acknowledged after", f"median {median:.3f} s, p99 {p99:.3f} s, at most {times[-1]:.3f} s"
        yield "memory of the bot", _memory(self.bot)
        worker = "none lived for long enough to say" if self.worker is None else _memory(self.worker)
        yield "memory of the worker that lived longest", worker
        yield "open descriptors of the bot", f"{self.before.descriptors} → {self.after.descriptors}"
        yield "workers, all together", f"{self.workers}"
        yield "left after stopping", f"{self.orphans} processes; exit status {self.status}"
        yield "breaches of Discord's rules", _counted(Counter(self.refusals)) or "none"
        yield "faults", _counted(self.faults)
        yield "seed", f"{self.seed}"

    def _commands(self) -> Counter[str]:
        return Counter(one.command for one in self.asked)


def _memory(change: Change) -> str:
    return f"{change.start / MB:.1f} → {change.end / MB:.1f} MB ({change.growth:+.1%})"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counter.most_common())
