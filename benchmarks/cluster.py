"""Workers in a Dask cluster beside local ones: requests a second with 1, 2 and 4 of them, and what the way there costs.

Both do the same in turns on one machine, so that a noisy one is as unkind to the one as to the other. The request is
/similar, with its explanation, on two photos of 2 megapixels.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import machine
from bot.config import DaskSection, Settings
from bot.workers import Workers
from bot.workers.cluster import ClusterWorkers
from bot.workers.engine import local
from core import tasks
from core.contracts import Photo, SimilarRequest

DEADLINE = 600.0
TURNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--requests", type=int, default=12, help="for each worker and turn (default: 12)")
    arguments = parser.parse_args()
    print(machine.description(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "benchmarks.photos", folder, "2"], check=True)
        photos = [Photo(path.name, path.read_bytes()) for path in sorted(Path(folder).iterdir())]
        request = SimilarRequest(*photos[:2])
        print(
            "\n| workers | local, requests a second | cluster | cluster / local, time |\n| ---: | ---: | ---: | ---: |"
        )
        for count in arguments.workers:
            here, there = asyncio.run(in_turns(request, count, count * arguments.requests))
            print(f"| {count} | {1 / here:.2f} | {1 / there:.2f} | {there / here:.3f} |", flush=True)


async def in_turns(request: SimilarRequest, count: int, requests: int) -> tuple[float, float]:
    """Seconds a request, with so many local workers, and with so many in a cluster."""
    with cluster(count) as address:
        settings = Settings.model_validate({"workers": {"count": count}})
        section = DaskSection(scheduler=address)
        there = ClusterWorkers(settings.core(), section, count=count, start_seconds=120)
        async with local(settings) as here, there:
            both: Sequence[Workers] = (here, there)
            for workers in both:
                await seconds(workers, request, count)  # until all have loaded their models
            taken = [[await seconds(workers, request, requests) for workers in both] for _ in range(TURNS)]
    return median(first for first, _ in taken), median(second for _, second in taken)


async def seconds(workers: Workers, request: SimilarRequest, requests: int) -> float:
    """For one of so many, with as many under way as there are workers."""
    turns = asyncio.Semaphore(workers.count)

    async def one() -> None:
        async with turns:
            await workers.submit(tasks.similar, request, DEADLINE)

    before = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(requests)))
    return (time.perf_counter() - before) / requests


@contextmanager
def cluster(count: int) -> Iterator[str]:
    """A scheduler, and so many workers of one process each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = {**os.environ, "SOKKURI_DASK__SCHEDULER": address, "SOKKURI_WORKERS__COUNT": "1"}
    environment["SOKKURI_LOG_LEVEL"] = "CRITICAL"
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [sys.executable, "-c", "from cli.main import main; main()", "worker"]
    commands = [[*scheduler, "--no-dashboard"], *[worker] * count]
    started = [subprocess.Popen(one, env=environment, stderr=subprocess.DEVNULL) for one in commands]
    try:
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
