"""Fixtures that every test may use, and how the tests are shared out among processes."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Several processes run tests, and threads of numpy's linear algebra wait for each other in busy loops.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SHARED = Path(__file__).resolve().parents[2] / "shared"
DURATIONS = Path(__file__).with_name("durations.json")
"""Seconds of the slower tests, as measured by `pytest --store-durations`; the others take `OTHERWISE`."""
OTHERWISE = 0.05
PIECE = 25.0
"""Seconds: tests of one file stay together up to here, since they share what is slow to start."""
PROCESSES = {"bot/requests", "bot/workers", "browser", "cli", "e2e", "fuzz", "setup", "sokkuri"}
"""Folders whose tests start processes."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of licensed test photos beside the checkout; only some machines have it."""
    if not (SHARED / "faces").is_dir():
        pytest.skip("the shared test data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def sample_faces() -> Path:
    """The committed faces of nobody (see sandbox/faces/README.md)."""
    return Path(__file__).parents[1] / "sandbox" / "faces"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out the tests that start processes or take long")
    parser.addoption("--store-durations", action="store_true", help="write how long tests take to tests/durations.json")


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core, since many tests wait for a bot; no more than four, which need 8 GB of memory."""
    return min(2 * (os.cpu_count() or 1), 4)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist's own reads the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Cut the files into pieces of about equal duration, the longest first, for `--dist loadgroup`."""
    durations = json.loads(DURATIONS.read_text())
    if config.option.fast:
        left_out = [item for item in items if _slow(item, durations)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if not getattr(config.option, "loadgroup", False):
        return
    pieces = sorted(_pieces(items, durations), key=lambda piece: -_seconds(piece, durations))
    for number, piece in enumerate(pieces):
        for item in piece:
            item.add_marker(pytest.mark.xdist_group(str(number)))
    items[:] = [item for piece in pieces for item in piece]


def _slow(item: pytest.Item, durations: dict[str, float]) -> bool:
    folder = item.path.parent.relative_to(Path(__file__).parent).as_posix()
    return folder in PROCESSES or durations.get(item.nodeid, OTHERWISE) >= 1


def _pieces(items: list[pytest.Item], durations: dict[str, float]) -> Iterator[list[pytest.Item]]:
    for _, tests in groupby(items, key=lambda item: item.path):
        piece: list[pytest.Item] = []
        for item in tests:
            if piece and _seconds([*piece, item], durations) > PIECE:
                yield piece
                piece = []
            piece.append(item)
        yield piece


def _seconds(items: list[pytest.Item], durations: dict[str, float]) -> float:
    return sum(durations.get(item.nodeid, OTHERWISE) for item in items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `--store-durations`: write down what took longer than others."""
    if not config.option.store_durations:
        return
    seconds: dict[str, float] = defaultdict(float)
    for report in chain(*terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            seconds[re.sub(r"@\d+$", "", report.nodeid)] += report.duration
    slow = {name: round(took, 1) for name, took in sorted(seconds.items()) if took > 10 * OTHERWISE}
    DURATIONS.write_text(json.dumps(slow, indent=0) + "\n")
