"""What a worker has loaded when it is warm, and what it does without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

UNWANTED = {"matplotlib", "scipy", "torchvision", "pytorch_grad_cam", "timm"}


@pytest.mark.parametrize(("warm", "loaded"), [("warm", set()), ("warm_for_heatmaps", {"torch", "torchvision"})])
def test_a_warm_worker_needs_no_further_import(warm: str, loaded: set[str], sample_faces: Path) -> None:
    """For a request of the most usual kinds: all that is loaded by then stays all."""
    code = f"""
import sys
from pathlib import Path
from core import tasks
from core.contracts import CoreSettings, GradcamRequest, Photo, SimilarRequest

def heavy():
    return {{name.partition(".")[0] for name in sys.modules}} & {UNWANTED | {"torch"}!r}

settings = CoreSettings()
tasks.{warm}(settings)
before = heavy()
folder = Path({str(sample_faces)!r})
photos = [Photo(name, (folder / name).read_bytes()) for name in ("person_a_1.jpg", "person_b_1.jpg")]
tasks.similar(settings, SimilarRequest(*photos))
tasks.gradcam(settings, GradcamRequest(photos[0], method="layercam" if "torch" in before else "occlusion"))
print(sorted(before), sorted(heavy()))
tasks.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{sorted(loaded)} {sorted(loaded)}"


@pytest.mark.parametrize("threads", [1, 2])
def test_linear_algebra_has_no_more_threads_than_a_worker_may_use(threads: int) -> None:
    code = f"""
from threadpoolctl import threadpool_info
from core import tasks
from core.contracts import CoreSettings

tasks.warm(CoreSettings(threads={threads}))
print([pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"])
tasks.close()
"""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found
    assert max(found) <= threads
