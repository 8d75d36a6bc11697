"""Take the pictures of the sandbox's page anew: `python -m docs.screenshots`. It needs Chromium.

Those of the newcomer's minute (`sandbox-N.jpg`), and each command's answers in each language (`replies/`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, async_playwright

from benchmarks.damage import KINDS
from core.contracts import Limits, Photo
from core.detection.centerface import network_file
from core.detection.finder import FaceFinder
from core.face import largest
from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store, default_folder
from core.photo import decode, encode

ROOT = Path(__file__).resolve().parents[1]
FACES = ROOT / "sandbox" / "faces"
IMAGES = ROOT / "docs" / "images"

Scheme = Literal["light", "dark"]
LANGUAGES: dict[str, tuple[Scheme, ...]] = {"en-US": ("light", "dark"), "ja-JP": ("light", "dark")}

ANSWERS: dict[str, tuple[str, dict[str, str]]] = {
    "similar": ("similar", {"photo1": "person_b_1.jpg", "photo2": "person_b_2.jpg"}),
    "unsure": ("similar", {"photo1": "glasses_c.png", "photo2": "glasses_f.png"}),
    "refused": ("similar", {"photo1": "small_b.png", "photo2": "person_b_2.jpg"}),
    "gradcam": ("gradcam", {"photo": "person_c_1.jpg"}),
    "lookalikes": ("lookalikes", {}),
    "average": ("average", {}),
    "about": ("about", {}),
}
"""By the name of its picture: a command, and the photos that it is asked about; none: those of the channel."""

IN_WORDS = frozenset({"refused", "about"})
"""Answers without a picture."""

SPOILED = {
    "glasses_c.png": ("person_c_1.jpg", "dark glasses", 3),
    "glasses_f.png": ("person_f_1.jpg", "dark glasses", 3),
    "small_b.png": ("person_b_1.jpg", "small", 4),
}
"""Photos that are not good enough: a sample face, and which damage of `benchmarks.damage` it has, how strongly."""


async def main(spoiled: Path) -> None:
    """`spoiled`: a folder for the photos of `SPOILED`."""
    spoil(spoiled)
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
                    await replies(page, address, spoiled, locale, scheme)
                    await page.close()
            await browser.close()
    finally:
        process.terminate()
        await process.wait()


def spoil(folder: Path) -> None:
    store = Store(default_folder())
    with FaceFinder(store.path(LANDMARKS_FILE), lambda: network_file(store)) as finder:
        for name, (sample, damage, strength) in SPOILED.items():
            photo = decode(Photo(sample, (FACES / sample).read_bytes()), Limits()).pixels
            found = finder.find(photo)
            damaged = KINDS[damage](photo, found[largest(found)], strength)
            (folder / name).write_bytes(encode(damaged, "png").data)


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
        await attach(page, option, FACES / face)
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


async def replies(page: Page, address: str, spoiled: Path, locale: str, scheme: str) -> None:
    """Each command's answers, as somebody sees it who has this language and these colours."""
    await page.goto(address)
    await page.locator("#sidebar .place", has_text="faces").click()
    for name, (command, photos) in ANSWERS.items():
        await page.locator("#composer textarea").fill(f"/{command}")
        await page.get_by_role("option").first.wait_for()
        await page.keyboard.press("Enter")
        for option, photo in photos.items():
            await attach(page, option, (spoiled if photo in SPOILED else FACES) / photo)
        before = await page.locator("#messages > li.message").last.get_attribute("data-id")
        await page.locator("form.command [type=submit]").click()
        await page.locator(f"#messages > li.message:last-of-type:not([data-id='{before}'])").wait_for()
        if name in IN_WORDS:
            await page.locator("#messages > li.message:last-of-type .text").first.wait_for()
            await page.wait_for_timeout(1500)
        else:
            await answered(page)
        message = page.locator("#messages > li.message").last
        await message.scroll_into_view_if_needed()
        path = IMAGES / "replies" / f"{name}-{locale.partition('-')[0]}-{scheme}.jpg"
        await message.screenshot(path=path, type="jpeg", quality=70)


async def attach(page: Page, option: str, photo: Path) -> None:
    more = page.locator(".more-options")
    await more.wait_for()
    if not await page.locator(f"[data-option={option}]").count():
        if await more.get_attribute("aria-expanded") != "true":
            await more.click()
        await page.locator(f"[role=option][data-key={option}]").click()
    await page.locator(f"[data-option={option}] input[type=file]").set_input_files(photo)


async def answered(page: Page) -> None:
    picture = page.locator("#messages > li.message").last.locator(".picture img").first
    await picture.wait_for(timeout=120_000)
    await picture.evaluate("image => image.decode()")
    await page.wait_for_timeout(500)


async def keep(page: Page, name: str) -> None:
    await page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=78)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
