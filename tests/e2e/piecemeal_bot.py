"""The real bot, whose workers combine the faces of an average piece by piece, however few these are."""

from __future__ import annotations

import asyncio


def main() -> None:
    from bot.app import run
    from bot.config import load
    from bot.requests import scatter

    scatter.BYTES_AT_ONCE = 0
    asyncio.run(run(load()))


if __name__ == "__main__":
    main()
