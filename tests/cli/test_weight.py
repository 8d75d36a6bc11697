"""The command line is light: what a command does not need is not loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
