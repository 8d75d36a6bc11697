"""What was seen, as a table, and what of it is not as it must be."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from soak.memory import Look, RequestState, of_worker
from soak.people import Request

ACKNOWLEDGED_WITHIN = 3.0
GROWTH = 0.05
MB = 1e6


@dataclass(frozen=True)
class Report:
    """`seconds`: how long requests came; `looks`: at the bot at rest, two or more; `working`: bytes that the longest
    lived worker held at work, None: none lived for long enough; `most`: that the bot ever held; `status`: of the bot's
    exit; `orphans`: processes that were left then; `refusals`: breaches of Discord's rules.
    """

    seconds: float
    seed: int
    asked: tuple[Request, ...]
    faults: Counter[str]
    looks: tuple[Look, ...]
    working: RequestState | None
    most: int
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
    def bot(self) -> RequestState:
        return RequestState(tuple(look.bot for look in self.looks))

    @property
    def worker(self) -> RequestState | None:
        """At rest."""
        return of_worker(self.looks)

    def problems(self) -> Iterator[str]:
        if self.unanswered:
            yield f"{self.unanswered} requests got neither a result nor a message"
        if self.late:
            yield f"{self.late} requests were not acknowledged within {ACKNOWLEDGED_WITHIN:g} s"
        for who, course in (("the bot", self.bot), ("a worker", self.worker), ("a worker at work", self.working)):
            if course is not None and course.growth > GROWTH:
                yield f"{who} grew by {course.growth:.1%}"
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
        yield "memory of the bot at rest", f"{_memory(self.bot)}; at work at most {self.most / MB:.1f} MB"
        yield "and in the second half", f"{self._slope():+.1f} MB an hour"
        yield "memory of the worker that grew most, at rest", _memory(self.worker)
        yield "memory of the worker that lived longest, at work, the least of a minute", _memory(self.working)
        yield "open descriptors of the bot at rest", " → ".join(f"{look.descriptors}" for look in self.looks)
        yield "workers, all together", f"{self.workers}"
        yield "left after stopping", f"{self.orphans} processes; exit status {self.status}"
        yield "breaches of Discord's rules", _counted(Counter(self.refusals)) or "none"
        yield "faults", _counted(self.faults)
        yield "seed", f"{self.seed}"

    def _slope(self) -> float:
        """MB an hour that the bot at rest grew by over the last three looks."""
        first, *_, last = self.looks[-3:]
        return (last.bot - first.bot) / MB / (last.seconds - first.seconds) * 3600

    def _commands(self) -> Counter[str]:
        return Counter(one.command for one in self.asked)


def _memory(course: RequestState | None) -> str:
    if course is None:
        return "none lived for long enough to say"
    return f"{' → '.join(f'{held / MB:.1f}' for held in course.held)} MB ({course.growth:+.1%})"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counter.most_common())
