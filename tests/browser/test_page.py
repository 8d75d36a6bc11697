"""The page as such: for everybody, light, and closed to pages from elsewhere. What it draws is test_chat.py's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from aiohttp import web
from chat import Open
from patience import PATIENCE
from playwright.async_api import Browser, expect

from cli.browser import Redirect
from sandbox import File, Sandbox, samples

pytestmark = pytest.mark.asyncio(loop_scope="session")

FACE = (samples.FACES / "person_a_1.jpg").read_bytes()
STATIC = Path(samples.__file__).parent / "page" / "static"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage() -> AsyncIterator[Sandbox]:
    """The samples, and no bot."""
    async with Sandbox() as sandbox:
        await samples.fill(sandbox)
        yield sandbox


async def test_faults_of_accessibility_would_be_found(stage: Sandbox, chat: Open) -> None:
    page = await chat(stage.page)
    await page.page.evaluate("""() => {
        const [image, button] = ["img", "button"].map(name => document.createElement(name));
        image.src = "static/logo.svg";
        document.querySelector("main").append(image, button);
    }""")
    with pytest.raises(AssertionError, match=r"(?s)button-name.*image-alt"):
        await page.accessible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_no_serious_fault_of_accessibility(stage: Sandbox, chat: Open, dark: bool) -> None:
    page = await chat(stage.page, dark=dark)
    for tab in ("People", "Traffic", "Faults"):
        await page.page.get_by_role("tab", name=tab).click()
        await page.accessible()
    for thread in ("faces", "troubles"):
        await page.go(thread)
        await page.accessible()
    await page.composer.fill("/")
    await expect(page.page.get_by_text("not connected, so there are no commands")).to_be_visible()
    await page.accessible()
    narrow = await chat(stage.page, dark=dark, width=390, height=800)
    await narrow.accessible()
    background = await page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
    assert (brightness < 100) == dark


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
async def test_what_the_message_box_says_fits_a_phone(stage: Sandbox, chat: Open, locale: str) -> None:
    page = await chat(stage.page, locale=locale, width=390, height=844)
    needed, room = await page.composer.evaluate("""box => {
        const style = getComputedStyle(box);
        const pen = document.createElement("canvas").getContext("2d");
        pen.font = style.font;
        const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
        return [pen.measureText(box.placeholder).width, box.clientWidth - padding];
    }""")
    assert 100 < needed < room
    assert await page.composer.evaluate("box => box.scrollHeight <= box.clientHeight")


async def test_two_hundred_pictures_load_as_they_come_into_sight(browser, chat: Open) -> None:
    async with Sandbox() as sandbox:
        channel = sandbox.channel("general")
        for number in range(200):  # each a file of its own, so that none comes from the cache
            await sandbox.post(
                channel, content=f"number {number}", files=[File(f"{number}.jpg", FACE + bytes([number]))]
            )
        page = await chat(sandbox.page)
        await expect(page.messages).to_have_count(200)
        drawn = "image => image.complete && image.naturalWidth"
        loaded = f"[...document.querySelectorAll('.picture img')].filter({drawn}).length"
        await page.page.wait_for_function(f"{loaded} > 0")
        assert await page.page.evaluate(loaded) < 60
        for number in (0, 100, 199):
            message = page.messages.nth(number)
            await message.scroll_into_view_if_needed()
            await expect(message).to_contain_text(f"number {number}")
            await page.pictures(message)
        assert await page.page.evaluate(loaded) < 150
        await sandbox.post(channel, content="the last")
        await expect(page.newest).to_contain_text("the last")
        await page.page.close()


async def test_nothing_is_fetched_from_elsewhere_and_the_page_is_light(stage: Sandbox, chat: Open) -> None:
    page = await chat(stage.page)
    fetched = await page.page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert fetched
    assert not [one for one in fetched if not one.startswith(stage.address)]
    size = sum(file.stat().st_size for file in STATIC.iterdir())
    assert 10_000 < size < 150 * 1024
    needed = {one.rsplit("/", 1)[1] for one in fetched if "/static/" in one} | {"index.html"}
    assert {file.name for file in STATIC.iterdir()} == needed  # nothing lies there unused


async def test_a_file_leads_a_browser_to_the_page(stage: Sandbox, browser: Browser) -> None:
    """And the page stays open when it is loaded again, where the address that led there is good no more."""
    used, redirect = stage.page, Redirect(stage.page)
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    try:
        page = await context.new_page()
        await page.goto(redirect.file.as_uri())
        for _ in range(2):
            await expect(page.locator("#place h2")).to_have_text("general")
            await expect(page.locator(".picture img").first).to_have_js_property("complete", True)
            await page.reload()
        assert await context.cookies() == []
        await page.goto(used)
        await expect(page.get_by_text("This address has been used")).to_be_visible()
        await page.go_back()
        await expect(page.locator("#place h2")).to_have_text("general")
    finally:
        redirect.remove()
        await context.close()


async def test_an_address_that_leaves_the_page_leads_to_its_file_alone(stage: Sandbox, chat: Open) -> None:
    """Such as that of a saved picture, which the browser writes down."""
    page = await chat(stage.page)
    secret = urlsplit(page.page.url).path.split("/")[2]
    addresses = await page.page.evaluate("[...document.querySelectorAll('.picture img')].map(image => image.src)")
    assert addresses
    assert not [one for one in addresses if secret in one]


async def test_a_page_from_elsewhere_gets_nothing(stage: Sandbox, chat: Open) -> None:
    """Another origin on this machine, in the very browser that has the page, and with its address."""
    chat_page = await chat(stage.page)
    async with elsewhere() as address:
        page = await chat_page.page.context.new_page()
        await page.goto(address)
        found = await page.evaluate(
            """async ([address, path]) => {
                const ask = (path, more) => fetch(address + path, { credentials: "include", ...more });
                const fetched = path => ask(path).then(() => "read", () => "kept away");
                const sent = path => ask(path, { method: "POST", mode: "no-cors", body: "x" }).catch(() => 0);
                const socket = new WebSocket(address.replace("http", "ws") + path + "socket");
                const heard = new Promise(resolve => {
                    socket.onmessage = () => resolve("read");
                    socket.onclose = () => resolve("kept away");
                });
                const image = new Image();
                const drawn = new Promise(resolve => {
                    image.onload = () => resolve("read");
                    image.onerror = () => resolve("kept away");
                });
                image.src = address + path + "static/logo.svg";
                await sent(path + "uploads?name=a.jpg");
                return [await fetched(path), await fetched("/api/v10/gateway"), await heard, await drawn];
            }""",
            [stage.address, urlsplit(chat_page.page.url).path],
        )
        assert found == ["kept away"] * 4
    assert not stage._page._uploads._files


@asynccontextmanager
async def elsewhere() -> AsyncIterator[str]:
    """The address of an empty page that is not the sandbox's."""

    async def empty(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", empty)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()
