"""Answers over real sockets: their layout, every button, and what they are where something is in the way."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from running import PATIENCE, Bot, answer, face, running

from sandbox import Channel, Conditions, File, Invocation, Message, MessageFlag, Sandbox
from sandbox.state import Json, User, walk_components

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANGUAGES = ("en-US", "ja")
TEXT, GALLERY, CONTAINER = 10, 12, 17
PAIR = ("person_a_1.jpg", "person_b_1.jpg")
PHOTOS = {f"photo{number}": face(name) for number, name in enumerate(PAIR, start=1)}


@pytest_asyncio.fixture(loop_scope="module")
async def thread(bot: Bot) -> Channel:
    return await thread_of(bot, "faces", ["a_1", "b_1", "c_1"])


async def thread_of(bot: Bot, name: str, faces: list[str], prefix: str = "") -> Channel:
    thread = await bot.sandbox.open_thread(bot.sandbox.channel("general"), name)
    for who in faces:
        photo = face(f"person_{who}.jpg")
        await bot.sandbox.post(thread, bot.sandbox.person("Mio"), "", [File(prefix + photo.name, photo.data)])
    return thread


def parts(reply: Message, kind: int) -> list[Json]:
    return [one for one in walk_components(reply.components) if one["type"] == kind]


def pressable(reply: Message) -> dict[str, str]:
    """The buttons and menus that can be used: their ids by what they are for."""
    found = [one["custom_id"] for one in walk_components(reply.components) if one.get("custom_id")]
    return {"delete" if one.startswith("delete") else one.split("-", 2)[2]: one for one in found}


async def press(bot: Bot, reply: Message, what: str, user: User, **options: Any) -> Invocation:
    return await bot.sandbox.click(reply, pressable(reply)[what], user=user, **options)


def now(message: Message) -> Message:
    return message.channel.messages[message.id]


async def gone(bot: Bot, message: Message) -> None:
    async with asyncio.timeout(PATIENCE):
        while message.id in message.channel.messages:
            await asyncio.sleep(0.02)


# ---------------------------------------------------------------- as they look


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_an_answer_is_a_layout(bot: Bot, locale: str) -> None:
    reply = await answer(await bot.sandbox.slash("similar", PHOTOS, locale=locale))
    assert MessageFlag.COMPONENTS_V2 in reply.flags
    assert not reply.content
    (container,) = reply.components
    assert container["type"] == CONTAINER
    assert container["accent_color"]
    headline, body, small = (one["content"] for one in parts(reply, TEXT))
    assert re.match(r"### .*\*\*[\d.]+%\*\*", headline)
    assert all(line.startswith("-# ") for line in small.splitlines())
    assert "sface" in small
    assert "sface" not in headline + body
    (gallery,) = parts(reply, GALLERY)
    (item,) = gallery["items"]
    assert item["media"]["url"] == "attachment://similar.jpg"
    assert not item["spoiler"]
    assert item["description"] == reply.files[0].description


async def test_an_answer_fits_a_message_whatever_it_holds(bot: Bot) -> None:
    thread = await thread_of(bot, "many", [])
    for number in range(20):
        await bot.sandbox.post(thread, bot.sandbox.person("Mio"), "", [File(f"{number}{'名' * 90}.jpg", b"none")])
    for who in ("a_1", "a_2"):
        await bot.sandbox.post(thread, bot.sandbox.person("Mio"), "", [face(f"person_{who}.jpg")])
    reply = await answer(await bot.sandbox.slash("lookalikes", {"thread": thread}))
    assert len(reply.text) <= 4000
    assert "and 8 more" in reply.text


# ---------------------------------------------------------------- buttons


async def test_swapped_and_back_in_place(bot: Bot) -> None:
    invocation = await bot.sandbox.slash("similar", PHOTOS)
    reply = await answer(invocation)
    swapped = await answer(await press(bot, reply, "swap", invocation.user))
    assert swapped.id == reply.id
    orders = [[one.files[0].description.index(name) for name in PAIR] for one in (reply, swapped)]  # type: ignore[union-attr]
    assert orders[0] == sorted(orders[0])
    assert orders[1] == sorted(orders[1], reverse=True)
    assert reply.text.splitlines()[0] == swapped.text.splitlines()[0], "no less alike"
    # twice in a hurry is as it was
    clicks = [await press(bot, swapped, "swap", invocation.user) for _ in range(2)]
    last = [await answer(click) for click in clicks][-1]
    assert last.files[0].data == swapped.files[0].data


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_heatmaps_of_both_and_another_method(bot: Bot, locale: str) -> None:
    invocation = await bot.sandbox.slash("similar", PHOTOS, locale=locale)
    reply = await answer(invocation)
    for side, name in zip(("left", "right"), PAIR, strict=True):
        heatmap = await answer(await press(bot, reply, f"heatmap-{side}", invocation.user, locale=locale))
        assert heatmap.id != reply.id
        assert [file.filename for file in heatmap.files] == ["gradcam.jpg"]
        assert name in (heatmap.files[0].description or "")
    assert now(reply) == reply, "it stays as it was"
    click = await bot.sandbox.select(
        heatmap, pressable(heatmap)["method"], ["eigencam"], user=invocation.user, locale=locale
    )
    other = await answer(click)
    assert other.id == heatmap.id
    assert "Eigen-CAM" in other.text
    assert other.files[0].data != heatmap.files[0].data
    assert click.acknowledged_after is not None
    assert click.acknowledged_after < 3


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_an_average_by_another_method_and_without_texture(bot: Bot, thread: Channel, locale: str) -> None:
    invocation = await bot.sandbox.slash("average", {"thread": thread}, locale=locale)
    reply = await answer(invocation)
    smooth = await answer(await press(bot, reply, "no-texture", invocation.user, locale=locale))
    assert ("質感なし" if locale == "ja" else "no texture") in smooth.text
    median = await answer(await press(bot, smooth, "median", invocation.user, locale=locale))
    assert ("中央値" if locale == "ja" else "Median") in median.text
    assert ("質感なし" if locale == "ja" else "no texture") in median.text
    assert len({one.id for one in (reply, smooth, median)}) == 3
    assert len({one.files[0].data for one in (reply, smooth, median)}) == 3
    assert {"mean", "texture"} < pressable(median).keys()


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_nobody_elses_clicks(bot: Bot, locale: str) -> None:
    invocation = await bot.sandbox.slash("similar", PHOTOS)
    reply = await answer(invocation)
    stranger = bot.sandbox.person("Stranger")
    for what in pressable(reply):
        refused = await answer(await press(bot, reply, what, stranger, locale=locale))
        assert refused.ephemeral
        assert ("本人" if locale == "ja" else "person who asked") in refused.text
    assert now(reply) == reply


async def test_a_photo_that_is_gone_is_told_where_the_further_answer_would_stand(bot: Bot) -> None:
    photos = {"photo1": File("first.jpg", face("person_a_1.jpg").data), "photo2": face("person_b_1.jpg")}
    invocation = await bot.sandbox.slash("similar", photos)
    reply = await answer(invocation)
    bot.sandbox.cdn.fail(404, name="first")
    told = await answer(await press(bot, reply, "heatmap-left", invocation.user))
    assert "`first.jpg` could not be downloaded" in told.text
    assert now(reply) == reply


# ---------------------------------------------------------------- deleting


async def test_deleted_by_the_one_who_asked_or_a_moderator(bot: Bot) -> None:
    for user in ("requester", "moderator"):
        invocation = await bot.sandbox.slash("similar", PHOTOS)
        reply = await answer(invocation)
        person = invocation.user if user == "requester" else bot.sandbox.person("Moderator", moderator=True)
        await press(bot, reply, "delete", person)
        await gone(bot, reply)


async def test_deleted_while_it_is_made_anew(bot: Bot) -> None:
    invocation = await bot.sandbox.slash("similar", PHOTOS)
    reply = await answer(invocation)
    frozen = bot.freeze()
    try:
        await press(bot, reply, "swap", invocation.user)
        await bot.work_begins(1, 1)
        await press(bot, reply, "delete", invocation.user)
        await gone(bot, reply)
    finally:
        for worker in frozen:
            worker.resume()
    await bot.work_begins(0, 0)
    assert not bot.sandbox.refusals, "nobody tried to edit it"


async def test_an_answer_is_deleted_when_its_time_is_over_and_after_a_restart(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        async with running(sandbox, tmp_path / "first", LIMITS__MENU_SECONDS="1") as hasty:
            invocation = await sandbox.slash("similar", PHOTOS)
            reply = await answer(invocation)
            other = await answer(await sandbox.slash("similar", PHOTOS))
            for one in (reply, other):
                async with asyncio.timeout(PATIENCE):
                    while not all(button.get("disabled") for button in buttons(one)):
                        await asyncio.sleep(0.05)
            await press(hasty, now(reply), "delete", invocation.user)
            await gone(hasty, reply)
        async with running(sandbox, tmp_path / "second") as second:
            refused = await answer(await press(second, now(other), "delete", sandbox.person("Stranger")))
            assert refused.ephemeral
            await press(second, now(other), "delete", invocation.user)
            await gone(second, other)
        assert not sandbox.refusals


def buttons(reply: Message) -> list[Json]:
    """As they are now, all but the one that deletes."""
    return [one for one in walk_components(now(reply).components) if one.get("custom_id", "").startswith("use")]


# ---------------------------------------------------------------- what is in the way


async def test_a_private_answer_is_private_with_all_that_follows(bot: Bot) -> None:
    invocation = await bot.sandbox.slash("similar", {**PHOTOS, "private": True})
    reply = await answer(invocation)
    assert reply.ephemeral
    assert reply.id not in reply.channel.messages
    heatmap = await answer(await press(bot, reply, "heatmap-left", invocation.user))
    assert heatmap.ephemeral
    swapped = await answer(await press(bot, reply, "swap", invocation.user))
    assert swapped.ephemeral
    click = await press(bot, swapped, "delete", invocation.user)
    async with asyncio.timeout(PATIENCE):
        while not click.deleted:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("command", ["gradcam", "lookalikes", "average"])
async def test_every_command_can_be_private(bot: Bot, thread: Channel, command: str) -> None:
    options: dict[str, Any] = {"photo": face("person_a_1.jpg")} if command == "gradcam" else {"thread": thread}
    reply = await answer(await bot.sandbox.slash(command, {**options, "private": True}))
    assert reply.ephemeral
    assert reply.files


async def test_spoilers_stay_covered(bot: Bot) -> None:
    covered = {"photo1": File("SPOILER_first.jpg", face("person_a_1.jpg").data), "photo2": face("person_b_1.jpg")}
    thread = await thread_of(bot, "covered", ["a_1", "b_1"], "SPOILER_")
    asked = [("similar", covered), ("average", {"thread": thread}), ("lookalikes", covered)]
    for command, options in asked:
        invocation = await bot.sandbox.slash(command, options)
        reply = await answer(invocation)
        assert all(item["spoiler"] for gallery in parts(reply, GALLERY) for item in gallery["items"]), command
        assert all(file.filename.startswith("SPOILER_") for file in reply.files), command
        if command == "similar":
            heatmap = await answer(await press(bot, reply, "heatmap-left", invocation.user))
            assert heatmap.files[0].filename == "SPOILER_gradcam.jpg"


async def test_pictures_are_made_as_small_as_they_have_to_be(bot: Bot, thread: Channel) -> None:
    for command, options, limit in (("similar", PHOTOS, 30_000), ("average", {"thread": thread}, 20_000)):
        reply = await answer(await bot.sandbox.slash(command, options, attachment_size_limit=limit))
        (file,) = reply.files
        assert limit / 3 < file.size <= limit
        with Image.open(io.BytesIO(file.data)) as picture:
            picture.load()
            assert max(picture.size) >= 300
    reply = await answer(await bot.sandbox.slash("similar", PHOTOS, attachment_size_limit=500))
    assert not reply.files
    assert "so it is left out" in reply.text


async def test_an_animation_is_made_smaller(bot: Bot, thread: Channel) -> None:
    other = await thread_of(bot, "others", ["d_1", "e_1"])
    options = {"thread": thread, "mix_with": other, "morph": True, "size": 512}
    whole = {file.filename: file for file in (await answer(await bot.sandbox.slash("average", options))).files}
    limit = whole["morph.webp"].size // 3
    asked = bot.sandbox.slash("average", options, attachment_size_limit=limit)
    light = {file.filename: file for file in (await answer(await asked)).files}
    assert light.keys() == whole.keys()
    assert all(file.size <= limit for file in light.values())
    with Image.open(io.BytesIO(light["morph.webp"].data)) as animation:
        assert getattr(animation, "n_frames", 1) > 3


async def test_a_layout_that_is_refused_becomes_text_and_files(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, running(sandbox, tmp_path) as bot:
        await sandbox.set_conditions(Conditions(layouts_refused=True))
        invocation = await sandbox.slash("similar", PHOTOS)
        reply = await answer(invocation)
        assert MessageFlag.COMPONENTS_V2 not in reply.flags
        assert re.match(r"\*\*[\d.]+%", reply.content)
        assert "\n-# At 90% or more" in reply.content
        assert [file.filename for file in reply.attachments] == ["similar.jpg"]
        assert reply.attachments[0].description
        assert pressable(reply).keys() == {"swap", "heatmap-left", "heatmap-right", "delete"}
        swapped = await answer(await press(bot, reply, "swap", invocation.user))
        assert swapped.attachments[0].data != reply.attachments[0].data
        # taken again: from then on it is a layout
        await sandbox.set_conditions(Conditions())
        back = await answer(await press(bot, swapped, "swap", invocation.user))
        assert MessageFlag.COMPONENTS_V2 in back.flags
        assert not back.content
        assert {refusal.code for refusal in sandbox.refusals} == {50035}
        assert await bot.stop() == 0
