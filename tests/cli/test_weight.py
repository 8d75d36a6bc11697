"""The command line is light: what a command does not need is not loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

FACES = Path(__file__).parents[2] / "sandbox" / "faces"

HEAVY = ["numpy", "cv2", "PIL", "torch", "onnxruntime", "mediapipe", "scipy", "timm", "pytorch_grad_cam"]


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("import cli.main", ["discord", "pydantic", "aiohttp"]),
        ("from cli.main import main\nmain(['--help'], standalone_mode=False)", ["discord", "pydantic", "aiohttp"]),
        ("from cli.main import main\nmain(['models', 'list'], standalone_mode=False)", ["discord"]),
        ("import cli.main, cli.words, bot.config, bot.app, core.tasks", []),
    ],
)
def test_nothing_heavy_is_loaded(code: str, more: list[str]) -> None:
    look = f"{code}\nimport sys\nprint(sorted({set(HEAVY + more)!r} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


Told = dict[str, str | int]

PHOTOS = ("person_a_2.jpg", "scenes/landscape.jpg")
OPTIONS: tuple[list[str], ...] = ([], ["--json"])


@pytest.fixture(scope="module")
def told() -> Mapping[str, Told]:
    """What `similar` says of each photo with each of the options, by both, all of it in one process without discord."""
    asked = {
        f"{photo} {options}": ["similar", str(FACES / "person_a_1.jpg"), str(FACES / photo), *options]
        for photo in PHOTOS
        for options in OPTIONS
    }
    code = f"""
import contextlib, io, json, sys
from cli.main import main
told = {{}}
for name, arguments in {asked!r}.items():
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            main(arguments)
        except SystemExit as done:
            status = done.code
    told[name] = dict(status=status, out=out.getvalue(), errors=errors.getvalue(), discord="discord" in sys.modules)
print(json.dumps(told))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("photo", PHOTOS)
@pytest.mark.parametrize("options", OPTIONS)
def test_an_answer_and_an_error_are_put_into_words_without_discord(
    told: Mapping[str, Told], photo: str, options: list[str]
) -> None:
    one = told[f"{photo} {options}"]
    assert one["status"] == (3 if "landscape" in photo else 0), one["errors"]
    assert not one["discord"]
    assert "landscape" not in photo or "landscape.jpg" in str(one["errors"])
