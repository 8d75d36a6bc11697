"""The two files for Compose: what they ask for, what they name, and whether Compose takes them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ALONE, CLUSTER = ROOT / "compose.yaml", ROOT / "deploy" / "cluster" / "compose.yaml"
NEEDED = {ALONE: {"SOKKURI_TOKEN"}, CLUSTER: {"SOKKURI_TOKEN", "GRAFANA_PASSWORD"}}
FILES = pytest.mark.parametrize("file", NEEDED, ids=lambda file: file.parent.name)


def services(file: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    return found


def compose() -> list[str]:
    """Compose of either generation. Skips the test where there is none."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:  # noqa: PLW1510
            return command
    pytest.skip("Docker Compose is not installed")


def config(file: Path, names: set[str], folder: Path) -> subprocess.CompletedProcess[str]:
    (nothing := folder / "env").touch()  # in place of an `.env` of this checkout
    own = {name: value for name, value in os.environ.items() if name not in NEEDED[CLUSTER]}
    command = [*compose(), "--env-file", str(nothing), "-f", str(file), "config", "--quiet"]
    given = dict.fromkeys(names, "something")
    return subprocess.run(command, cwd=file.parent, env=own | given, capture_output=True, text=True, check=False)


@FILES
def test_compose_takes_it_and_wants_nothing_but_what_it_says(file: Path, tmp_path: Path) -> None:
    done = config(file, NEEDED[file], tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    for name in NEEDED[file]:
        without = config(file, NEEDED[file] - {name}, tmp_path)
        assert without.returncode != 0
        assert name in without.stderr
    assert set(re.findall(r"\$\{(\w+)", file.read_text(encoding="utf-8"))) == NEEDED[file]


def test_the_one_beside_the_readme_is_the_bot_alone() -> None:
    assert set(services(ALONE)) == {"bot"}


@FILES
def test_what_is_ours_has_no_rights_and_few_threads(file: Path) -> None:
    ours = [service for service in services(file).values() if service["image"] == "sokkuri"]
    assert ours
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["pids_limit"] == 256
        assert "privileged" not in service


@FILES
def test_every_file_that_it_names_is_there(file: Path) -> None:
    for service in services(file).values():
        if "build" in service:
            assert (file.parent / service["build"] / "Dockerfile").is_file()
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (file.parent / source).exists(), source
