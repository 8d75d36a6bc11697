"""Sokkuri on the page, as people meet it: every command with real files, to the picture in the message."""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path

import pytest
from chat import WIDTHS, Chat, Open
from playwright.async_api import FileChooser, Locator, expect
from started import sokkuri

from sandbox import Sandbox
from sandbox.samples import FACES

pytestmark = pytest.mark.asyncio(loop_scope="session")

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
PEOPLE = {"english, light": {"locale": "en-US"}, "japanese, dark": {"locale": "ja-JP", "dark": True}}


def face(name: str) -> Path:
    return FACES / f"person_{name}.jpg"


@pytest.fixture(params=PEOPLE.values(), ids=PEOPLE)
def person(request: pytest.FixtureRequest) -> dict:
    return request.param


def in_their_language(person: dict, *texts: str) -> None:
    for text in texts:
        assert bool(JAPANESE.search(text)) == (person["locale"] == "ja-JP"), text


@pytest.mark.parametrize(
    ("command", "place", "files", "pictures"),
    [
        ("similar", "general", {"photo1": face("a_1"), "photo2": face("a_2")}, 1),
        ("gradcam", "general", {"photo": face("b_1")}, 1),
        ("lookalikes", "general", {"photo1": face("c_1"), "photo2": face("c_2"), "photo3": face("d_1")}, 1),
        ("average", "faces", {}, 1),
        ("about", "general", {}, 0),
    ],
)
async def test_every_command_to_its_picture(house, chat: Open, person, command, place, files, pictures) -> None:
    page = await chat(house.page, **person)
    await page.go(place)
    answer = await page.slash(command, files)
    descriptions = await page.pictures(answer, pictures)
    in_their_language(person, await answer.locator(".text").first.inner_text(), *descriptions)
    await page.fits(answer)
    assert not house.refusals


async def test_every_command_without_a_photo(house: Sandbox, chat: Open, person) -> None:
    """Each says what it lacks, in a thread where nobody has posted one."""
    page = await chat(house.page, **person)
    await house.open_thread(house.channel("general"), f"nothing-{person['locale']}")
    await page.go(f"nothing-{person['locale']}")
    for command in ("similar", "gradcam", "lookalikes", "average"):
        answer = await page.slash(command)
        text = answer.locator(".text")
        await expect(text).not_to_be_empty()
        in_their_language(person, await text.inner_text())
        await page.pictures(answer, 0)
        await page.fits(answer)
    assert not house.refusals


async def test_every_command_is_on_the_list_with_its_description(house: Sandbox, chat: Open, person) -> None:
    page = await chat(house.page, **person)
    await page.composer.fill("/")
    listed = page.page.get_by_role("option")
    registered = [one for one in house.application.commands.values() if one["type"] == 1]
    await expect(listed).to_have_count(len(registered))
    text = " ".join(await listed.all_inner_texts())
    for command in registered:
        localized = (command["description_localizations"] or {}).get("ja", "")
        assert (localized if person["locale"] == "ja-JP" else command["description"]) in text
    await page.accessible()


async def test_every_command_of_the_menus(house: Sandbox, chat: Open) -> None:
    """On a message, and on its author; where the bot has none, the menu says so."""
    page = await chat(house.page)
    await page.go("faces")
    photo = page.messages.filter(has=page.page.locator(".picture")).first
    for kind, target in ((3, photo.locator("time").first), (2, page.messages.locator("[data-user]").first)):
        names = [one["name"] for one in house.application.commands.values() if one["type"] == kind]
        await target.click(button="right")
        if not names:
            await expect(page.page.get_by_role("menuitem", name="offers no command")).to_be_visible()
            await page.page.keyboard.press("Escape")
        for name in names:
            before = await page.messages.count()
            await page.page.get_by_role("menuitem", name=name).click()
            answer = await page.answered(before)
            if kind == 2:  # about the pictures of the person and of whoever asks
                await page.pictures(answer)
                await expect(answer).to_contain_text("%")
            await target.click(button="right")
    assert not house.refusals


async def test_another_face_by_the_menu_under_the_answer(house: Sandbox, chat: Open) -> None:
    page = await chat(house.page)
    answer = await page.slash("gradcam", {"photo": FACES / "scenes" / "group.jpg"})
    picture = answer.locator(".picture img").first
    before = await picture.get_attribute("src")
    menu = answer.locator("button.select").first
    faces = page.page.get_by_role("option")
    for width in WIDTHS:
        await page.page.set_viewport_size({"width": width, "height": 844})
        await menu.click()
        await expect(faces).to_have_count(7)
        await page.fits(answer, [width])
        await page.page.keyboard.press("Escape")
    await menu.click()
    await expect(faces).to_have_count(7)
    await faces.nth(5).click()
    await expect(picture).not_to_have_attribute("src", before or "")
    await page.pictures(answer, await answer.locator(".picture img").count())
    await expect(menu).to_contain_text("6")
    assert not house.refusals


async def test_a_photo_without_a_face_is_answered_in_words(house: Sandbox, chat: Open, person) -> None:
    page = await chat(house.page, **person)
    answer = await page.slash("gradcam", {"photo": FACES / "scenes" / "landscape.jpg"})
    text = answer.locator(".text")
    await expect(text).to_contain_text("landscape.jpg")  # progress may stand there first
    in_their_language(person, await text.inner_text())
    await page.pictures(answer, 0)
    await page.fits(answer)


async def test_by_keyboard_alone(house: Sandbox, chat: Open) -> None:
    page = await chat(house.page)
    keyboard = page.page.keyboard
    choosers: asyncio.Queue[FileChooser] = asyncio.Queue()
    page.page.on("filechooser", choosers.put_nowait)  # heard from the start: the browser cancels what nobody awaits yet
    before = await page.messages.count()
    await page.page.evaluate("document.activeElement.blur()")
    await keyboard.press("Tab")  # "skip to the message box" comes first
    await keyboard.press("Enter")
    await tab_to(page.composer, within=3)
    await keyboard.type("/")
    await expect(page.page.get_by_role("option").first).to_be_visible()
    await keyboard.type("simi")
    await expect(page.page.get_by_role("option")).to_have_count(1)
    await keyboard.press("Enter")
    for already, name in enumerate(("d_1", "d_2")):  # both are optional: from a list, which is open at first
        if already:
            await tab_to(page.form.locator(".more-options"), within=2)
            await keyboard.press("Enter")
        await expect(page.page.get_by_role("option").first).to_be_visible()
        await keyboard.press("Enter")
        await expect(page.form.locator("button.file:focus")).to_have_count(1)
        await keyboard.press("Enter")
        await (await choosers.get()).set_files(face(name))
        await expect(page.form.locator(".option-field.filled")).to_have_count(already + 1)
    await expect(page.form.locator(".option-field.filled")).to_have_count(2)
    await tab_to(page.form.locator("[type=submit]"), within=5)
    await keyboard.press("Enter")
    answer = await page.answered(before)
    await page.pictures(answer)
    await keyboard.press("ArrowUp")  # from the empty box to the newest message
    await expect(page.newest).to_be_focused()
    await keyboard.press("Enter")
    await expect(page.page.get_by_role("menu")).to_be_visible()
    await keyboard.press("Escape")
    await expect(page.newest).to_be_focused()


async def test_the_first_minute_by_keyboard_alone(house: Sandbox, chat: Open) -> None:
    """From a page that was just opened, where nothing has the focus yet, to another face by the answer's menu."""
    page = await chat(house.page)
    keyboard = page.page.keyboard
    choosers: asyncio.Queue[FileChooser] = asyncio.Queue()
    page.page.on("filechooser", choosers.put_nowait)
    options = page.page.get_by_role("option")
    await expect(page.page.get_by_text("connected", exact=True)).to_be_visible()
    before = await page.messages.count()
    await keyboard.type("/")
    await expect(page.composer).to_be_focused()
    await expect(options.first).to_be_visible()
    await keyboard.press("ArrowDown")
    await expect(page.page.locator(".option.active")).to_contain_text("/gradcam")
    await keyboard.press("Enter")
    await expect(page.page.locator(".option.active")).to_contain_text("photo")
    await keyboard.press("Enter")
    await expect(page.form.locator("button.file")).to_be_focused()
    await keyboard.press("Enter")
    await (await choosers.get()).set_files(FACES / "scenes" / "group.jpg")
    await expect(page.form.locator(".option-field.filled")).to_have_count(1)
    await tab_to(page.form.locator("[type=submit]"), within=4)
    await keyboard.press("Enter")
    answer = await page.answered(before)
    picture = answer.locator(".picture img").first
    first = await picture.get_attribute("src")
    await keyboard.press("ArrowUp")
    await expect(answer).to_be_focused()
    await tab_to(answer.locator("button.select").first, within=8)
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        await keyboard.press(key)
    await expect(picture).not_to_have_attribute("src", first or "")
    await expect(answer.locator("button.select").first).to_contain_text("2")
    assert not house.refusals


async def test_a_link_to_a_message_is_copied_and_asked_about(house: Sandbox, chat: Open) -> None:
    page = await chat(house.page)
    await page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.go("faces")
    photo = page.messages.filter(has=page.page.locator(".picture")).first
    await photo.click(button="right", position={"x": 5, "y": 5})
    await page.page.get_by_role("menuitem", name="Copy Message Link").click()
    await page.begin("gradcam")
    await page.add("message")
    await page.page.keyboard.press("Control+V")
    answer = await page.sent(await page.messages.count())
    await page.pictures(answer)
    assert not house.refusals


async def tab_to(target: Locator, within: int) -> None:
    """With the Tab key alone, and no more than so many of it."""
    for _ in range(within):
        if await target.evaluate("node => node === document.activeElement"):
            break
        await target.page.keyboard.press("Tab")
    await expect(target).to_be_focused()


async def test_a_newcomers_minute(chat: Open, tmp_path: Path) -> None:
    """The program alone, without a token: the address it prints, and the first answer."""
    async with sokkuri(tmp_path, "run") as process:
        assert process.stdout
        printed = await process.stdout.readuntil(b"Ctrl-C stops it.\n")
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/\?key=\S+", printed.decode())
        page = await chat(address)
        await page.go("faces")
        await expect(page.page.get_by_text("connected", exact=True)).to_be_visible()
        answer = await page.slash("similar", {"photo1": face("a_1"), "photo2": face("f_1")})
        await expect(answer).to_contain_text("%")
        await page.pictures(answer)
        await page.page.close()


async def test_what_is_done_on_the_page_is_recorded_and_replayed(chat: Open, tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    async with sokkuri(tmp_path, "sandbox", "--record", str(file)) as process:
        assert process.stdout
        printed = (await process.stdout.readuntil(b"Ctrl-C stops it.\n")).decode()
        assert "talk.jsonl, with your photos beside it" in printed
        page = await chat(re.findall(r"http://127\.0\.0\.1:\d+/\?key=\S+", printed)[0])
        await expect(page.page.get_by_text("connected", exact=True)).to_be_visible()
        answer = await page.slash("similar", {"photo1": face("a_1"), "photo2": face("f_1")})
        await page.pictures(answer)
        said = await answer.locator(".text strong").first.inner_text()
        await page.page.close()
    assert {path.name for path in (tmp_path / "talk.files").iterdir()} == {face("a_1").name, face("f_1").name}
    async with sokkuri(tmp_path, "sandbox", "--replay", str(file), "--out", str(tmp_path / "out")) as process:
        assert process.stdout
        printed = (await process.stdout.read()).decode()
        assert await process.wait() == 0
    assert "Kei: /similar photo1:person_a_1.jpg photo2:person_f_1.jpg" in printed
    assert said in printed
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["01-similar.jpg"]


async def test_files_are_dropped_and_pasted(house: Sandbox, chat: Open) -> None:
    page = await chat(house.page)
    await page.begin("similar")
    offered = page.page.locator("[role=option][data-key^=photo]")
    await expect(offered).to_have_count(2)
    await hand_over(page, face("a_1"), "drop")
    await expect(page.page.get_by_role("listbox")).to_have_count(0)  # it would cover the photo
    await page.form.locator(".more-options").click()
    await expect(offered).to_have_text(re.compile("photo2"))
    await hand_over(page, face("b_1"), "paste")
    await expect(page.page.get_by_role("listbox")).to_have_count(0)
    await expect(page.form.locator(".option-field.filled")).to_have_count(2)
    await page.form.get_by_role("button", name="Cancel the command").click()
    before = await page.messages.count()
    await hand_over(page, face("c_1"), "drop")
    await page.composer.press("Enter")
    posted = page.messages.nth(before)
    await page.pictures(posted)
    await expect(posted).to_contain_text("Kei")


async def hand_over(page: Chat, file: Path, how: str) -> None:
    """As the mouse drops a file, or the clipboard brings it."""
    await page.page.evaluate(
        """async ([url, name, how]) => {
            const file = new File([Uint8Array.from(atob(url), one => one.charCodeAt(0))], name, { type: "image/jpeg" });
            const data = new DataTransfer();
            data.items.add(file);
            const target = document.getElementById("composer");
            const event = how === "drop"
                ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            target.dispatchEvent(event);
        }""",
        [base64.b64encode(file.read_bytes()).decode(), file.name, how],
    )
