"""Sokkuri as a program of its own, as people start it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PATIENCE = 60.0
PROGRAM = Path(sys.executable).with_name("sokkuri")


@asynccontextmanager
async def sokkuri(folder: Path, *arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program itself, with these settings and no others; told to stop at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
    environment = kept | {"PYTHONUNBUFFERED": "1"} | {f"SOKKURI_{name}": value for name, value in settings.items()}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PROGRAM, *arguments, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()
