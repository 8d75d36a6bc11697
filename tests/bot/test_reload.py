"""bot.reload: what may change in a running bot, and what happens when somebody makes a mistake."""

from __future__ import annotations

import logging
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE

from bot import reload
from bot.config import Settings, load
from bot.errors import ConfigError

SCRIPT = """
import asyncio
from words import locales
from bot import reload
from bot.config import Settings

async def main():
    async def renewed():
        print("renewed", flush=True)
    settings = Settings()
    async with reload.on_hangup(settings, locales.load(), lambda: settings, renewed):
        print("ready", flush=True)
        await asyncio.sleep(120)

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOKKURI_TOKEN", "SOKKURI_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_limits_are_taken_over_and_the_rest_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = Settings()
    languages, limits = reload.locales_of(settings), settings.limits
    file = tmp_path / "config.toml"
    file.write_text('[limits]\nwaiting = 3\nfile_bytes = 77\n[workers]\ncount = 5\n[discord]\ntoken = "s3cret"\n')
    assert reload.apply(settings, languages, lambda: load(file))
    assert settings.limits is limits
    assert (limits.waiting, limits.file_bytes, settings.workers.count) == (3, Settings().limits.file_bytes, 2)
    taken, left = (record.getMessage() for record in caplog.records)
    assert taken.endswith("changed: limits.waiting")
    assert left.endswith("discord.token, limits.file_bytes, workers.count")
    assert "s3cret" not in caplog.text
    caplog.clear()
    file.write_text("")
    assert reload.apply(settings, languages, lambda: load(file))
    assert limits == Settings().limits


@pytest.mark.parametrize("text", ["[limits]\nwaiting = 'many'\n", "[limits]\nwaitin = 3\n", "[limits\n"])
def test_a_mistake_changes_nothing(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings()
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert not reload.apply(settings, reload.locales_of(settings), lambda: load(file))
    assert settings == Settings()
    (record,) = caplog.records
    assert "nothing changes" in record.getMessage()
    assert str(file) in record.getMessage()


def test_words_are_read_anew_and_broken_ones_are_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(locales_folder=str(tmp_path))
    languages = reload.locales_of(settings)
    (tmp_path / "ja.ftl").write_text("stop = やめる\n", encoding="utf-8")
    assert reload.apply(settings, languages, lambda: settings)
    assert languages.of("ja").text("stop") == "やめる"
    (tmp_path / "ja.ftl").write_bytes(b"\xff\xff")
    assert not reload.apply(settings, languages, lambda: settings)
    assert languages.of("ja").text("stop") == "やめる"
    assert "ja.ftl" in caplog.text
    with pytest.raises(ConfigError, match="locales_folder"):
        reload.locales_of(Settings(locales_folder=str(tmp_path / "nowhere")))


def started(stdin: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=stdin, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_signal_from_somebody_is_no_closed_terminal() -> None:
    master, slave = pty.openpty()
    with started(slave) as process:
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        assert process.stdout.readline() == "renewed\n"
        os.close(slave)
        os.close(master)
        process.send_signal(signal.SIGHUP)
        assert process.wait(PATIENCE) == -signal.SIGTERM
