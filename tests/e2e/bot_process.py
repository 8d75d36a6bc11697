"""The real bot, and on SIGUSR1 the names of all its loaded modules, written to the file named on the command line."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from types import FrameType


def main() -> None:
    from bot.app import run
    from bot.config import load

    def dump(number: int, frame: FrameType | None) -> None:
        file = Path(sys.argv[1])
        file.with_suffix(".new").write_text("\n".join(sys.modules))
        file.with_suffix(".new").rename(file)

    signal.signal(signal.SIGUSR1, dump)
    asyncio.run(run(load(), load))


if __name__ == "__main__":
    main()
