"""The real bot, whose workers come to harm on purpose.

The folder on the command line holds `plan`: how often harm is done yet, in which stage, and how. Into `stages` each
worker writes every stage that it enters.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path

from core import stages, tasks
from core.contracts import CoreSettings

FOLDER = "SOKKURI_TEST_FAULTS"

real_warm = tasks.warm


def warm(settings: CoreSettings) -> None:
    """In the worker: be ready for work, and then for harm."""
    real_warm(settings)
    stages.listen(Harm(Path(os.environ[FOLDER])))


class Harm:
    def __init__(self, folder: Path) -> None:
        self._plan, self._stages = folder / "plan", folder / "stages"

    def __call__(self, stage: str, photo: str) -> None:
        with self._stages.open("a") as out:
            out.write(f"{stage}\n")
        if not self._plan.exists():
            return
        times, planned, how = self._plan.read_text().split()
        if planned == stage and int(times) > 0:
            self._plan.write_text(f"{int(times) - 1} {planned} {how}")
            HARMS[how]()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    ctypes.string_at(0)


def fill_memory() -> None:
    held = []
    while True:
        held.append(bytearray(16 << 20))


def loop() -> None:
    """In C, as a decoder would."""
    sum(iter(int, 1))


HARMS = {"kill": kill, "crash": crash, "memory": fill_memory, "loop": loop}


def main() -> None:
    import faulty_bot  # by its name, by which workers find it too

    from bot.app import run
    from bot.config import load

    os.environ[FOLDER] = str(Path(sys.argv[1]).parent)
    tasks.warm_for_heatmaps = faulty_bot.warm
    asyncio.run(run(load()))


if __name__ == "__main__":
    main()
