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
from playwright.async_api import Browser, async_playwright, expect
from started import PATIENCE, sokkuri

from sandbox import Sandbox, samples

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
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """A sandbox with the samples, and the real bot with its real workers in it."""
    async with Sandbox() as sandbox:
        await samples.fill(sandbox)
        settings = {
            "TOKEN": sandbox.token,
            "DISCORD__API": sandbox.api,
            "DISCORD__CDN": sandbox.cdn.root,
            "DISCORD__CDN_HOSTS": json.dumps([sandbox.cdn.host]),
            "LIMITS__COOLDOWN_REQUESTS": "0",
        }
        async with sokkuri(tmp_path_factory.mktemp("bot"), "run", **settings):
            await sandbox.wait_ready(PATIENCE)
            yield sandbox
