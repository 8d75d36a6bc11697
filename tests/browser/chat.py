"""The page as a person uses it: what is typed, pressed and read, by the names that everybody sees or hears."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import axe_playwright_python
from playwright.async_api import Locator, Page, expect

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

WIDTHS = (390, 768, 1440)
"""A phone, a tablet, a desktop: pixels of the window."""

CUT_OFF = """message => {
    const faults = [];
    const page = document.scrollingElement;
    if (page.scrollWidth > innerWidth) faults.push(`the page is ${page.scrollWidth} px wide`);
    for (const root of [message, ...document.querySelectorAll(".popup, .menu")]) {
        for (const node of [root, ...root.querySelectorAll("*:not(.hidden-text)")]) {
            const { left, right, width } = node.getBoundingClientRect();
            let room = [0, innerWidth];
            for (let box = node.parentElement; box; box = box.parentElement) {
                const outer = box.getBoundingClientRect();
                if (getComputedStyle(box).overflowX === "visible") continue;
                room = [Math.max(room[0], outer.left), Math.min(room[1], outer.right)];
            }
            if (width && (left < room[0] - 1 || right > room[1] + 1))
                faults.push(`${node.localName}.${node.className} from ${left} to ${right}, visible from ${room}`);
        }
    }
    for (const badge of message.querySelectorAll(".picture.alone .alt-badge")) {
        const image = badge.closest(".picture").querySelector("img");
        if (badge.getBoundingClientRect().top < image.getBoundingClientRect().bottom)
            faults.push("a badge covers a picture");
    }
    return faults;
}"""

Files = Mapping[str, Path]
Open = Callable[..., Awaitable["Chat"]]
"""Of the fixture `chat`: the page at an address."""


class Chat:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.messages = page.locator("#messages > li.message")
        self.newest = self.messages.last
        self.composer = page.locator("#composer textarea")
        self.form = page.locator("#composer form.command")

    async def ready(self) -> None:
        """The conversation is there."""
        await expect(self.page.locator("#place h2")).to_be_visible()

    async def go(self, place: str) -> None:
        await self.page.locator("#sidebar .place", has_text=re.compile(f"^{re.escape(place)}")).click()
        await expect(self.page.locator("#place h2")).to_have_text(place)

    # ------------------------------------------------------------ commands

    async def begin(self, command: str) -> None:
        """Pick a command from the list that "/" opens."""
        await self.composer.fill(f"/{command}")
        await expect(self.page.get_by_role("option").first).to_be_visible()
        await self.composer.press("Enter")
        await expect(self.form).to_be_visible()

    async def attach(self, option: str, file: Path) -> None:
        """Choose a file for an option of the command at hand; one that need not be given is asked for first."""
        field = self.form.locator(f"[data-option='{option}']")
        if not await field.count():
            await self.add(option)
        await field.locator("input[type=file]").set_input_files(file)

    async def add(self, option: str) -> None:
        more = self.form.locator(".more-options")
        if await more.get_attribute("aria-expanded") != "true":
            await more.click()
        await self.page.locator(f"[role=option][data-key='{option}']").click()

    async def slash(self, command: str, files: Files | None = None) -> Locator:
        """Send a command with these files; its answer, once the bot thinks no more."""
        await self.begin(command)
        for option, file in (files or {}).items():
            await self.attach(option, file)
        return await self.sent(await self.messages.count())

    async def sent(self, before: int) -> Locator:
        await self.form.get_by_role("button").last.press("Enter")
        await expect(self.form).to_have_count(0)
        return await self.answered(before)

    async def answered(self, before: int) -> Locator:
        answer = self.messages.nth(before)
        await expect(answer).to_be_visible()
        await expect(answer.locator(".thinking")).to_have_count(0)
        return answer

    # ------------------------------------------------------------ what is seen

    async def pictures(self, message: Locator, count: int = 1) -> Sequence[str]:
        """The descriptions of the pictures in a message, each of them really drawn."""
        images = message.locator(".picture img")
        await expect(images).to_have_count(count)
        for image in await images.all():
            await image.scroll_into_view_if_needed()
            await expect(image).to_have_js_property("complete", True)
            assert await image.evaluate("image => image.naturalWidth") > 0
        return [await image.get_attribute("alt") or "" for image in await images.all()]

    async def fits(self, message: Locator, widths: Sequence[int] = WIDTHS) -> None:
        """At each width of the window nothing is wider, and nothing of `message` or of an open list is cut off."""
        before = self.page.viewport_size
        assert before
        for width in widths:
            await self.page.set_viewport_size({"width": width, "height": 844})
            await message.scroll_into_view_if_needed()
            assert await message.evaluate(CUT_OFF) == [], width
        await self.page.set_viewport_size(before)

    async def accessible(self) -> None:
        """axe finds no serious fault in what is on the screen now."""
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = await self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        serious = [
            f"{fault['id']}: {fault['help']}: {node['target']} {node['failureSummary']}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
        assert not serious, "\n".join(serious)
