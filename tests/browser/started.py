"""Sokkuri as a program of its own, as people start it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from patience import PATIENCE

ONE_LIGHT_WORKER = {"WORKERS__COUNT": "1", "WORKERS__HEATMAPS": "false"}
"""One worker, which loads torch for the first heatmap that needs it: no test here does."""

PROGRAM = Path(sys.executable).with_name("sokkuri")


@asynccontextmanager
async def sokkuri(folder: Path, *arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program itself, with these settings and one light worker; told to stop at the end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")}
    named = {f"SOKKURI_{name}": value for name, value in {**ONE_LIGHT_WORKER, **settings}.items()}
    environment = {**kept, "PYTHONUNBUFFERED": "1", **named}
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
