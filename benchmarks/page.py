"""What the sandbox's page weighs, and how smoothly 200 messages with pictures scroll: `python -m benchmarks.page`.

Chromium without a screen draws at 60 frames a second at most. The conversation is scrolled from its end to its
beginning and back as a person does who skims it, 100 pixels a frame; a frame that takes longer than 1/60 s is one that
an eye may see.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from statistics import median

from playwright.async_api import Page, async_playwright

from benchmarks import machine
from sandbox import File, Sandbox, samples

MESSAGES = 200
ROUNDS = 2
STATIC = Path(samples.__file__).parent / "page" / "static"

SCROLL = """async () => {
    const scroller = document.getElementById("scroller");
    const long = [];
    const tasks = new PerformanceObserver(list => long.push(...list.getEntries().map(one => one.duration)));
    tasks.observe({ type: "longtask" });
    const frame = () => new Promise(requestAnimationFrame);
    const frames = [];
    let before = await frame();
    for (const by of [-100, 100]) {
        let still = 0;
        while (still < 5) {
            const at = scroller.scrollTop;
            scroller.scrollBy({ top: by, behavior: "instant" });
            const now = await frame();
            frames.push(now - before);
            before = now;
            still = scroller.scrollTop === at ? still + 1 : 0;
        }
    }
    return [frames, long];
}"""


EMPTY = """<div id="scroller" style="height: 100vh; overflow: auto; display: flex; flex-direction: column-reverse">
    <div style="flex: none; height: {height}px; background: linear-gradient(red, blue)"></div></div>"""


async def measure() -> None:
    browser_path = shutil.which("chromium")
    if browser_path is None:
        sys.exit("no Chromium here: apt-get install chromium")
    faces = [path.read_bytes() for path in sorted(samples.FACES.glob("person_*.jpg"))]
    async with Sandbox() as sandbox, async_playwright() as playwright:
        for number in range(MESSAGES):  # a byte after the end makes each a file of its own
            picture = File(f"{number}.jpg", faces[number % len(faces)] + bytes([number]), "Somebody")
            await sandbox.post(sandbox.channel("general"), content=f"number {number}", files=[picture])
        browser = await playwright.chromium.launch(executable_path=browser_path)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(sandbox.page)
        await page.locator("#messages > li.message").nth(MESSAGES - 1).wait_for()
        await page.wait_for_load_state("networkidle")
        print(f"\nThe page with {MESSAGES} messages with a picture each; beside it an empty page as long, in turns\n")
        print(f"weight without pictures: {sum(file.stat().st_size for file in STATIC.iterdir()) / 1024:.0f} KiB\n")
        print("| | frames | median, 95 %, longest, ms | late | tasks over 50 ms, longest in ms |")
        print("| --- | ---: | ---: | ---: | ---: |")
        empty = await browser.new_page(viewport={"width": 1280, "height": 800})
        height = await page.evaluate("document.getElementById('scroller').scrollHeight")
        await empty.set_content(EMPTY.format(height=height))
        for turn in ("first, pictures load on the way", *["again"] * ROUNDS):
            await scroll(page, turn)
            await scroll(empty, "empty page")
        await browser.close()


async def scroll(page: Page, name: str) -> None:
    await page.bring_to_front()
    frames, long = await page.evaluate(SCROLL)
    frames.sort()
    late = sum(frame > 1000 / 60 * 1.5 for frame in frames)
    times = f"{median(frames):.1f}, {frames[len(frames) * 95 // 100]:.1f}, {frames[-1]:.1f}"
    print(f"| {name} | {len(frames)} | {times} | {late / len(frames):.1%} | {len(long)}, {max(long, default=0):.0f} |")


if __name__ == "__main__":
    print(machine.description())
    asyncio.run(measure())
