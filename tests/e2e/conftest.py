"""A bot that the tests of a file share, since it takes longer to start than most of what is tested."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import openapi
import pytest
import pytest_asyncio
from running import Bot, running

from sandbox import Sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Callable[[], Awaitable[Bot]]]:
    """Returns the bot, started again if a test has ended it.

    One a file, not one a session: between tests of other files nobody would answer its heartbeats.
    """
    bots: list[Bot] = []
    async with Sandbox() as sandbox, AsyncExitStack() as stack:
        sandbox.add_guild("Elsewhere")
        sandbox.add_guild("Without the bot", bot=False)

        async def bot() -> Bot:
            if not bots or bots[-1].process.returncode is not None:
                folder = tmp_path_factory.mktemp("bot")
                bots.append(await stack.enter_async_context(running(sandbox, folder, WORKERS__COUNT="2")))
            return bots[-1]

        yield bot


@pytest_asyncio.fixture(loop_scope="module")
async def bot(shared_bot: Callable[[], Awaitable[Bot]], request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    """The shared bot, with two workers and without heatmaps. Its server is one of three: it is in "Elsewhere" too, and
    not in "Without the bot".

    No test may break a rule of Discord's, apart from the refusals that its file names in `REFUSALS`; and all requests
    and answers are as Discord describes them.
    """
    bot = await shared_bot()
    yield bot
    for worker in bot.workers():
        worker.resume()
    refusals = {one.why for one in bot.sandbox.refusals}
    bot.sandbox.refusals.clear()
    requests = list(bot.sandbox.requests)
    bot.sandbox.requests.clear()
    openapi.check_where_it_is(requests)
    assert refusals <= getattr(request.module, "REFUSALS", set())
