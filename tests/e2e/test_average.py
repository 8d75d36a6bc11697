"""/average over real sockets: who is in and who is not, mixtures, progress, and what becomes of it when stopped."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from pathlib import Path

import discord
import numpy as np
import pytest
from PIL import Image, ImageFilter
from running import FACES, PATIENCE, SHORT, Bot, answer, crowd, face, running

from sandbox import Channel, File, Invocation, Message, Sandbox
from sandbox.state import Overwrite, walk_components

pytestmark = pytest.mark.asyncio(loop_scope="module")

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
LANGUAGES = ("en-US", "ja")
SHARED = Path(__file__).resolve().parents[3] / "shared"
GOOD = ("person_a_1.jpg", "person_b_1.jpg", "person_c_1.jpg")


@pytest.fixture
def shared_faces() -> Path | None:
    """The licensed portraits, on a machine that has them."""
    folder = SHARED / "faces"
    return folder if folder.is_dir() else None


async def thread_of(sandbox: Sandbox, *files: File, name: str = "faces") -> Channel:
    """A thread in which somebody posted these, one by one."""
    thread = await sandbox.open_thread(sandbox.channel("general"), name)
    for file in files:
        await sandbox.post(thread, sandbox.person("Mio"), "", [file])
    return thread


def image(name: str) -> Image.Image:
    with Image.open(FACES / name) as opened:
        return opened.convert("RGB")


def saved(picture: Image.Image, name: str, quality: int = 90) -> File:
    data = io.BytesIO()
    picture.save(data, "PNG" if name.endswith("png") else "JPEG", quality=quality)
    return File(name, data.getvalue())


def pasted(*pasted: tuple[Image.Image, tuple[int, int]], size: tuple[int, int] = (640, 480)) -> Image.Image:
    canvas = Image.new("RGB", size, "lightgrey")
    for picture, where in pasted:
        canvas.paste(picture, where)
    return canvas


def check_picture(reply: Message, locale: str) -> Image.Image:
    """A picture, in this person's language, for those who cannot see it too."""
    for text in (reply.text, *(file.description or "" for file in reply.files)):
        assert bool(JAPANESE.search(text)) == (locale == "ja"), text
        assert len(text) <= 1024 or text is reply.text
    picture = Image.open(io.BytesIO(reply.files[0].data))
    picture.load()
    assert min(picture.size) >= 400
    return picture


def reasons(reply: Message) -> dict[str, str]:
    """Of each file that was left out."""
    return dict(re.findall(r"^- `(.+?)`[^:：]*[:：] ?(.+)$", reply.text, re.MULTILINE))


# ---------------------------------------------------------------- who is in


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_a_thread_with_every_trouble_at_once(bot: Bot, shared_faces: Path | None, locale: str) -> None:
    """The average of the good ones, and each of the others by its name, with its reason."""
    one, other = image("person_d_1.jpg"), image("person_e_2.jpg")
    trouble = {
        "note.txt": (File("note.txt", b"not a picture"), "not an image", "画像ではありません"),
        "letter.jpg": (File("letter.jpg", b"not a picture either"), "not an image", "画像ではありません"),
        "half.jpg": (File("half.jpg", face("person_b_2.jpg").data[:9000]), "damaged", "壊れて"),
        "wall.png": (saved(pasted(), "wall.png"), "no face", "見つかりません"),
        "tiny.jpg": (saved(pasted((one.resize((120, 120)), (300, 200))), "tiny.jpg"), "too small", "小さ"),
        "fog.jpg": (saved(one.filter(ImageFilter.GaussianBlur(6)), "fog.jpg"), "blurry", "ぼやけ"),
        "again.jpg": (saved(image(GOOD[0]).resize((400, 400)), "again.jpg", 60), "already", "すでに"),
        "expired.jpg": (face("person_f_1.jpg"), "expired", "期限"),
        "private.jpg": (face("person_f_2.jpg"), "no access", "権限"),
    }
    if shared_faces is not None:
        side = shared_faces / "london/001/neutral_left_profile.jpg"
        trouble["side.jpg"] = (File("side.jpg", side.read_bytes()), "turned", "向き")
        quarter = shared_faces / "london/002/neutral_left_3quarter.jpg"
        if quarter.exists():
            trouble["quarter.jpg"] = (File("quarter.jpg", quarter.read_bytes()), "turned", "向き")
    group = saved(pasted((one, (0, 0)), (other.resize((300, 300)), (540, 100)), size=(860, 512)), "group.jpg")
    files = [File(name, file.data) for name, (file, _, _) in trouble.items()]
    good = [face(name) for name in GOOD]
    thread = await thread_of(bot.sandbox, *files[:5], *good, group, *files[5:])
    bot.sandbox.cdn.fail(404, times=2, name="expired.jpg")  # and again with the address that it has by then
    bot.sandbox.cdn.fail(403, times=2, name="private.jpg")
    reply = await answer(await bot.sandbox.slash("average", {"thread": thread}, locale=locale))
    check_picture(reply, locale)
    assert re.search(r"\*\*4\D", reply.text)
    assert thread.mention in reply.text
    told = reasons(reply)
    # of one picture posted twice either may be the one that is in
    first = {"again.jpg", GOOD[0]} & set(told)
    assert len(first) == 1
    assert set(told) - first == set(trouble) - {"again.jpg"}
    for name, (_, english, japanese) in trouble.items():
        assert (japanese if locale == "ja" else english) in told.get(name, told[first.copy().pop()])


async def test_every_face_and_each_person_once(bot: Bot) -> None:
    side = 320
    two = pasted(
        (image("person_a_2.jpg").resize((side, side)), (0, 0)),
        (image("person_b_1.jpg").resize((side, side)), (side, 0)),
        (image("person_c_1.jpg").resize((90, 90)), (2 * side, 100)),
        size=(2 * side + 100, side),
    )
    thread = await thread_of(bot.sandbox, face("person_a_1.jpg"), saved(two, "group.png"))
    options = {"thread": thread, "faces": "every-face", "one_each": True}
    reply = await answer(await bot.sandbox.slash("average", options))
    assert "**3 faces** in 2 photos" in reply.text
    assert "2 people" in reply.text
    assert "`group.png`, face 3 from the left: the face is too small" in reply.text
    reply = await answer(await bot.sandbox.slash("average", {"thread": thread}))
    assert "**2 faces** in 2 photos" in reply.text
    assert "people" not in reply.text


async def test_the_newest_here_without_the_bots_own_pictures(bot: Bot) -> None:
    here = await bot.sandbox.open_channel("meet")
    for name in GOOD:
        await bot.sandbox.post(here, files=[face(name)])
    downloads = bot.sandbox.cdn.downloads
    for _ in range(2):
        before = len(downloads)
        reply = await answer(await bot.sandbox.slash("average", {"limit": 2}, channel=here))
        assert "**2 faces**" in reply.text
        assert sorted(downloads[before:]) == ["person_b_1.jpg", "person_c_1.jpg"]


async def test_an_archived_thread_from_another_channel(bot: Bot) -> None:
    elsewhere = await bot.sandbox.open_channel("elsewhere")
    old = await bot.sandbox.open_thread(elsewhere, "old")
    await bot.sandbox.post(old, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    await bot.sandbox.archive(old)
    reply = await answer(await bot.sandbox.slash("average", {"thread": old}))
    assert "**2 faces**" in reply.text


@pytest.mark.parametrize(("locale", "says"), [("en-US", "nothing was ready by then"), ("ja", "15分以内")])
async def test_whose_time_is_over_before_anything_is_ready(tmp_path: Path, locale: str, says: str) -> None:
    async with Sandbox() as sandbox, running(sandbox, tmp_path, program="hurried_bot.py") as bot:
        await bot.healthy()
        thread = await thread_of(sandbox, *map(face, GOOD))
        bot.freeze()
        reply = await answer(await sandbox.slash("average", {"thread": thread}, locale=locale))
        assert reply.ephemeral
        assert says in reply.text
        await bot.log_shows("outcome=out_of_time")


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_with_all_options(bot: Bot, locale: str) -> None:
    thread = await thread_of(bot.sandbox, *map(face, GOOD))
    options = {
        "thread": thread,
        "method": "median",
        "shape": "align",
        "size": 512,
        "texture": False,
        "symmetric": True,
        "match_colour": True,
    }
    reply = await answer(await bot.sandbox.slash("average", options, locale=locale))
    picture = check_picture(reply, locale)
    assert 512 < picture.width < 768
    assert ("中央値" if locale == "ja" else "Median") in reply.text


@pytest.mark.parametrize("method", ["mean", "median"])
async def test_faces_that_are_too_many_for_one_worker(bot: Bot, method: str, tmp_path: Path) -> None:
    """All workers combine them, a few rows or faces each, and nobody sees that."""
    options = {"method": method, "one_each": True, "texture": False}
    thread = await thread_of(bot.sandbox, *map(face, GOOD))
    whole = await answer(await bot.sandbox.slash("average", {"thread": thread, **options}))
    async with (
        Sandbox() as sandbox,
        running(sandbox, tmp_path, program="piecemeal_bot.py", WORKERS__COUNT="2") as other,
    ):
        thread = await thread_of(sandbox, *map(face, GOOD))
        pieced = await answer(await sandbox.slash("average", {"thread": thread, **options}))
        assert not sandbox.refusals
        assert await other.stop() == 0
    assert re.sub(r"<#\d+>", "", pieced.text) == re.sub(r"<#\d+>", "", whole.text)
    before, after = (np.asarray(Image.open(io.BytesIO(reply.files[0].data))).astype(int) for reply in (whole, pieced))
    assert np.abs(before - after).max() <= 2  # a sum's rounding, and JPEG's


# ---------------------------------------------------------------- mixtures


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_a_mixture_of_two_threads(bot: Bot, locale: str) -> None:
    first = await thread_of(bot.sandbox, *map(face, GOOD))
    second = await thread_of(bot.sandbox, face("person_d_1.jpg"), File("half.jpg", face("person_b_2.jpg").data[:9000]))
    morph = locale == "ja"
    options = {"thread": first, "mix_with": second, "ratio": 30, "size": 512, "morph": morph}
    reply = await answer(await bot.sandbox.slash("average", options, locale=locale))
    check_picture(reply, locale)
    assert [file.filename for file in reply.files] == ["average.jpg", "morph.webp"][: 1 + morph]
    if morph:
        assert Image.open(io.BytesIO(reply.files[1].data)).n_frames > 10  # type: ignore[attr-defined]
    for part in (first.mention, second.mention, "30%", "70%", "**3", "**1", "`half.jpg`"):
        assert part in reply.text


async def test_a_mixture_with_a_place_that_the_person_may_not_read(bot: Bot) -> None:
    secret = await bot.sandbox.open_channel("mixed-secret")
    await bot.sandbox.post(secret, files=[face("person_a_1.jpg")])
    guest = bot.sandbox.person("Guest")
    secret.overwrites[guest.id] = Overwrite(deny=discord.Permissions(read_message_history=True).value)
    thread = await thread_of(bot.sandbox, *map(face, GOOD))
    options = {"thread": thread, "mix_with": secret}
    reply = await answer(await bot.sandbox.slash("average", options, user=guest))
    assert "I cannot do that here" in reply.text
    assert not reply.files


async def test_a_mixture_with_nothing(bot: Bot) -> None:
    reply = await answer(await bot.sandbox.slash("average", {"morph": True}))
    assert reply.ephemeral
    assert "`mix_with`" in reply.text


# ---------------------------------------------------------------- progress


async def button(invocation: Invocation, shows: str = "") -> tuple[Message, str]:
    """The progress once it shows this, and the id of its button."""
    reply = await invocation.answered(PATIENCE, until=lambda reply: bool(reply.components) and shows in reply.text)
    (row,) = reply.components
    return reply, row["components"][0]["custom_id"]


def copies(count: int, name: str) -> list[File]:
    """Pictures of no face."""
    return [saved(pasted(size=(64, 64)), f"{name}{number}.png") for number in range(count)]


async def test_progress_shows_once_a_second_at_most_and_does_not_hold_up_the_answer(bot: Bot) -> None:
    thread = await thread_of(bot.sandbox, *map(face, GOOD), *copies(9, "late"))
    bot.sandbox.cdn.slow(1.5, times=9, name="late")
    invocation = await bot.sandbox.slash("average", {"thread": thread})
    reply = await answer(invocation)
    assert reply.files
    assert not any(one.get("custom_id", "").startswith("stop-") for one in walk_components(reply.components))
    shown = [version for version in invocation.history if version.text.endswith("…")]
    assert any(re.match(r"\d+ of 12 photos, \d faces? …", version.text) for version in shown)
    times = [version.edited or 0.0 for version in shown]
    assert all(later - sooner >= 1 for sooner, later in pairwise(times))
    # a version that Discord does not take is let go, when the answer is there
    thread = await thread_of(bot.sandbox, *map(face, GOOD), *copies(1, "last"))
    bot.sandbox.cdn.slow(2, name="last")
    bot.sandbox.faults.rate_limit(10 * PATIENCE, path="@original")
    assert (await answer(await bot.sandbox.slash("average", {"thread": thread}))).files


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_stopped_before_anything_is_ready(bot: Bot, locale: str) -> None:
    thread = await thread_of(bot.sandbox, *map(face, GOOD))
    frozen = bot.freeze()
    invocation = await bot.sandbox.slash("average", {"thread": thread}, locale=locale)
    shown, custom_id = await button(invocation)
    stranger = bot.sandbox.person("Stranger")
    refused = await answer(await bot.sandbox.click(shown, custom_id, user=stranger, locale=locale))
    assert refused.ephemeral
    assert ("本人" if locale == "ja" else "person who asked") in refused.text
    await bot.sandbox.click(shown, custom_id)
    reply = await answer(invocation)  # while no worker can have done anything
    assert not reply.files
    assert not reply.components
    assert ("中止しました" if locale == "ja" else "Stopped") in reply.text
    for worker in frozen:
        if worker.is_running():
            worker.resume()


async def test_stopped_while_the_photos_are_on_their_way(bot: Bot) -> None:
    thread = await thread_of(bot.sandbox, *map(face, GOOD))
    bot.sandbox.cdn.slow(10 * PATIENCE, times=3)
    invocation = await bot.sandbox.slash("average", {"thread": thread})
    shown, custom_id = await button(invocation)
    await bot.sandbox.click(shown, custom_id)
    assert "Stopped" in (await answer(invocation)).text


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_stopped_by_a_moderator_it_gives_what_is_ready(bot: Bot, locale: str) -> None:
    late = [File(f"late{number}.jpg", face("person_f_1.jpg").data) for number in range(9)]
    thread = await thread_of(bot.sandbox, *late, *map(face, GOOD), face("person_d_1.jpg"))
    bot.sandbox.cdn.slow(10 * PATIENCE, times=9, name="late")
    invocation = await bot.sandbox.slash("average", {"thread": thread}, user=bot.sandbox.person("Guest"), locale=locale)
    shown, custom_id = await button(invocation, "13")
    await bot.sandbox.click(shown, custom_id, user=bot.sandbox.owner)
    reply = await answer(invocation)
    check_picture(reply, locale)
    assert re.search(r"\*\*4\D", reply.text)
    assert ("残りの9枚" if locale == "ja" else "9 photos were not looked at") in reply.text


async def test_a_killed_worker_costs_nothing(bot: Bot) -> None:
    names = [path.name for path in sorted(FACES.glob("*.jpg"))][:8]
    thread = await thread_of(bot.sandbox, *map(face, names))
    frozen = bot.freeze()
    await bot.work_begins(working=0, requests=0)
    invocation = await bot.sandbox.slash("average", {"thread": thread})
    await bot.work_begins(working=2, requests=1)
    frozen[0].kill()
    frozen[1].resume()
    reply = await answer(invocation)
    assert "**8 faces**" in reply.text
    assert not reasons(reply)
    assert (await answer(await bot.sandbox.slash("average", {"thread": thread}))).files


async def test_nobodys_short_request_waits_for_long_ones(bot: Bot) -> None:
    """Though there are as many averages on their way as may be, and none of them gets on."""
    thread = await thread_of(bot.sandbox, *copies(2, "never"))
    bot.sandbox.cdn.slow(10 * PATIENCE, times=6, name="never")
    people = crowd(bot.sandbox, 3)
    long = [await bot.sandbox.slash("average", {"thread": thread}, user=user) for user in people]
    buttons = [await button(invocation) for invocation in long]
    short = await bot.sandbox.slash(*SHORT)
    assert (await answer(short)).files
    for user, invocation, pressed in zip(people, long, buttons, strict=True):
        await bot.sandbox.click(*pressed, user=user)
        assert "Stopped" in (await answer(invocation)).text


async def test_a_button_of_a_bot_that_is_gone(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        thread = await thread_of(sandbox, *map(face, GOOD))
        async with running(sandbox, tmp_path / "killed") as killed:
            killed.freeze()
            left_behind, custom_id = await button(await sandbox.slash("average", {"thread": thread}))
        async with running(sandbox, tmp_path / "next") as following:
            told = await answer(await sandbox.click(left_behind, custom_id, locale="ja"))
            assert told.ephemeral
            assert "もう終わっている" in told.text
            assert await following.stop() == 0
        assert not sandbox.refusals
