"""Several faces in a photo, over real sockets: numbered boxes, menus for the one who asked, and who looks like whom."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from running import FACES, PATIENCE, Bot, answer, face, running

from sandbox import CannotInvoke, File, Message, Sandbox
from sandbox.state import walk_components

pytestmark = pytest.mark.asyncio(loop_scope="module")

CROWD = ("a_1", "b_1", "a_2", "c_1", "d_1", "e_1")
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


def group(names: tuple[str, ...] = CROWD, name: str = "group.jpg") -> File:
    """One photo of several, the first on the left."""
    side = 320
    canvas = Image.new("RGB", (side * len(names), side), "white")
    for place, who in enumerate(names):
        with Image.open(FACES / f"person_{who}.jpg") as one:
            canvas.paste(one.resize((side, side)), (place * side, 0))
    data = io.BytesIO()
    canvas.save(data, "JPEG", quality=92)
    return File(name, data.getvalue())


def menus(reply: Message) -> dict[str, list[dict[str, object]]]:
    """Options of each menu for faces under a reply, by the menu's id."""
    found = [one for one in walk_components(reply.components) if "-face-" in one.get("custom_id", "")]
    assert not any(menu.get("disabled") for menu in found)
    return {menu["custom_id"]: menu["options"] for menu in found}


def chosen(reply: Message) -> list[int]:
    return [
        int(str(option["value"])) for options in menus(reply).values() for option in options if option.get("default")
    ]


def percent(reply: Message) -> float:
    return float(re.search(r"\*\*([\d.]+)%", reply.text).group(1))  # type: ignore[union-attr]


@pytest.mark.parametrize("locale", ["en-US", "ja"])
async def test_everyone_in_a_group_photo_and_any_two_of_them(bot: Bot, locale: str) -> None:
    invocation = await bot.sandbox.slash("similar", {"photo1": group()}, locale=locale)
    reply = await answer(invocation)
    assert [file.filename for file in reply.files] == ["lookalikes.jpg", "faces-1.jpg"]
    for text in (reply.text, *(file.description or "" for file in reply.files)):
        assert bool(JAPANESE.search(text)) == (locale == "ja"), text
    assert sorted(chosen(reply)) == [0, 2]  # the one who is there twice
    assert percent(reply) >= 90
    first, second = menus(reply)
    assert [option["value"] for option in menus(reply)[first]] == [str(place) for place in range(6)]
    choice = await bot.sandbox.select(reply, second, ["1"], user=invocation.user, locale=locale)
    pair = await answer(choice)
    assert chosen(pair) == [0, 1]
    assert percent(pair) < 90
    assert sorted(file.filename for file in pair.files) == ["faces-1.jpg", "similar.jpg"]
    choice = await bot.sandbox.select(pair, first, ["1"], user=invocation.user, locale=locale)
    again = await answer(choice)
    assert chosen(again) == [1, 1]
    assert percent(again) == 100
    assert choice.acknowledged_after is not None
    assert choice.acknowledged_after < 3


async def test_faces_are_numbered_from_left_to_right(bot: Bot) -> None:
    invocation = await bot.sandbox.slash(
        "similar", {"photo1": group(("b_1", "c_1", "a_1")), "photo2": face("person_c_2.jpg")}
    )
    reply = await answer(invocation)
    (menu,) = menus(reply)
    alike = []
    for place in range(3):
        choice = await bot.sandbox.select(reply, menu, [str(place)], user=invocation.user)
        reply = await answer(choice)
        assert f"number {place + 1} from the left" in reply.text
        alike.append(percent(reply))
    assert max(alike) == alike[1] >= 90


async def test_two_group_photos_have_two_menus(bot: Bot) -> None:
    photos = {"photo1": group(("a_1", "b_1"), "left.jpg"), "photo2": group(("b_2", "a_2", "c_1"), "right.jpg")}
    invocation = await bot.sandbox.slash("similar", photos)
    reply = await answer(invocation)
    first, second = menus(reply)
    assert [len(options) for options in menus(reply).values()] == [2, 3]
    assert [file.filename for file in reply.files] == ["similar.jpg", "faces-1.jpg", "faces-2.jpg"]
    # two choices in a hurry: both hold in the end
    choices = [
        await bot.sandbox.select(reply, first, ["1"], user=invocation.user),
        await bot.sandbox.select(reply, second, ["0"], user=invocation.user),
    ]
    last = [await answer(choice) for choice in choices][-1]
    assert chosen(last) == [1, 0]
    assert percent(last) >= 90
    assert "left.jpg" in last.text
    assert "right.jpg" in last.text


async def test_another_face_of_a_heatmap_and_nobody_elses_click(bot: Bot) -> None:
    invocation = await bot.sandbox.slash("gradcam", {"photo": group(("a_1", "b_1"))})
    reply = await answer(invocation)
    (menu,) = menus(reply)
    stranger = bot.sandbox.person("Stranger")
    refused = await answer(await bot.sandbox.select(reply, menu, ["0"], user=stranger, locale="ja"))
    assert refused.ephemeral
    assert "本人だけ" in refused.text
    other = 1 - chosen(reply)[0]
    choice = await bot.sandbox.select(reply, menu, [str(other)], user=invocation.user)
    changed = await answer(choice)
    assert chosen(changed) == [other]
    before, after = ({file.filename: file.data for file in one.files} for one in (reply, changed))
    assert before.keys() == after.keys() == {"gradcam.jpg", "faces-1.jpg"}
    assert before["gradcam.jpg"] != after["gradcam.jpg"]
    assert before["faces-1.jpg"] == after["faces-1.jpg"]


async def test_photos_that_are_gone_are_said_to_be_and_the_answer_stays(bot: Bot) -> None:
    invocation = await bot.sandbox.slash("gradcam", {"photo": group(("a_1", "b_1"), "gone.jpg")})
    reply = await answer(invocation)
    (menu,) = menus(reply)
    bot.sandbox.cdn.fail(404, name="gone")
    choice = await bot.sandbox.select(reply, menu, [str(1 - chosen(reply)[0])], user=invocation.user)
    (told,) = await choice.followed_up(within=PATIENCE)
    assert told.ephemeral
    assert "`gone.jpg` could not be downloaded" in told.text


async def test_one_face_needs_a_second_photo(bot: Bot) -> None:
    reply = await answer(await bot.sandbox.slash("similar", {"photo1": face("person_a_1.jpg")}))
    assert "only one face in `person_a_1.jpg`" in reply.text
    assert not reply.files
    assert not reply.components


def switched_off(reply: Message) -> bool:
    return all(
        one.get("disabled")
        for one in walk_components(now(reply).components)
        if one.get("custom_id", "").startswith("use")
    )


async def test_a_menu_ends_with_its_time(tmp_path: Path) -> None:
    for seconds in (4, 16, 64):  # an answer that takes longer than its menus may last has none
        settings = {"LIMITS__MENU_SECONDS": str(seconds)}
        async with Sandbox() as sandbox, running(sandbox, tmp_path / str(seconds), **settings) as hasty:
            reply = await answer(await sandbox.slash("gradcam", {"photo": group(("a_1", "b_1"))}))
            if not menus(reply) and seconds < 64:
                continue
            (menu,) = menus(reply)
            async with asyncio.timeout(PATIENCE):
                while not switched_off(reply):
                    await asyncio.sleep(0.05)
            with pytest.raises(CannotInvoke):
                await sandbox.select(reply, menu, ["0"])
            assert await hasty.stop() == 0
            assert not sandbox.refusals
            break


async def test_a_menu_ends_with_the_bot(tmp_path: Path) -> None:
    asked = {"photo1": group(("a_1", "b_1")), "photo2": face("person_a_2.jpg")}
    async with Sandbox() as sandbox:
        async with running(sandbox, tmp_path / "killed"):
            left_behind = await answer(await sandbox.slash("similar", asked))
        async with running(sandbox, tmp_path / "stopped") as stopped:
            (menu,) = menus(left_behind)
            told = await answer(await sandbox.select(left_behind, menu, ["1"]))
            assert told.ephemeral
            assert "no longer active" in told.text
            reply = await answer(await sandbox.slash("similar", asked))
            assert menus(reply)
            assert await stopped.stop() == 0
            assert switched_off(reply)
        assert not sandbox.refusals


async def test_lookalikes_of_photos_and_of_a_thread(bot: Bot) -> None:
    sandbox = bot.sandbox
    thread = await sandbox.open_thread(sandbox.channel("general"), "family")
    for name in ("person_a_1.jpg", "person_b_1.jpg", "person_a_2.jpg"):
        await sandbox.post(thread, sandbox.person("Mio"), "", [face(name)])
    await sandbox.post(thread, sandbox.person("Mio"), "", [File("half.jpg", face("person_b_2.jpg").data[:9000])])
    reply = await answer(await sandbox.slash("lookalikes", {"thread": thread}))
    assert [file.filename for file in reply.files] == ["lookalikes.jpg"]
    best = reply.text.splitlines()[0]
    assert "`person_a_1.jpg`" in best
    assert "`person_a_2.jpg`" in best
    assert "`half.jpg`: the file is damaged" in reply.text
    photos = {f"photo{at}": face(f"person_{who}.jpg") for at, who in ((2, "c_1"), (5, "d_1"), (10, "c_2"))}
    reply = await answer(await sandbox.slash("lookalikes", photos, locale="ja"))
    best = reply.text.splitlines()[0]
    assert "`person_c_1.jpg`" in best
    assert "`person_c_2.jpg`" in best


def now(message: Message) -> Message:
    """As it stands now."""
    return message.channel.messages[message.id]
