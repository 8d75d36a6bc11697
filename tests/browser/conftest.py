"""A real browser on the sandbox's page: Chromium as Debian has it, driven by Playwright."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from chat import Chat, Open
from patience import PATIENCE, unless_ended, until
from playwright.async_api import Browser, async_playwright, expect
from started import sokkuri

from bot.messages.progress import Progress
from sandbox import Invocation, Sandbox, samples
from sandbox.invocation import InteractionType
from sandbox.state import walk_components

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

expect.set_options(timeout=PATIENCE * 1000)  # the workers load their models first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped on a person's machine. In continuous integration they fail."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("no Chromium here, and CI is set: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, timeout=PATIENCE * 1000)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(browser: Browser) -> AsyncIterator[Open]:
    """`await chat(sandbox.page)`: a new window. `locale`, `dark`, `width`, `height`: of the person's own browser.

    What the page complains about in the browser's console fails the test.
    """
    complaints: list[str] = []
    contexts = []

    async def opened(
        address: str, *, locale: str = "en-US", dark: bool = False, width: int = 1280, height: int = 800
    ) -> Chat:
        context = await browser.new_context(
            locale=locale, color_scheme="dark" if dark else "light", viewport={"width": width, "height": height}
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(address)
        chat = Chat(page)
        await chat.ready()
        return chat

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def house(furnished: Sandbox) -> AsyncIterator[Sandbox]:
    """A sandbox with the samples, and the real bot with its real worker in it. Nothing is left running there for the
    next test to stand in line behind, or to come between its messages.
    """
    yield furnished
    commands = furnished._services.invocations.values()
    await until(lambda: all(is_over(one) for one in commands))


def is_over(invocation: Invocation) -> bool:
    """Whether it has its answer, and not only the bot's progress, which has a button that stops it."""
    if invocation.failed or invocation.type is not InteractionType.COMMAND:
        return True
    components = walk_components(invocation.answer.components) if invocation.answer else ()
    is_running = any(one.get("custom_id", "").startswith(Progress.PREFIX) for one in components)
    return invocation.answer is not None and not is_running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """One a file, not one a session: between tests of other files nobody would answer the bot's heartbeats."""
    async with Sandbox() as sandbox:
        await samples.fill(sandbox)
        settings = {
            "TOKEN": sandbox.token,
            "DISCORD__API": sandbox.api,
            "DISCORD__CDN": sandbox.cdn.root,
            "DISCORD__CDN_HOSTS": json.dumps([sandbox.cdn.host]),
            "LIMITS__COOLDOWN_REQUESTS": "0",
            "WORKERS__THREADS": "1",
        }
        async with sokkuri(tmp_path_factory.mktemp("bot"), "run", **settings) as process:
            await unless_ended(process, sandbox.wait_ready(PATIENCE))
            yield sandbox
