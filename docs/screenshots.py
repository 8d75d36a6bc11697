"""Take the pictures of the sandbox's page anew: `python docs/screenshots.py`. It needs Chromium.

Those of the newcomer's minute (`sandbox-N.jpg`), and each command's answer in each language (`replies/`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).resolve().parents[1]
FACES = ROOT / "sandbox" / "faces"
IMAGES = ROOT / "docs" / "images"

Scheme = Literal["light", "dark"]
LANGUAGES: dict[str, tuple[Scheme, ...]] = {"en-US": ("light", "dark"), "ja-JP": ("light", "dark")}

ANSWERS: dict[str, dict[str, str]] = {
    "similar": {"photo1": "person_b_1.jpg", "photo2": "person_b_2.jpg"},
    "gradcam": {"photo": "person_c_1.jpg"},
    "lookalikes": {},
    "average": {},
    "about": {},
}
"""The photos that each command is asked about; none: those of the channel."""

IN_WORDS = frozenset({"about"})
"""Commands that are answered without a picture."""


async def main() -> None:
    program = Path(sys.executable).with_name("sokkuri")
    process = await asyncio.create_subprocess_exec(program, "sandbox", stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    printed = (await process.stdout.readuntil(b"Ctrl-C stops it.\n")).decode()
    address = re.findall(r"http://127\.0\.0\.1:\d+/\?key=\S+", printed)[0]
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"))
            light = await browser.new_page(viewport={"width": 1200, "height": 860}, color_scheme="light")
            await light.goto(address)  # which is good once; from then on the page has an address of its own
            address = light.url
            await minute(light, address)
            dark = await browser.new_page(viewport={"width": 1200, "height": 860}, color_scheme="dark", locale="ja-JP")
            await average(dark, address)
            for locale, schemes in LANGUAGES.items():
                for scheme in schemes:
                    page = await browser.new_page(
                        viewport={"width": 1200, "height": 1400}, color_scheme=scheme, locale=locale
                    )
                    await replies(page, address, locale, scheme)
                    await page.close()
            await browser.close()
    finally:
        process.terminate()
        await process.wait()


async def minute(page: Page, address: str) -> None:
    """Open the page, ask about two faces, read the answer."""
    await page.goto(address)
    await page.get_by_text("connected", exact=True).wait_for()
    await page.locator("#composer textarea").fill("/")
    await page.get_by_role("option").first.wait_for()
    await keep(page, "sandbox-1")
    await page.locator("#composer textarea").fill("/similar")
    await page.keyboard.press("Enter")
    for option, face in (("photo1", "person_b_1.jpg"), ("photo2", "person_b_2.jpg")):
        await attach(page, option, face)
    await page.get_by_role("tab", name="Traffic").click()
    await keep(page, "sandbox-2")
    await page.locator("form.command [type=submit]").click()
    await answered(page)
    await keep(page, "sandbox-3")


async def average(page: Page, address: str) -> None:
    """The same for somebody who reads Japanese, in the dark."""
    await page.goto(address)
    await page.locator("#sidebar .place", has_text="faces").click()
    await page.locator("#composer textarea").fill("/average")
    await page.get_by_role("option").first.wait_for()
    await page.keyboard.press("Enter")
    await page.locator("form.command [type=submit]").click()
    await answered(page)
    await keep(page, "sandbox-4")


async def replies(page: Page, address: str, locale: str, scheme: str) -> None:
    """Each command's answer, as somebody sees it who has this language and these colours."""
    await page.goto(address)
    await page.locator("#sidebar .place", has_text="faces").click()
    for command, photos in ANSWERS.items():
        await page.locator("#composer textarea").fill(f"/{command}")
        await page.get_by_role("option").first.wait_for()
        await page.keyboard.press("Enter")
        for option, face in photos.items():
            await attach(page, option, face)
        before = await page.locator("#messages > li.message").last.get_attribute("data-id")
        await page.locator("form.command [type=submit]").click()
        await page.locator(f"#messages > li.message:last-of-type:not([data-id='{before}'])").wait_for()
        if command in IN_WORDS:
            await page.locator("#messages > li.message:last-of-type .text").wait_for()
            await page.wait_for_timeout(500)
        else:
            await answered(page)
        message = page.locator("#messages > li.message").last
        await message.scroll_into_view_if_needed()
        path = IMAGES / "replies" / f"{command}-{locale.partition('-')[0]}-{scheme}.jpg"
        await message.screenshot(path=path, type="jpeg", quality=70)


async def attach(page: Page, option: str, face: str) -> None:
    more = page.locator(".more-options")
    await more.wait_for()
    if not await page.locator(f"[data-option={option}]").count():
        if await more.get_attribute("aria-expanded") != "true":
            await more.click()
        await page.locator(f"[role=option][data-key={option}]").click()
    await page.locator(f"[data-option={option}] input[type=file]").set_input_files(FACES / face)


async def answered(page: Page) -> None:
    picture = page.locator("#messages > li.message").last.locator(".picture img").first
    await picture.wait_for(timeout=120_000)
    await picture.evaluate("image => image.decode()")
    await page.wait_for_timeout(500)


async def keep(page: Page, name: str) -> None:
    await page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=78)


if __name__ == "__main__":
    asyncio.run(main())
