"""An installation from a wheel has the sample faces, and offers them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FILL = """
import asyncio
from sandbox import Sandbox, samples

async def fill():
    async with Sandbox() as sandbox:
        await samples.fill(sandbox)
        places = sandbox.guild.channels.values()
        print(samples.FACES, sum(bool(message.attachments) for place in places for message in place.messages.values()))

asyncio.run(fill())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a wheel of this checkout installs."""
    pytest.importorskip("setuptools", minversion="80", reason="building a wheel takes setuptools 80 or later")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():  # not one that is removed, but not committed
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "-w", target, "."], cwd=source, check=True)
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(target)
    return target


def test_a_wheel_carries_the_sample_pictures_and_none_of_their_scripts(installed: Path) -> None:
    here, there = ROOT / "sandbox" / "faces", installed / "sandbox" / "faces"
    pictures = {file.relative_to(here) for file in here.rglob("*.jpg")}
    assert len(pictures) >= 16
    carried = {file.relative_to(there) for file in there.rglob("*") if file.is_file()}
    assert carried == pictures | {Path("README.md")}


def test_the_sandbox_of_a_wheel_has_the_sample_threads(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, pictures = done.stdout.split()
    assert Path(folder) == installed / "sandbox" / "faces"
    assert int(pictures) > 12
