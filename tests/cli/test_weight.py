"""The command line is light: what a command does not need is not loaded."""

from __future__ import annotations

import subprocess
import sys
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


@pytest.mark.parametrize("photo", ["person_a_2.jpg", "scenes/landscape.jpg"])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_answer_and_an_error_are_put_into_words_without_discord(photo: str, options: list[str]) -> None:
    asked = ["similar", str(FACES / "person_a_1.jpg"), str(FACES / photo), *options]
    code = f"""
import sys
from cli.main import main
try:
    main({asked!r})
finally:
    print("discord:", "discord" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == (3 if "landscape" in photo else 0), done.stderr
    assert done.stdout.endswith("discord: False\n")
    assert "landscape" not in photo or "landscape.jpg" in done.stderr
