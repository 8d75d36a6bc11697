"""bot.memory: what is free goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest
from patience import PATIENCE

SCRIPT = """
import asyncio
from bot import memory
from psutil import Process

def held():
    return Process().memory_info().rss

async def main():
    before = held()
    blocks = [bytearray(1000) for _ in range(200_000)]
    kept = [*blocks[::1000], blocks[-1]]  # the free ones are not at the end of the heap
    del blocks
    print(held() - before)
    async with memory.giving_back(seconds=0.05), asyncio.timeout(120):
        while held() > before + 50e6:
            await asyncio.sleep(0.05)

asyncio.run(main())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is done")
def test_what_is_free_between_what_is_in_use_is_given_back_now_and_then() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.stderr == ""
    assert int(done.stdout) > 150e6
