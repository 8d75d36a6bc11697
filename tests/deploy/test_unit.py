"""The unit of systemd: systemd understands it, and it fits what the bot does."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from bot.config import Settings
from bot.requests.jobs import SECONDS_TO_REPORT

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "sokkuri.service"
MOST_EXPOSED = 20
"""Tenths; systemd calls up to 2 "OK", and a service without any restriction has 9.6."""


def settings() -> dict[str, list[str]]:
    """Every setting with its values, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE):
        found[name].append(value)
    return found


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_systemd_finds_no_mistake_in_it(tmp_path: Path) -> None:
    (program := tmp_path / "sokkuri").touch(0o755)
    text = UNIT.read_text(encoding="utf-8")
    assert text.count("/opt/sokkuri/.venv/bin/sokkuri ") == 1
    (unit := tmp_path / UNIT.name).write_text(text.replace("/opt/sokkuri/.venv/bin/sokkuri ", f"{program} "))
    done = analyze("verify", unit)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_is_restricted() -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", UNIT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_bot_has_the_time_to_finish_what_runs() -> None:
    (stop,) = settings()["TimeoutStopSec"]
    cut_off_and_menus = 2 * SECONDS_TO_REPORT
    assert int(stop) >= Settings().workers.grace_seconds + cut_off_and_menus + 5


def test_starts_in_a_day_stay_below_discords_limit() -> None:
    assert settings()["StartLimitIntervalSec"] == ["1d"]
    assert int(settings()["StartLimitBurst"][0]) < 1000


def test_the_document_installs_what_the_unit_expects() -> None:
    document = (ROOT / "docs/running.md").read_text(encoding="utf-8")
    for path in (*settings()["WorkingDirectory"], *settings()["EnvironmentFile"]):
        assert path in document
