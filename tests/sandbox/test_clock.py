"""The sandbox's own time, which a test moves on in place of waiting."""

from __future__ import annotations

import asyncio

from sandbox.clock import Clock


async def turns() -> None:
    """Lets the event loop call everything that is due."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_waits_for_a_time_is_called_as_soon_as_the_clock_is_there() -> None:
    clock, called = Clock(), []
    for hours in (3, 1, 2):
        clock.call_later(hours * 3600, lambda hours=hours: called.append(hours))  # type: ignore[misc]
    await turns()
    assert called == []
    clock.advance(1800)
    await turns()
    assert called == []
    clock.advance(2 * 3600)
    await turns()
    assert called == [1, 2]
    clock.advance(3600)
    await turns()
    assert called == [1, 2, 3]


async def test_nothing_is_called_after_the_end() -> None:
    clock, called = Clock(), []
    clock.call_later(1, lambda: called.append(1))
    clock.close()
    clock.advance(2)
    await turns()
    assert called == []
