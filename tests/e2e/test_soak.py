"""`make soak`, short: each fault at least once. Speed and growth tell nothing here; the long run is for them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.sandbox import Message, Sandbox
from soak.memory import Change, Measured
from soak.outcomes import outcome
from soak.people import Request
from soak.report import Report
from soak.run import Plan, soak


async def test_nothing_is_lost_and_nothing_is_left_while_everything_goes_wrong(tmp_path: Path) -> None:
    report = await soak(Plan(seconds=8, seed=1, people=2, many=6), tmp_path)
    assert report.unanswered == 0
    assert (report.status, report.orphans) == (0, 0)
    assert len(report.faults) == 19
    kinds = Counter(one.answer for one in report.asked)
    assert {"picture", "no-face", "not-a-picture", "no-photos", "about"} <= set(kinds)
    assert report.before.memory > 10e6
    assert report.before.descriptors > 5
    assert "| seed | 1 |" in report.table()


def report(asked: tuple[Request, ...] = (), **changes: object) -> Report:
    fine: dict[str, object] = {
        "seconds": 60.0,
        "seed": 1,
        "asked": (Request("/similar", 0.1, "picture"), *asked),
        "faults": Counter(),
        "before": Measured(100, 10),
        "after": Measured(104, 10),
        "worker": Change(100, 104),
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
        (report(after=Measured(106, 10)), ["the bot grew by 6.0%"]),
        (report(worker=Change(100, 106)), ["a worker grew by 6.0%"]),
        (report(worker=None), []),
        (report(orphans=1), ["1 processes were left behind"]),
        (report(status=1), ["the bot ended with exit status 1"]),
    ],
)
def test_what_must_not_be_is_told(seen: Report, problem: list[str]) -> None:
    assert [*seen.problems()] == problem


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("`a.jpg` is damaged or cut short. Please send it again, or save it anew first.", "broken-picture"),
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
