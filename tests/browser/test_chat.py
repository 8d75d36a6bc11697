"""The page as a chat: everything that a bot may show is drawn, and everything that can be used works."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from bot_of_everything import BLUE, RED, Bot
from chat import Chat, Open
from patience import PATIENCE
from playwright.async_api import Locator, expect

from sandbox import File, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playground() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        sandbox.person("Mio")
        sandbox.person("Ren", moderator=True)
        await sandbox.post(sandbox.channel("general"), sandbox.people["Mio"], "Hello")
        bot = Bot()
        with sandbox.in_place_of_discord():
            running = asyncio.create_task(bot.start(sandbox.token))
            await sandbox.wait_ready(PATIENCE)
            yield sandbox
            await bot.close()
            await running


@pytest_asyncio.fixture(loop_scope="session")
async def page(playground: Sandbox, chat: Open) -> Chat:
    return await chat(playground.page)


# ---------------------------------------------------------------- what is drawn


async def test_a_layout_is_drawn_in_full(page: Chat) -> None:
    answer = await page.slash("layout")
    box = answer.locator(".container")
    await expect(box).to_have_css("border-left-color", "rgb(239, 125, 87)")
    await expect(box.get_by_role("heading", name="Heading")).to_be_visible()
    await expect(box.locator("strong")).to_have_text("bold")
    await expect(box.locator("li")).to_have_text(["one", "two"])
    assert await page.pictures(answer, 3) == ["The thumbnail", "The first", "The hidden"]
    await expect(box.locator(".file-card")).to_contain_text(re.compile(r"notes\.txt.*3 kB", re.S))
    cover = box.get_by_role("button", name="Spoiler")
    await cover.focus()
    await page.page.keyboard.press("Enter")
    await expect(cover).to_have_count(0)
    await page.accessible()


async def test_a_reply_shows_what_it_answers(playground: Sandbox, page: Chat) -> None:
    general, mio = playground.channel("general"), playground.people["Mio"]
    original = await playground.post(general, mio, "## Who **is** ||not|| this?")
    await playground.post(general, playground.people["Ren"], "no idea", reply_to=original)
    reply = page.messages.filter(has_text="no idea")
    await expect(reply.locator(".text")).to_have_text("no idea")
    await expect(reply.locator(".reference")).to_have_text("MMioWho is ▒▒▒ this?")
    await reply.locator("button.gist").click()
    await expect(page.page.locator(f"li[data-id='{original.id}']")).to_be_focused()
    await page.accessible()
    await playground.delete(original)
    await expect(reply.locator(".reference")).to_have_text("Original message was deleted")


async def test_what_is_passed_on_is_drawn_with_its_pictures(playground: Sandbox, page: Chat) -> None:
    general, mio = playground.channel("general"), playground.people["Mio"]
    original = await playground.post(general, mio, "look", [File("red.png", RED, "All red")])
    await playground.post(general, playground.people["Ren"], forward=original)
    message = page.messages.filter(has=page.page.locator(".forwarded"))
    box = message.locator(".forwarded")
    await expect(box.locator(".passed-on")).to_have_text("Forwarded")
    await expect(box.locator(".text")).to_have_text("look")
    assert await page.pictures(message) == ["All red"]
    await expect(box.locator(".origin")).to_contain_text("#general")
    await page.accessible()


async def test_an_embed_is_drawn_and_leads_nowhere(page: Chat) -> None:
    answer = await page.slash("embed")
    box = answer.locator(".embed")
    await expect(box).to_contain_text(re.compile("Title.*bold.*Field.*Value.*Foot", re.S))
    await expect(box).to_have_css("border-left-color", "rgb(51, 102, 255)")
    await page.pictures(answer, 1)  # the thumbnail at another address is not fetched
    assert await box.locator("a[href*='example.com']").count() == 0


async def test_a_message_changes_where_it_stands(page: Chat) -> None:
    before = await page.messages.count()
    answer = await page.slash("progress")
    await expect(answer).to_contain_text("100 %")
    assert await page.pictures(answer) == ["Red"]
    assert await page.messages.count() == before + 1


async def test_work_is_cancelled(page: Chat) -> None:
    answer = await page.slash("work")
    await answer.get_by_role("button", name="Cancel").click()
    await expect(answer.locator(".text")).to_contain_text("cancelled (edited)")
    await expect(answer.get_by_role("button", name="Cancel")).to_have_count(0)


async def test_markdown_and_nothing_but_markdown(playground: Sandbox, page: Chat) -> None:
    evil = '<img src=x onerror="document.title=1"><script>1</script>'
    text = f"{evil} ~~gone~~ `code` ||secret|| [a link](https://example.com) <@{playground.owner.id}>\n> quoted"
    await playground.post(playground.channel("general"), playground.people["Mio"], text, [File(f"{evil}.png", RED)])
    message = page.newest
    await expect(message).to_contain_text(evil)
    assert await message.locator("script, img[src='x'], a[href^='https://example']").count() == 0
    await expect(message.locator("s")).to_have_text("gone")
    await expect(message.locator("code")).to_have_text("code")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator(".mention")).to_have_text("@Kei")
    spoiler = message.get_by_role("button", name="Spoiler")
    await spoiler.focus()
    await page.page.keyboard.press("Enter")
    await expect(message.locator(".spoiler.open")).to_have_text("secret")


async def test_pictures_are_described_and_open_larger(playground: Sandbox, page: Chat) -> None:
    files = [
        File("red.png", RED, "All red"),
        File("blue.png", BLUE),
        File("data.bin", b"123"),
        File("broken.png", b"x"),
    ]
    await playground.post(playground.channel("general"), playground.people["Mio"], "Two", files)
    message = page.newest
    await expect(message.locator(".file-card")).to_have_count(2)  # what cannot be drawn is offered as a file
    await message.get_by_role("button", name="Description of the picture").click()
    await expect(page.page.locator(".alt-text:popover-open")).to_contain_text("All red")
    await page.page.keyboard.press("Escape")
    opener = message.get_by_role("button", name="Open the picture All red")
    await opener.click()
    large = page.page.get_by_role("dialog")
    await expect(large.get_by_role("img", name="All red")).to_be_visible()
    await page.page.keyboard.press("ArrowRight")
    await expect(large).to_contain_text("blue.png")
    await page.accessible()
    await page.page.keyboard.press("Escape")
    await expect(opener).to_be_focused()


# ---------------------------------------------------------------- what can be used


async def controls(page: Chat) -> Locator:
    return await page.slash("controls")


async def test_buttons(page: Chat) -> None:
    message = await controls(page)
    await message.get_by_role("button", name="Press").click()
    await expect(message).to_contain_text("Pressed by Kei")
    await expect(message.get_by_role("button", name="Off")).to_be_disabled()
    await message.get_by_role("button", name="Elsewhere").click()
    assert page.page.url.startswith("http://127.0.0.1") and len(page.page.context.pages) == 1
    await message.get_by_role("button", name="Never answers").click()
    await expect(message.get_by_text("This interaction failed")).to_be_visible()


async def test_menus(page: Chat) -> None:
    message = await controls(page)
    keyboard = page.page.keyboard
    await message.get_by_role("combobox", name="Up to two").focus()
    await keyboard.press("ArrowDown")
    await expect(page.page.get_by_role("option")).to_have_count(4)
    await page.accessible()
    for key in ("Enter", "ArrowDown", "ArrowDown", "Enter", "Escape"):
        await keyboard.press(key)
    await expect(page.newest).to_contain_text("Chosen: Choice 1, Choice 3")
    await expect(page.newest).to_contain_text("Only you can see this")
    await page.newest.get_by_role("button", name="Dismiss message").click()
    await expect(page.messages.filter(has_text="Chosen:")).to_have_count(0)
    await message.get_by_role("combobox", name="Somebody").click()
    await keyboard.type("mi")
    await keyboard.press("Enter")
    await expect(page.newest).to_contain_text("Somebody: Mio")
    await message.get_by_role("combobox", name="A place").click()
    await page.page.get_by_role("option", name="#general").click()
    await expect(page.newest).to_contain_text("A place: general")


async def test_a_form(page: Chat) -> None:
    message = await controls(page)
    for answer in ("Cancel", "Submit"):
        await message.get_by_role("button", name="Form").click()
        form = page.page.get_by_role("dialog", name="Tell us")
        await expect(form.get_by_label("Name")).to_be_focused()
        await page.accessible()
        await page.page.keyboard.type("Bob")
        await form.get_by_label("Why").fill("two\nlines")
        await form.get_by_role("button", name=answer, exact=True).click()
        await expect(form).to_have_count(0)
    await expect(page.newest).to_contain_text("Thanks Bob: two")


async def test_commands_of_the_menus_by_mouse_and_by_keyboard(page: Chat) -> None:
    keyboard = page.page.keyboard
    message = page.messages.filter(has_text="Hello").first
    await message.click(button="right")
    await page.page.get_by_role("menuitem", name="Count files").click()
    await expect(page.newest).to_contain_text("0 files")
    await expect(page.newest.locator(".reference")).to_have_text(re.compile("Kei used Count files"))
    await message.focus()
    await keyboard.press("Enter")
    await expect(page.page.get_by_role("menuitem", name="Count files")).to_be_focused()
    await page.accessible()
    await keyboard.press("Enter")
    await expect(page.newest).to_contain_text("0 files")
    await message.get_by_role("button", name="Actions for Mio", exact=True).click()
    await page.page.get_by_role("menuitem", name="Greet").click()
    await expect(page.newest).to_contain_text("Hello Mio")
    await page.page.locator("#panel").get_by_role("button", name="Ren").click()
    await page.page.get_by_role("menuitem", name="Greet").click()
    await expect(page.newest).to_contain_text("Hello Ren")


async def test_every_kind_of_option_by_keyboard(page: Chat) -> None:
    keyboard = page.page.keyboard
    await page.begin("options")
    await keyboard.type("words")
    await keyboard.press("Tab")
    await keyboard.type("gre")
    await keyboard.press("Tab")
    await keyboard.type("11")
    await keyboard.press("Enter")
    await expect(page.form.get_by_role("alert")).to_have_text("number: From 1 to 10.")
    await page.accessible()
    await keyboard.press("Backspace")
    for name, typed in (("flag", "tr"), ("who", "mio"), ("where", "gen"), ("fruit", "ban")):
        await page.add(name)
        await keyboard.type(typed)
        await expect(page.page.get_by_role("option")).to_have_count(1)
        await keyboard.press("Enter")
    answer = await page.sent(await page.messages.count())
    await expect(answer).to_contain_text("words green 1 True Mio general banana")


async def test_a_command_that_is_not_answered(page: Chat) -> None:
    before = await page.messages.count()
    await page.begin("silence")
    await page.form.get_by_role("button").last.click()
    await expect(page.newest).to_contain_text("The application did not respond")
    await page.newest.get_by_role("button", name="Dismiss message").click()
    await expect(page.messages).to_have_count(before)


async def test_a_command_can_be_given_up(page: Chat) -> None:
    await page.begin("options")
    await page.page.keyboard.press("Escape")
    await expect(page.composer).to_be_focused()
    await expect(page.form).to_have_count(0)


async def test_a_message_with_a_file_by_mouse_alone(page: Chat, tmp_path: Path) -> None:
    before = await page.messages.count()
    await page.composer.fill("look")
    await page.page.locator("#composer > input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": RED} for name in ("one.png", "two.png")]
    )
    await page.page.get_by_role("button", name="Remove one.png").click()
    await page.page.get_by_role("button", name="Send").click()
    posted = page.messages.nth(before)
    await expect(posted).to_contain_text("look")
    await page.pictures(posted, 1)
    await expect(page.composer).to_have_value("")
    big = tmp_path / "big.png"
    with big.open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    await page.page.locator("#composer > input[type=file]").set_input_files([big])
    await expect(page.page.get_by_text("big.png is too large")).to_be_visible()


async def test_a_thread_is_opened(page: Chat) -> None:
    await page.page.get_by_role("button", name="New thread").click()
    await expect(page.page.get_by_label("Name of the thread")).to_be_focused()
    await page.page.keyboard.type("our own")
    await page.page.keyboard.press("Enter")
    await expect(page.page.locator("#place h2")).to_have_text("our own")
    await expect(await page.slash("secret")).to_contain_text("psst")


# ---------------------------------------------------------------- around it


async def test_who_somebody_is_and_how_it_looks(playground: Sandbox, page: Chat) -> None:
    you = page.page.locator("#sidebar .you")
    await you.click()
    await page.page.get_by_role("radio", name="Mio").click()
    await page.page.get_by_label("Language", exact=True).select_option("ja")
    await page.page.get_by_role("radio", name="ダーク").click()
    await page.accessible()
    await page.page.keyboard.press("Escape")
    await expect(you).to_contain_text(re.compile("Mio.*日本語", re.S))
    await playground.post(playground.channel("general"), playground.person("Ren"), "…")  # else it has no name above it
    await expect(page.newest).to_contain_text("…")
    await page.composer.fill("こんにちは")
    await page.composer.press("Enter")
    await expect(page.newest).to_contain_text(re.compile("Mio.*こんにちは", re.S))
    await expect(page.page.locator("body")).to_have_css("color", "rgb(230, 234, 239)")
    await page.page.reload()
    await expect(page.composer).to_have_attribute("placeholder", re.compile("メッセージ"))
    await expect(page.page.locator("html")).to_have_attribute("lang", "ja")
    await expect(page.page.locator("body")).to_have_css("color", "rgb(230, 234, 239)")


async def test_two_changes_faster_than_the_server_are_both_kept(page: Chat) -> None:
    you = page.page.locator("#sidebar .you")
    await you.click()
    await page.page.evaluate(  # in one go: nothing that the server says can come between
        """() => {
            const labels = [...document.querySelectorAll("dialog label.radio")];
            labels.find((one) => one.textContent.includes("Mio")).click();
            const language = document.querySelector("dialog select");
            language.value = "ja";
            language.dispatchEvent(new Event("change"));
        }"""
    )
    await page.page.keyboard.press("Escape")
    await expect(you).to_contain_text(re.compile("Mio.*日本語", re.S))


async def test_the_curious_see_what_passes(page: Chat) -> None:
    panel = page.page.locator("#panel")
    await panel.get_by_role("tab", name="Traffic").click()
    await panel.get_by_role("button", name="Clear").click()
    await page.slash("secret")
    await expect(panel.get_by_text("secret: acknowledged")).to_be_visible()
    event = panel.get_by_text("INTERACTION_CREATE")
    await event.click()
    await expect(panel.locator("pre").first).to_contain_text('"name": "secret"')
    await page.accessible()


async def test_what_goes_wrong_on_purpose(playground: Sandbox, page: Chat) -> None:
    panel = page.page.locator("#panel")
    await panel.get_by_role("tab", name="Faults").click()
    await page.accessible()
    switch = panel.get_by_role("switch", name="Server errors")
    await switch.check()
    before = await page.messages.count()
    await page.begin("secret")
    await page.form.get_by_role("button").last.click()
    await expect(page.messages.nth(before)).to_contain_text("The application did not respond")
    await switch.uncheck()
    await expect(switch).not_to_be_checked()
    await panel.get_by_role("button", name="Drop the gateway").click()
    await panel.get_by_role("tab", name="Traffic").click()
    await expect(panel.get_by_text("RESUMED")).to_be_visible()
    await expect(await page.slash("secret")).to_contain_text("psst")


async def test_a_narrow_window_has_room_for_all(playground: Sandbox, chat: Open) -> None:
    page = await chat(playground.page, width=400, height=760)
    await page.slash("layout")
    await controls(page)
    assert await page.page.evaluate("document.documentElement.scrollWidth") == 400
    await page.begin("options")
    form, listed, latest = page.form, page.page.get_by_role("listbox"), page.page.locator(".latest")
    await page.add("flag")
    assert await edge(listed, "bottom") <= await edge(form, "top")  # so that one sees of what the list is
    await page.page.keyboard.press("Escape")
    await page.messages.first.scroll_into_view_if_needed()
    await expect(latest).to_be_visible()
    assert await edge(latest, "bottom") <= await edge(form, "top")
    await form.get_by_role("button", name="Cancel the command").click()
    panel = page.page.locator("#panel")
    for width, opens in ((1000, True), (400, False)):
        await page.page.set_viewport_size({"width": width, "height": 760})
        await expect(panel).to_be_visible(visible=opens)
    await page.page.get_by_role("button", name="Show channels").click()
    await page.page.locator("#sidebar").get_by_role("button", name="Sokkuri").click()  # the direct conversation
    await expect(page.page.locator("#sidebar")).to_be_hidden()
    await expect(page.page.locator("#place h2")).to_have_text("Sokkuri")
    await expect(await page.slash("secret")).to_contain_text("psst")


async def edge(node: Locator, side: str) -> float:
    return float(await node.evaluate("(node, side) => node.getBoundingClientRect()[side]", side))
