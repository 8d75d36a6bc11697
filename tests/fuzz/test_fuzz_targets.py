"""The fuzzer's targets on what it starts from, on that with a few bytes changed, and on all that was ever found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import seeds
from fuzz.targets import TARGETS, Target

CALIBRATION = seeds.calibration()[0].decode()
THOUSANDS = "0" * 5000


def calibrated(line: str) -> bytes:
    """With another line for its key."""
    key = line.partition(" ")[0]
    lines = [line if old.startswith(f"{key} =") else old for old in CALIBRATION.splitlines()]
    return "\n".join(lines).encode()


def identify(**changes: object) -> bytes:
    return json.dumps({"op": 2, "d": {"token": "TOKEN", "intents": 1, **changes}}).encode()


def members(**asked: object) -> bytes:
    return identify() + b"\n" + json.dumps({"op": 8, "d": asked}).encode()


FOUND: dict[str, list[bytes]] = {
    "photos": [],
    "dlib": [],
    "calibration": [
        calibrated(f"threshold = 1{THOUSANDS[:400]}"),  # larger than any float
        calibrated(f"threshold = 1{THOUSANDS}"),  # more digits than Python reads
        calibrated(f"threshold = 0x1{THOUSANDS}"),  # ... and than it writes
        calibrated(f"pairs = 0x1{THOUSANDS}"),
        b"a = " + b"[" * 3000,
    ],
    "gateway": [
        b"[" * 4000,
        b'{"op": "\\ud800"}',  # no text that can be sent back
        json.dumps({"op": "long" * 500}).encode(),  # no text that fits into the reason of a close
        identify(shard="\ufffd" * 80),  # a reason that must not be cut in the middle of a letter
        *(identify(shard=shard) for shard in ("ab", 5, [1], [1, 2, 3], ["0", "1"], {"a": 1}, [None, None])),
        identify(shard=[0, 10**15]),  # counted one by one
        *(members(guild_id=guild) for guild in ("x", [1], None)),
        *(members(guild_id="1", user_ids=ids) for ids in (["x"], 5, [[1]], {"a": 1})),
    ],
}


@pytest.fixture(scope="module", params=TARGETS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def target(name: str) -> Iterator[Target]:
    with TARGETS[name]() as target:
        yield target


def test_what_was_found_stays_mended(name: str, target: Target) -> None:
    for data in FOUND[name]:
        target(data)


def test_seeds_with_a_few_bytes_changed(name: str, target: Target) -> None:
    start: Callable[[], list[bytes]] = getattr(seeds, name)
    good = start()
    for data in good:
        target(data)

    @settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        data=st.sampled_from(good),
        changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4),
        kept=st.floats(0, 1) | st.just(1.0),
    )
    def changed(data: bytes, changes: list[tuple[float, bytes]], kept: float) -> None:
        bytes_ = bytearray(data)
        for share, new in changes:
            at = int(share * max(0, len(bytes_) - len(new)))
            bytes_[at : at + len(new)] = new
        target(bytes(bytes_[: round(kept * len(bytes_))]))

    changed()
