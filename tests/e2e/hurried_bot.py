"""The real bot, for whom Discord's quarter of an hour is over after a moment."""

from __future__ import annotations

import asyncio

SECONDS = 2.0


def main() -> None:
    from bot import commands
    from bot.app import run
    from bot.config import load

    commands.SECONDS = commands.LEAST_SECONDS = SECONDS  # type: ignore[assignment]
    asyncio.run(run(load()))


if __name__ == "__main__":
    main()
