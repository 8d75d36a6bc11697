"""Opening an address that holds a secret in the person's browser, with nobody else on the machine reading it."""

from __future__ import annotations

import html
import shutil
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path

REDIRECT = """\
<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>Sokkuri sandbox</title>
<p><a href="{address}">Open the sandbox</a></p>
"""

SNAPS = Path("/snap/bin")


def has_desktop(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser would open where the person sits: not in continuous integration, nor over SSH."""
    if environment.get("CI") or environment.get("SSH_CONNECTION"):
        return False
    return platform in ("darwin", "win32") or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


class Redirect:
    """A page in a file of the person's own that leads to `address`.

    Everybody on the machine may read a browser's command line. It shows only the file's name.
    """

    def __init__(self, address: str) -> None:
        # A browser from a snap sees neither /tmp nor hidden folders.
        parent = Path.home() if SNAPS.is_dir() else None
        self._folder = Path(tempfile.mkdtemp(prefix="sokkuri-", dir=parent))  # of mode 0700
        self.file = self._folder / "open.html"
        self.file.touch(mode=0o600, exist_ok=False)
        self.file.write_text(REDIRECT.format(address=html.escape(address)), encoding="utf-8")

    def open(self) -> None:
        webbrowser.open(self.file.as_uri())

    def remove(self) -> None:
        """Remove the file, after use and at the end."""
        shutil.rmtree(self._folder, ignore_errors=True)
