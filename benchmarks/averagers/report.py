"""What an averager says at its end, and how its scripts are called. Standard library only: it runs in any Python."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def run(average: Callable[[Path, int, Path], int]) -> None:
    """Calls `average(folder, size, out)`, which says how many faces went in, and prints one JSON object.

    `seconds` are those of the call: libraries and models are loaded before it; `cpu_seconds`, of all its threads, do
    not depend on what else the machine has to do. `peak_bytes`: most memory ever held by the process.
    """
    folder, size, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    start, cpu_start = time.perf_counter(), time.process_time()
    faces = average(folder, size, out)
    took = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu_start}
    print(json.dumps({"faces": faces, **took, "peak_bytes": peak_bytes()}))


def peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says on Linux can be the peak of the process that started this one
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
