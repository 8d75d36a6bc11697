"""Every command, over real sockets: slash in, picture out; and every mistake answered by its name."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import struct
import zlib
from collections.abc import AsyncIterator

import discord
import openapi
import psutil
import pytest
import pytest_asyncio
from PIL import Image
from running import FACES, PATIENCE, SHORT, UNSPOKEN, Bot, answer, crowd, face, running

from sandbox import Channel, File, Message, Sandbox
from sandbox.state import ChannelType, Overwrite

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORBIDDEN = {"numpy", "cv2", "PIL", "torch", "onnxruntime", "mediapipe", "scipy", "timm"}
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
LANGUAGES = ("en-US", "ja")
LIMITS = {"WAITING": 1, "PIXELS": 2_000_000, "FILE_BYTES": 1_000_000}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    settings = {f"LIMITS__{name}": str(value) for name, value in LIMITS.items()} | {
        "WORKERS__COUNT": "2",
        "WORKERS__HEATMAPS": "true",
    }
    async with (
        Sandbox() as sandbox,
        running(sandbox, tmp_path_factory.mktemp("bot"), **settings) as bot,
    ):
        yield bot
        assert not sandbox.refusals  # nothing that any test did broke one of Discord's rules
        assert not re.search(r"person_\w|\.jpg|\.png", bot.log.read_text())
        openapi.check_where_it_is(sandbox.requests)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def thread(bot: Bot) -> Channel:
    """A thread of somebody who posted six faces, one by one, and three files that are of no use."""
    sandbox = bot.sandbox
    thread = await sandbox.open_thread(sandbox.channel("general"), "faces")
    author = sandbox.person("Mio")
    for path in sorted(FACES.glob("*_1.jpg")):
        await sandbox.post(thread, author, "me!", [File.read(path)])
    await sandbox.post(thread, author, "", [File("note.txt", b"not a picture, and not called one")])
    await sandbox.post(thread, author, "", [File("renamed.jpg", b"not a picture, but called one")])
    await sandbox.post(thread, author, "", [File("half.jpg", face("person_b_2.jpg").data[:9000]), blank()])
    return thread


def blank(name: str = "wall.png") -> File:
    """A picture without a face."""
    data = io.BytesIO()
    Image.new("RGB", (640, 480), "lightgrey").save(data, "PNG")
    return File(name, data.getvalue())


def claims(width: int, height: int) -> File:
    """A small PNG that says it is a large one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return File("bomb.png", b"\x89PNG\r\n\x1a\n" + body)


def check_picture(reply: Message, locale: str) -> Image.Image:
    """One picture, in this person's language, for those who cannot see it too."""
    (file,) = reply.files
    assert file.description
    assert len(file.description) <= 1024
    for text in (reply.text, file.description):
        assert bool(JAPANESE.search(text)) == (locale == "ja"), text
    picture = Image.open(io.BytesIO(file.data))
    picture.load()
    assert min(picture.size) >= 400
    return picture


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_similar(bot: Bot, locale: str) -> None:
    photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_a_2.jpg")}
    invocation = await bot.sandbox.slash("similar", photos, locale=locale)
    reply = await answer(invocation)
    check_picture(reply, locale)
    percent = float(re.search(r"\*\*([\d.]+)%", reply.text).group(1))  # type: ignore[union-attr]
    assert percent >= 90
    assert "person_a_1.jpg" in (reply.files[0].description or "")
    assert "person_a_2.jpg" in (reply.files[0].description or "")


async def test_different_people_are_told_apart(bot: Bot) -> None:
    photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_2.jpg")}
    reply = await answer(await bot.sandbox.slash("similar", photos))
    assert "two different people" in reply.text
    assert float(re.search(r"\*\*([\d.]+)%", reply.text).group(1)) < 90  # type: ignore[union-attr]


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_gradcam(bot: Bot, locale: str) -> None:
    invocation = await bot.sandbox.slash("gradcam", {"photo": face("person_c_1.jpg")}, locale=locale)
    reply = await answer(invocation)
    check_picture(reply, locale)
    shares = [int(share) for share in re.findall(r"(\d+)%", reply.text.splitlines()[1])]
    assert sum(shares) in range(95, 106)
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_gradcam_with_choices(bot: Bot, locale: str) -> None:
    options = {"photo": face("person_c_1.jpg"), "method": "eigencam", "compare_to": face("person_c_2.jpg")}
    reply = await answer(await bot.sandbox.slash("gradcam", options, locale=locale))
    check_picture(reply, locale)
    assert "Eigen-CAM" in reply.text
    options = {"photo": face("person_c_1.jpg"), "compare_to": face("person_c_2.jpg")}
    reply = await answer(await bot.sandbox.slash("gradcam", options, locale=locale))
    assert "`person_c_2.jpg`" in reply.text
    refused = {"photo": face("person_c_1.jpg"), "dimension": 5000}
    reply = await answer(await bot.sandbox.slash("gradcam", refused, locale=locale))
    assert "5" in reply.text
    assert "128" in reply.text
    assert not reply.files


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_about(bot: Bot, locale: str) -> None:
    reply = await answer(await bot.sandbox.slash("about", locale=locale))
    assert reply.ephemeral
    assert bool(JAPANESE.search(reply.text)) == (locale == "ja")
    assert "sface" in reply.text and "SFace" in reply.text  # and what is known of its training


async def test_a_language_that_is_not_here_gets_english(bot: Bot) -> None:
    reply = await answer(await bot.sandbox.slash("about", locale=UNSPOKEN))
    assert "Privacy:" in reply.text


async def test_in_a_direct_conversation(bot: Bot) -> None:
    invocation = await bot.sandbox.slash("gradcam", {"photo": face("person_c_1.jpg")}, channel=bot.sandbox.direct())
    check_picture(await answer(invocation), "en-US")


async def test_commands_have_japanese_names(bot: Bot) -> None:
    commands = {command["name"]: command for command in bot.sandbox.application.commands.values()}
    assert {name: command["name_localizations"]["ja"] for name, command in commands.items()} == {
        "similar": "似てる",
        "gradcam": "ヒートマップ",
        "lookalikes": "そっくりさん",
        "average": "平均顔",
        "about": "このボットについて",
        "Heatmap": "顔のヒートマップ",
        "Average these faces": "この写真の平均顔",
        "How alike?": "どれくらい似てる？",
        "How alike are we?": "私とどれくらい似てる？",
    }
    options = {option["name"]: option for option in commands["gradcam"]["options"]}
    names = {
        choice["name"]: (choice.get("name_localizations") or {}).get("ja") for choice in options["method"]["choices"]
    }
    assert "LayerCAM" in names
    assert names["Occlusion"] == "オクルージョン"
    for choice in options["target"]["choices"]:
        assert JAPANESE.search(choice["name_localizations"]["ja"])
    for command in (one for one in commands.values() if one["type"] == 1):
        for item in (command, *command.get("options", [])):
            assert JAPANESE.search(item["description_localizations"]["ja"])
            assert not JAPANESE.search(item["description"])


async def test_a_picture_too_large_for_this_server_is_not_sent(bot: Bot) -> None:
    """Where nothing worth looking at is left of it in so few bytes."""
    invocation = await bot.sandbox.slash("gradcam", {"photo": face("person_c_1.jpg")}, attachment_size_limit=1_000)
    reply = await answer(invocation)
    assert not reply.files
    assert "My picture is" in reply.text
    assert "looks most at" in reply.text


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize(
    ("file", "says"),
    [
        (blank(), "found no face"),
        (File("letter.jpg", b"Dear Sir or Madam"), "not an image"),
        (File("half.jpg", face("person_b_2.jpg").data[:9000]), "damaged"),
        (File("heavy.jpg", face("person_b_2.jpg").data + bytes(1_000_000)), "too large"),
        (claims(50_000, 50_000), "50,000 × 50,000"),
    ],
    ids=lambda value: value.name if isinstance(value, File) else "",
)
async def test_a_photo_of_no_use_is_named(bot: Bot, file: File, says: str, locale: str) -> None:
    photos = {"photo1": face("person_a_1.jpg"), "photo2": file}
    reply = await answer(await bot.sandbox.slash("similar", photos, locale=locale))
    assert not reply.files
    assert f"`{file.name}`" in reply.text
    assert "person_a_1.jpg" not in reply.text
    assert JAPANESE.search(reply.text) if locale == "ja" else says in reply.text


async def test_of_two_photos_with_one_name_the_right_one_is_named(bot: Bot) -> None:
    good = File("image0.jpg", face("person_a_1.jpg").data)
    reply = await answer(await bot.sandbox.slash("similar", {"photo1": good, "photo2": blank("image0.jpg")}))
    assert "`image0.jpg (2)`" in reply.text


async def test_a_download_that_fails(bot: Bot) -> None:
    bot.sandbox.cdn.fail(503, times=9, name="person_d_1")
    reply = await answer(await bot.sandbox.slash("gradcam", {"photo": face("person_d_1.jpg")}))
    assert "`person_d_1.jpg` could not be downloaded" in reply.text


async def test_a_download_that_breaks_off(bot: Bot) -> None:
    bot.sandbox.cdn.cut(5000, times=9, name="person_d_2")
    reply = await answer(await bot.sandbox.slash("gradcam", {"photo": face("person_d_2.jpg")}))
    assert "`person_d_2.jpg` could not be downloaded" in reply.text


async def test_a_place_without_photos(bot: Bot) -> None:
    empty = await bot.sandbox.open_channel("empty")
    await bot.sandbox.post(empty, content="nothing but words")
    reply = await answer(await bot.sandbox.slash("average", channel=empty))
    assert f"no photos among the newest 2,000 messages of {empty.mention}" in reply.text


async def test_a_place_with_one_face(bot: Bot) -> None:
    lonely = await bot.sandbox.open_channel("lonely")
    await bot.sandbox.post(lonely, files=[face("person_a_1.jpg"), blank()])
    reply = await answer(await bot.sandbox.slash("average", channel=lonely))
    assert "only one face" in reply.text
    assert "`wall.png`" in reply.text


@pytest.mark.parametrize(
    ("permission", "called"), [("read_message_history", "Read Message History"), ("view_channel", "View Channel")]
)
async def test_a_place_that_the_bot_may_not_read(bot: Bot, permission: str, called: str) -> None:
    closed = await bot.sandbox.open_channel(f"closed-{permission}")
    await bot.sandbox.post(closed, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    await bot.sandbox.deny(closed, permission)
    reply = await answer(await bot.sandbox.slash("average", {"thread": closed}))
    assert called in reply.text
    assert closed.mention in reply.text


async def test_a_place_whose_photos_cannot_be_had(bot: Bot) -> None:
    lost = await bot.sandbox.open_channel("lost")
    await bot.sandbox.post(lost, files=[File("a.jpg", face("person_a_1.jpg").data)])
    bot.sandbox.cdn.fail(404, times=2, name="a.jpg")  # by the new address of its message, too
    reply = await answer(await bot.sandbox.slash("average", channel=lost))
    assert "`a.jpg`: could not be downloaded" in reply.text


async def test_a_place_whose_past_the_person_may_not_read(bot: Bot) -> None:
    secret = await bot.sandbox.open_channel("secret")
    await bot.sandbox.post(secret, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    guest = bot.sandbox.person("Guest")
    secret.overwrites[guest.id] = Overwrite(deny=discord.Permissions(read_message_history=True).value)
    reply = await answer(await bot.sandbox.slash("average", {"thread": secret}, user=guest))
    assert "I cannot do that here" in reply.text
    assert not reply.files


async def test_what_is_written_in_a_voice_channel_is_for_those_who_may_connect(bot: Bot) -> None:
    voice = await bot.sandbox.open_channel("voice", ChannelType.VOICE)
    posted = await bot.sandbox.post(voice, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    guest, connect = bot.sandbox.person("Guest"), discord.Permissions(connect=True).value
    assert (await answer(await bot.sandbox.slash("average", {"thread": voice}, user=guest))).files
    voice.overwrites[guest.id] = Overwrite(deny=connect)
    await bot.sandbox.allow(voice, "connect")  # which tells the bot of it
    refused = await answer(await bot.sandbox.slash("average", {"thread": voice}, user=guest))
    assert "I cannot do that here" in refused.text
    linked = await answer(await bot.sandbox.slash("gradcam", {"message": posted.link}, user=guest))
    assert not (refused.files or linked.files)
    del voice.overwrites[guest.id]
    await bot.sandbox.deny(voice, "connect")
    lacking = await answer(await bot.sandbox.slash("average", {"thread": voice}, user=guest))
    assert (lacking.ephemeral, "Connect" in lacking.text) == (True, True)


async def test_names_of_files_stay_names(bot: Bot) -> None:
    name = "@everyone **bold** `code` <@1>.png"
    reply = await answer(await bot.sandbox.slash("gradcam", {"photo": blank(name)}))
    assert "`@everyone **bold** ˋcodeˋ <@1>.png`" in reply.text
    edits = [one for one in bot.sandbox.requests if one.path.endswith("/@original") and one.method == "PATCH"]
    assert edits
    assert all(edit.json["allowed_mentions"] == {"parse": []} for edit in edits)


# ---------------------------------------------------------------- strain


async def test_acknowledged_in_time_and_refused_politely_while_all_workers_are_busy(bot: Bot) -> None:
    frozen = bot.freeze()
    assert len(frozen) == 2
    await bot.work_begins(working=0, requests=0)
    waiting = [await bot.sandbox.slash(*SHORT, user=user) for user in crowd(bot.sandbox, 3)]
    for invocation in waiting:
        assert await invocation.acknowledged() < 3
    refused = await bot.sandbox.slash(*SHORT)
    reply = await answer(refused)
    assert "3 requests are open already" in reply.text
    assert reply.ephemeral
    for worker in frozen:
        worker.resume()
    for invocation in waiting:
        assert (await answer(invocation)).files


async def test_acknowledged_in_time_under_real_work(bot: Bot, thread: Channel) -> None:
    invocations = [await bot.sandbox.slash("average", {"thread": thread}, user=user) for user in crowd(bot.sandbox, 3)]
    for invocation in invocations:
        assert await invocation.acknowledged() < 3
    for invocation in invocations:
        assert (await answer(invocation)).files


async def test_a_killed_worker_costs_nobody_their_answer(bot: Bot) -> None:
    frozen = bot.freeze()
    invocations = [await bot.sandbox.slash(*SHORT, user=user) for user in crowd(bot.sandbox, 3)]
    await bot.work_begins(working=2, requests=3)
    frozen[0].kill()
    frozen[1].resume()
    for invocation in invocations:
        assert (await answer(invocation)).files
    for _ in range(3):
        reply = await answer(await bot.sandbox.slash(*SHORT))
        assert reply.files


# ---------------------------------------------------------------- the process


async def test_the_bots_process_is_light(bot: Bot) -> None:
    bot.process.send_signal(signal.SIGUSR1)
    async with asyncio.timeout(PATIENCE):
        while not bot.modules.exists():
            await asyncio.sleep(0.02)
    loaded = {name.partition(".")[0] for name in bot.modules.read_text().splitlines()}
    assert "discord" in loaded
    assert not loaded & FORBIDDEN
    assert psutil.Process(bot.process.pid).memory_info().rss < 120e6


async def test_the_log_tells_nothing_of_photos_or_the_token(bot: Bot) -> None:
    await answer(await bot.sandbox.slash("gradcam", {"photo": face("person_c_1.jpg")}))
    await bot.log_shows("command=gradcam")
    log = bot.log.read_text()
    assert re.search(r"request id=\w+ command=gradcam guild=\d+ outcome=done ms=\d+ queue_ms=\d+ photos_ms=", log)
    assert bot.sandbox.token not in log
    assert not re.search(r"person_\w|\.jpg|\.png", log)
