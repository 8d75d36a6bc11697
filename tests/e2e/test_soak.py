"""`make soak`, short: each fault at least once. Speed and growth tell nothing here; the long run is for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sandbox import Message, Sandbox
from soak.memory import Look, RequestState, at_work
from soak.outcomes import outcome
from soak.people import Request
from soak.report import Report
from soak.run import Plan, soak


async def test_nothing_is_lost_and_nothing_is_left_while_everything_goes_wrong(tmp_path: Path) -> None:
    report = await soak(Plan(seconds=8, seed=1, people=2, many=6, rest=0.2), tmp_path)
    assert report.unanswered == 0
    assert (report.status, report.orphans) == (0, 0)
    assert len(report.faults) == 19
    kinds = Counter(one.answer for one in report.asked)
    assert {"picture", "no-face", "not-a-picture", "no-photos", "about"} <= set(kinds)
    assert len(report.looks) == 4
    assert all(look.bot > 10e6 and look.descriptors > 5 for look in report.looks)
    assert report.most >= report.looks[0].bot
    assert "| seed | 1 |" in report.table()


def looks(*held: int, workers: Sequence[Mapping[int, int]] = ()) -> tuple[Look, ...]:
    """At the bot, a minute between them."""
    return tuple(
        Look(60.0 * number, memory, workers[number] if workers else {}, 10) for number, memory in enumerate(held)
    )


def report(asked: tuple[Request, ...] = (), **changes: object) -> Report:
    fine: dict[str, object] = {
        "seconds": 60.0,
        "seed": 1,
        "asked": (Request("/similar", 0.1, "picture"), *asked),
        "faults": Counter(),
        "looks": looks(100, 104),
        "working": RequestState((100, 104)),
        "most": 110,
        "workers": 2,
        "status": 0,
        "orphans": 0,
        "refusals": (),
    }
    return Report(**(fine | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        (report(), []),
        (report((Request("/similar", 2.9, None),)), ["1 requests got neither a result nor a message"]),
        (report((Request("/similar", 3.1, "picture"),)), ["1 requests were not acknowledged within 3 s"]),
        (report((Request("/similar", None, None),)), ["1 requests were not acknowledged within 3 s"]),
        (report(looks=looks(100, 106)), ["the bot grew by 6.0%"]),
        (report(looks=looks(100, 106, 104)), ["the bot grew by 6.0%"]),
        (report(looks=looks(100, 90)), []),
        (report(looks=looks(100, 100, workers=[{7: 100}, {7: 106}])), ["a worker grew by 6.0%"]),
        (report(looks=looks(100, 100, workers=[{7: 106, 8: 100}, {7: 106, 9: 200}])), []),
        (report(working=RequestState((100, 106))), ["a worker at work grew by 6.0%"]),
        (report(working=None), []),
        (report(orphans=1), ["1 processes were left behind"]),
        (report(status=1), ["the bot ended with exit status 1"]),
    ],
)
def test_what_must_not_be_is_told(seen: Report, problem: list[str]) -> None:
    assert [*seen.problems()] == problem


def test_how_fast_the_bot_grows_is_told_from_its_last_looks() -> None:
    table = report(looks=looks(80_000_000, 90_000_000, 95_000_000, 92_000_000)).table()
    assert "| memory of the bot at rest | 80.0 → 90.0 → 95.0 → 92.0 MB (+18.8%); at work at most 0.0 MB |" in table
    assert "| and in the second half | +60.0 MB an hour |" in table


def test_a_worker_at_work_is_compared_with_itself_from_when_it_is_warm() -> None:
    """Every fourth second it is between two photos."""

    def life(seconds: int, grows: int) -> list[tuple[float, int]]:
        return [(age, (500 if age % 4 else 300) + age * grows) for age in range(seconds)]

    assert at_work(life(600, grows=0)) == RequestState((300, 300))
    assert at_work(life(600, grows=1)) == RequestState((420, 840))
    assert at_work(life(299, grows=1)) is None
    assert at_work([]) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("`a.jpg` is damaged or cut short. Please send it again, or save it again first.", "broken-picture"),
        (
            "`a.jpg` は壊れているか、途中で切れています。もう一度送るか、保存し直してから送ってください。",
            "broken-picture",
        ),
        ("I am being restarted. Please try again in a minute.", "stopping"),
        ("Something that it never says", "other words"),
    ],
)
async def test_outcomes_are_called_by_the_names_of_the_bots_own_words(content: str, kind: str) -> None:
    async with Sandbox() as sandbox:
        message: Message = await sandbox.post(sandbox.channel("general"), content=content)
    assert outcome(message) == kind
