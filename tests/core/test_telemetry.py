"""No library tells anybody what is done here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_onnx_runtime_tells_nobody(tmp_path: Path) -> None:
    """As it comes, it keeps an identifier of the machine on the disk, and tells its makers what it runs."""
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    script = "import core, onnxruntime; onnxruntime.get_available_providers(); onnxruntime.SessionOptions()"
    environment = {**os.environ, **homes, "ORT_DISABLE_TELEMETRY": "0", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)
    assert not list(tmp_path.rglob("*"))
