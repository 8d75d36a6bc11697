"""Every way in: menus of messages and people, links, avatars, embeds, galleries, forwards; and every refusal."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import discord
import openapi
import pytest
import pytest_asyncio
from running import PATIENCE, SHORT, Bot, answer, face, running

from sandbox import CannotInvoke, Channel, ChannelType, File, Invocation, Message, Sandbox, User
from sandbox.samples import FACES
from sandbox.state import Overwrite, walk_components

pytestmark = pytest.mark.asyncio(loop_scope="module")

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
LANGUAGES = ("en-US", "ja")
REFUSALS = {"Missing Access", "Unknown Channel", "Unknown Guild", "Unknown Member", "Unknown Message"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def blind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """Without the Message Content intent."""
    async with (
        Sandbox(privileged=()) as sandbox,
        running(sandbox, tmp_path_factory.mktemp("blind"), DISCORD__MESSAGE_CONTENT="false") as bot,
    ):
        yield bot
        assert not sandbox.refusals
        openapi.check_where_it_is(sandbox.requests)


@pytest_asyncio.fixture(loop_scope="module")
async def album(bot: Bot) -> Channel:
    return await bot.sandbox.open_channel("album")


def group() -> File:
    return File.read(FACES / "scenes" / "group.jpg")


async def post(bot: Bot, channel: Channel, *names: str) -> Message:
    return await bot.sandbox.post(channel, bot.sandbox.person("Mio"), "look", [face(name) for name in names])


async def answered(invocation: Invocation) -> Message:
    """With its picture, and for everyone."""
    reply = await answer(invocation)
    assert reply.files, reply.text
    assert not reply.ephemeral
    return reply


async def refused(invocation: Invocation) -> str:
    """For the person alone; nobody else finds anything of it."""
    reply = await answer(invocation)
    assert reply.ephemeral
    assert not reply.files
    assert invocation.original not in invocation.channel.messages
    return reply.text


# ---------------------------------------------------------------- menus of messages and people


async def test_everything_is_offered_everywhere(bot: Bot) -> None:
    for command in bot.sandbox.application.commands.values():
        assert sorted(command["contexts"]) == [0, 1, 2]
        assert sorted(command["integration_types"]) == [0, 1]


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_a_heatmap_of_a_messages_first_photo(bot: Bot, album: Channel, locale: str) -> None:
    message = await post(bot, album, "person_a_1.jpg", "person_b_1.jpg")
    reply = await answered(await bot.sandbox.message_command("Heatmap", message, locale=locale))
    assert "person_a_1.jpg" in (reply.files[0].description or "")
    assert bool(JAPANESE.search(reply.text)) == (locale == "ja")


async def test_two_photos_are_compared_more_are_a_crowd(bot: Bot, album: Channel) -> None:
    two = await post(bot, album, "person_a_1.jpg", "person_a_2.jpg")
    reply = await answered(await bot.sandbox.message_command("How alike?", two))
    assert "most likely the same person" in reply.text
    three = await post(bot, album, "person_a_1.jpg", "person_a_2.jpg", "person_b_1.jpg")
    reply = await answered(await bot.sandbox.message_command("How alike?", three))
    assert "3 faces, compared" in reply.text
    crowd = await bot.sandbox.post(album, files=[group()])
    reply = await answered(await bot.sandbox.message_command("How alike?", crowd))
    assert "7 faces, compared" in reply.text


async def test_the_average_of_a_message(bot: Bot, album: Channel) -> None:
    message = await post(bot, album, "person_a_1.jpg", "person_b_1.jpg", "person_c_1.jpg")
    reply = await answered(await bot.sandbox.message_command("Average these faces", message))
    assert "**3 faces**" in reply.text
    assert message.link in reply.text
    crowd = await bot.sandbox.post(album, files=[group()])
    reply = await answered(await bot.sandbox.message_command("Average these faces", crowd))
    assert re.search(r"\*\*[2-7] faces\*\* in one photo", reply.text)


async def test_the_message_replied_to(bot: Bot, album: Channel) -> None:
    message = await post(bot, album, "person_d_1.jpg")
    words = await bot.sandbox.post(album, content="who is that?", reply_to=message)
    reply = await answered(await bot.sandbox.message_command("Heatmap", words))
    assert "person_d_1.jpg" in (reply.files[0].description or "")
    reply = await answered(await bot.sandbox.slash("gradcam", {"message": words.link}))
    assert "person_d_1.jpg" in (reply.files[0].description or "")


async def test_how_alike_are_we(bot: Bot, album: Channel) -> None:
    someone = bot.sandbox.person("Aya", avatar=face("person_a_1.jpg"))
    other = bot.sandbox.person("Aki", avatar=face("person_a_2.jpg"))
    reply = await answered(await bot.sandbox.user_command("How alike are we?", other, user=someone))
    assert "most likely the same person" in reply.text
    description = reply.files[0].description or ""
    assert "Aya" in description
    assert "Aki" in description


# ---------------------------------------------------------------- options


async def test_avatars_photos_and_messages_mix(bot: Bot, album: Channel) -> None:
    someone = bot.sandbox.person("Aya", avatar=face("person_a_1.jpg"))
    other = bot.sandbox.person("Bo", avatar=face("person_b_1.jpg"))
    message = await post(bot, album, "person_c_1.jpg")
    reply = await answered(await bot.sandbox.slash("similar", {"user1": someone, "user2": other}))
    assert "two different people" in reply.text
    reply = await answered(await bot.sandbox.slash("similar", {"photo2": face("person_a_2.jpg"), "user1": someone}))
    assert "most likely the same person" in reply.text
    options = {"photo1": face("person_d_1.jpg"), "user2": other, "message": message.link}
    reply = await answered(await bot.sandbox.slash("similar", options))
    assert "3 faces, compared" in reply.text
    reply = await answered(await bot.sandbox.slash("gradcam", {"user": someone}))
    assert "Aya" in (reply.files[0].description or "")


async def test_an_avatar_is_asked_for_in_a_size_that_suffices(bot: Bot) -> None:
    someone = bot.sandbox.person("Aya", avatar=face("person_a_1.jpg"))
    await answered(await bot.sandbox.slash("gradcam", {"user": someone}))
    assert bot.sandbox.cdn.avatars[-1].endswith(".png?size=1024")


@pytest.mark.parametrize("form", ["{}", "<{}>", " {} "])
async def test_a_link_in_any_form(bot: Bot, album: Channel, form: str) -> None:
    message = await post(bot, album, "person_a_1.jpg", "person_a_2.jpg")
    link = form.format(message.link.replace("//discord", "//ptb.discord"))
    reply = await answered(await bot.sandbox.slash("similar", {"message": link}))
    assert "most likely the same person" in reply.text


async def test_lookalikes_and_average_of_a_linked_message(bot: Bot, album: Channel) -> None:
    message = await post(bot, album, "person_a_1.jpg", "person_a_2.jpg", "person_b_1.jpg")
    reply = await answered(await bot.sandbox.slash("lookalikes", {"message": message.link}))
    assert "3 faces, compared" in reply.text
    options = {"message": f"<{message.link}>", "photo1": face("person_c_1.jpg")}
    reply = await answered(await bot.sandbox.slash("average", options))
    assert "**4 faces**" in reply.text
    assert f"from {message.link}." in reply.text


async def test_a_link_to_a_message_of_another_server(bot: Bot) -> None:
    sandbox = bot.sandbox
    elsewhere = next(guild for guild in sandbox.world.guilds.values() if guild.name == "Elsewhere")
    there = next(iter(elsewhere.channels.values()))
    message = await sandbox.post(there, files=[face("person_a_1.jpg")])
    await answered(await sandbox.slash("gradcam", {"message": message.link}))
    stranger = sandbox.person("Stranger")
    said = await refused(await sandbox.slash("gradcam", {"message": message.link}, user=stranger))
    assert "cannot find that message" in said


async def test_a_link_within_a_direct_conversation(bot: Bot) -> None:
    sandbox = bot.sandbox
    message = await sandbox.post(sandbox.direct(), files=[face("person_a_1.jpg")])
    await answered(await sandbox.slash("gradcam", {"message": message.link}, channel=sandbox.direct()))
    said = await refused(await sandbox.slash("gradcam", {"message": message.link}))
    assert "cannot find that message" in said


# ---------------------------------------------------------------- what messages show


def shown(name: str) -> dict[str, str]:
    return {"url": f"attachment://{name}"}


async def test_pictures_in_embeds(bot: Bot, album: Channel) -> None:
    sandbox = bot.sandbox
    address = "https://pictures.example/of/somebody.jpg"
    copy = {"url": address, "proxy_url": sandbox.cdn.proxied(address, face("person_a_2.jpg")), "width": 9, "height": 9}
    embeds = [{"title": "one", "image": shown("person_a_1.jpg")}, {"type": "image", "url": address, "thumbnail": copy}]
    message = await sandbox.post(album, other_bot(sandbox), files=[face("person_a_1.jpg")], embeds=embeds)
    reply = await answered(await sandbox.message_command("How alike?", message))
    assert "most likely the same person" in reply.text
    assert "somebody.jpg" in (reply.files[0].description or "")


async def test_pictures_of_other_hosts_are_left_alone_and_named(bot: Bot, album: Channel) -> None:
    sandbox = bot.sandbox
    there = {"url": "https://pictures.example/far.jpg"}
    bait = {"url": f"{sandbox.cdn.base}.example/bait.jpg", "proxy_url": "http://localhost:1/bait.jpg"}
    embeds = [{"image": there}, {"image": bait}]
    message = await sandbox.post(album, other_bot(sandbox), files=[group()], embeds=embeds)
    reply = await answered(await sandbox.message_command("How alike?", message))
    assert "`far.jpg`: it is on a website that I don't download from" in reply.text
    assert "`bait.jpg`: it is on a website" in reply.text
    alone = await sandbox.post(album, other_bot(sandbox), embeds=[{"image": there}])
    said = await refused(await sandbox.message_command("Heatmap", alone))
    assert "has no photo that I can use" in said
    assert "`far.jpg`" in said


def layout(*, spoiler: bool = False) -> list[dict[str, object]]:
    items = [{"media": shown("person_a_1.jpg"), "spoiler": spoiler}]
    thumbnail = {"type": 11, "media": shown("person_b_1.jpg")}
    section = {"type": 9, "components": [{"type": 10, "content": "and"}], "accessory": thumbnail}
    file = {"type": 13, "file": shown("person_c_1.jpg")}
    return [{"type": 17, "components": [{"type": 12, "items": items}, section]}, file]


async def test_pictures_in_galleries_sections_and_files(bot: Bot, album: Channel) -> None:
    files = [face(f"person_{one}_1.jpg") for one in "abc"]
    message = await bot.sandbox.post(album, other_bot(bot.sandbox), files=files, components=layout())
    reply = await answered(await bot.sandbox.message_command("How alike?", message))
    assert "3 faces, compared" in reply.text
    reply = await answered(await bot.sandbox.slash("average", {"message": message.link}))
    assert "**3 faces**" in reply.text


async def test_a_forwarded_message(bot: Bot, album: Channel) -> None:
    original = await post(bot, bot.sandbox.channel("general"), "person_a_1.jpg", "person_a_2.jpg")
    message = await bot.sandbox.post(album, forward=original)
    reply = await answered(await bot.sandbox.message_command("How alike?", message))
    assert "most likely the same person" in reply.text
    reply = await answered(await bot.sandbox.slash("similar", {"message": message.link}))
    assert "most likely the same person" in reply.text


async def test_the_history_of_a_place_holds_all_of_that(bot: Bot) -> None:
    sandbox = bot.sandbox
    mixed = await sandbox.open_channel("mixed")
    original = await post(bot, sandbox.channel("general"), "person_d_1.jpg")
    await sandbox.post(mixed, forward=original)
    files = [face(f"person_{one}_1.jpg") for one in "abc"]
    await sandbox.post(mixed, other_bot(sandbox), files=files, components=layout())
    embeds = [{"image": shown("person_e_1.jpg")}, {"image": {"url": "https://pictures.example/far.jpg"}}]
    await sandbox.post(mixed, other_bot(sandbox), files=[face("person_e_1.jpg")], embeds=embeds)
    reply = await answered(await sandbox.slash("average", channel=mixed))
    assert "**5 faces**" in reply.text
    assert "`far.jpg`: it is on a website" in reply.text
    reply = await answered(await sandbox.slash("lookalikes", channel=mixed))
    assert "5 faces, compared" in reply.text


def other_bot(sandbox: Sandbox) -> User:
    return next((one for one in sandbox.world.users.values() if one.name == "Poster"), None) or sandbox.world.add_user(
        "Poster", bot=True
    )


@pytest.mark.parametrize("hidden", ["file", "flag", "gallery", "link", "forward"])
async def test_what_was_hidden_stays_hidden(bot: Bot, album: Channel, hidden: str) -> None:
    sandbox = bot.sandbox
    photo = face("person_a_1.jpg")
    secret = replace(photo, name="SPOILER_me.jpg")
    address = "https://pictures.example/me.jpg"
    match hidden:
        case "file":
            message = await sandbox.post(album, files=[secret, photo])
        case "flag":
            message = await sandbox.post(album, files=[secret], embeds=[{"image": shown(secret.name)}])
        case "gallery":
            files = [face(f"person_{one}_1.jpg") for one in "abc"]
            message = await sandbox.post(album, other_bot(sandbox), files=files, components=layout(spoiler=True))
        case "link":
            copy = {"url": address, "proxy_url": sandbox.cdn.proxied(address, photo)}
            embed = {"type": "image", "url": address, "thumbnail": copy}
            message = await sandbox.post(album, content=f"|| {address} ||", embeds=[embed])
        case _:
            message = await sandbox.post(album, forward=await sandbox.post(album, files=[secret]))
    reply = await answered(await sandbox.message_command("Heatmap", message))
    items = [item for one in walk_components(reply.components) for item in one.get("items", ())]
    assert items
    assert all(item["spoiler"] for item in items)


# ---------------------------------------------------------------- without the bot in the place


async def test_where_only_the_commands_are_installed(bot: Bot) -> None:
    sandbox = bot.sandbox
    guild = next(guild for guild in sandbox.world.guilds.values() if guild.name == "Without the bot")
    there = next(iter(guild.channels.values()))
    photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_a_2.jpg")}
    await answered(await sandbox.slash("similar", photos, channel=there))
    await answered(await sandbox.slash("average", photos, channel=there))
    message = await sandbox.post(there, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    await answered(await sandbox.message_command("Average these faces", message))
    for command, options in (("average", {}), ("lookalikes", {}), ("gradcam", {"message": message.link})):
        said = await refused(await sandbox.slash(command, options, channel=there))
        assert "I am not a member of the server" in said
        assert "“Average these faces”" in said


async def test_between_two_people(bot: Bot) -> None:
    sandbox = bot.sandbox
    someone = sandbox.person("Aya", avatar=face("person_a_1.jpg"))
    other = sandbox.person("Bo", avatar=face("person_b_1.jpg"))
    private = sandbox.private(someone, other)
    await answered(await sandbox.user_command("How alike are we?", other, user=someone, channel=private))
    message = await sandbox.post(private, other, files=[face("person_c_1.jpg")])
    await answered(await sandbox.message_command("Heatmap", message, user=someone))
    said = await refused(await sandbox.slash("gradcam", {"message": message.link}, user=someone, channel=private))
    assert "I am not a member" in said
    said = await refused(await sandbox.slash("average", user=someone, channel=private))
    assert "I cannot do that here" in said


async def test_photos_in_a_direct_conversation_a_thread_not(bot: Bot) -> None:
    direct = bot.sandbox.direct()
    photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")}
    reply = await answered(await bot.sandbox.slash("average", photos, channel=direct))
    assert "Average of **2 faces**." in reply.text
    assert "give me photos in the options" in await refused(await bot.sandbox.slash("average", channel=direct))


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize(
    ("command", "option", "says"),
    [
        ("similar", {}, "give me two photos"),
        ("similar", {"user1": "Bo"}, "One profile picture is not enough"),
        ("gradcam", {}, "Please give me a photo"),
        ("gradcam", {"user": "Faceless"}, "doesn't have a profile picture"),
        ("gradcam", {"user": "Kei"}, "You don't have a profile picture"),
        ("similar", {"user1": "Bo", "user2": "Faceless"}, "doesn't have a profile picture"),
        ("similar", {"message": "https://example.com/channels/1/2/3"}, "not a link to a message"),
        ("gradcam", {"message": "https://discord.com/channels/1/2/3"}, "cannot find that message"),
    ],
)
async def test_too_little_to_work_on(bot: Bot, command: str, option: dict[str, str], says: str, locale: str) -> None:
    people = {"Bo": bot.sandbox.person("Bo", avatar=face("person_b_1.jpg")), "Faceless": bot.sandbox.person("Faceless")}
    people["Kei"] = bot.sandbox.owner
    options = {name: people.get(value, value) for name, value in option.items()}
    said = await refused(await bot.sandbox.slash(command, options, locale=locale))
    assert JAPANESE.search(said) if locale == "ja" else says in said


async def test_a_message_without_photos(bot: Bot, album: Channel) -> None:
    words = await bot.sandbox.post(album, content="nothing", files=[File("note.txt", b"milk")])
    for name in ("Heatmap", "How alike?", "Average these faces"):
        said = await refused(await bot.sandbox.message_command(name, words))
        assert "has no photo that I can use" in said
        assert "`note.txt`: not an image" in said
    assert "has no photo" in await refused(await bot.sandbox.slash("similar", {"message": words.link}))
    forward = await bot.sandbox.post(album, forward=words)
    assert "has no photo" in await refused(await bot.sandbox.message_command("Heatmap", forward))


async def test_a_message_that_is_gone(bot: Bot, album: Channel) -> None:
    message = await post(bot, album, "person_a_1.jpg")
    gone = replace(message, id=message.id + 1)
    assert "cannot find that message" in await refused(await bot.sandbox.slash("gradcam", {"message": gone.link}))


async def test_a_message_that_the_person_may_not_read(bot: Bot) -> None:
    secret = await bot.sandbox.open_channel("council")
    guest = bot.sandbox.person("Guest")
    secret.overwrites[guest.id] = Overwrite(deny=discord.Permissions(view_channel=True).value)
    await bot.sandbox.allow(secret, "view_channel")  # which tells the bot of it
    message = await post(bot, secret, "person_a_1.jpg")
    said = await refused(await bot.sandbox.slash("gradcam", {"message": message.link}, user=guest))
    assert "cannot find that message" in said
    assert secret.mention not in said


async def test_a_message_of_a_private_thread(bot: Bot, album: Channel) -> None:
    thread = await bot.sandbox.open_thread(album, "between us", bot.sandbox.person("Mio"), private=True)
    message = await bot.sandbox.post(thread, bot.sandbox.person("Mio"), files=[face("person_a_1.jpg")])
    said = await refused(await bot.sandbox.slash("gradcam", {"message": message.link}))
    assert f"I cannot see the thread {thread.mention}" in said, "the owner sees every thread"
    thread.members.add(bot.sandbox.bot.id)
    guest = bot.sandbox.person("Guest")
    said = await refused(await bot.sandbox.slash("gradcam", {"message": message.link}, user=guest))
    assert "cannot find that message" in said
    await answered(await bot.sandbox.slash("gradcam", {"message": message.link}, user=bot.sandbox.person("Mio")))


async def hidden_from(bot: Bot, name: str, person: User) -> Channel:
    """A channel that the bot reads and `person` may not see."""
    channel = await bot.sandbox.open_channel(name)
    await kept_out(bot, channel, person)
    return channel


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_what_a_person_may_not_read_is_as_if_it_were_not_there(bot: Bot, album: Channel, locale: str) -> None:
    """One text, and one way to it: it tells neither which channels and threads there are, nor where the bot is."""
    sandbox, guest, host = bot.sandbox, bot.sandbox.person("Guest"), bot.sandbox.person("Mio")
    hidden = await hidden_from(bot, f"hidden-{locale}".lower(), guest)
    private = [
        await sandbox.open_thread(where, "closed", host, private=True) for where in (hidden, hidden, album, album)
    ]
    for known in private[::2]:
        known.members.add(sandbox.bot.id)
    await sandbox.deny(hidden, "read_message_history")
    shut_out = await sandbox.open_thread(hidden, "open", host)
    elsewhere = next(guild for guild in sandbox.world.guilds.values() if guild.name == "Elsewhere")
    without = next(guild for guild in sandbox.world.guilds.values() if guild.name == "Without the bot")
    places = [hidden, shut_out, *private, *elsewhere.channels.values(), *without.channels.values()]
    links = [(await sandbox.post(place, host, files=[face("person_a_1.jpg")])).link for place in places]
    readable = await post(bot, album, "person_a_1.jpg")
    links += [
        replace(readable, id=readable.id + 1).link,
        readable.link.replace(str(album.id), str(album.id + 1)),
        readable.link.replace(str(sandbox.guild.id), str(sandbox.guild.id + 1)),
        readable.link.replace(str(sandbox.guild.id), "1"),
    ]
    said = set()
    for link in links:
        asked = await sandbox.slash("gradcam", {"message": link}, user=guest, channel=album, locale=locale)
        said.add(await refused(asked))
        assert asked.deleted, f"what stood there as for a message that is not there: {link}"
    assert len(said) == 1
    (text,) = said
    assert ("メッセージが見つかりません" if locale == "ja" else "cannot find that message") in text


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_places_that_a_person_may_not_see_are_one_as_the_other(bot: Bot, album: Channel, locale: str) -> None:
    sandbox, guest, host = bot.sandbox, bot.sandbox.person("Guest"), bot.sandbox.person("Mio")
    hidden = await hidden_from(bot, f"out-of-sight-{locale}".lower(), guest)
    private = [await sandbox.open_thread(hidden, "closed", one, private=True) for one in (host, guest)]
    private[0].members.add(sandbox.bot.id)
    said = set()
    for place in (hidden, *private, await sandbox.open_thread(hidden, "open", host)):
        for command in ("average", "lookalikes"):
            asked = await sandbox.slash(command, {"thread": place}, user=guest, channel=album, locale=locale)
            said.add(await refused(asked))
    assert len(said) == 1
    assert ("ここでは実行できません" if locale == "ja" else "I cannot do that here") in said.pop()


async def test_what_the_bot_lacks_is_told_to_those_who_see_the_place(bot: Bot, album: Channel) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    closed = await sandbox.open_channel("seen-by-guest")
    thread = await sandbox.open_thread(closed, "open", bot.sandbox.person("Mio"))
    links = [(await sandbox.post(place, files=[face("person_a_1.jpg")])).link for place in (closed, thread)]
    await sandbox.deny(closed, "read_message_history")
    for link in links:
        said = await refused(await sandbox.slash("gradcam", {"message": link}, user=guest, channel=album))
        assert "“Read Message History”" in said


async def test_a_private_thread_that_the_bot_is_not_in(bot: Bot, album: Channel) -> None:
    thread = await bot.sandbox.open_thread(album, "among us", bot.sandbox.person("Mio"), private=True)
    for command in ("average", "lookalikes"):
        asked = await bot.sandbox.slash(command, {"thread": thread}, user=bot.sandbox.person("Mio"))
        said = await refused(asked)
        assert f"I cannot see the thread {thread.mention}" in said
        assert "mentioning me there" in said
        assert "channel settings" not in said


# ---------------------------------------------------------------- what was true at the command, and no longer is


def button(message: Message, label: str) -> str:
    return next(one["custom_id"] for one in walk_components(message.components) if one.get("label") == label)


async def kept_out(bot: Bot, channel: Channel, person: User) -> None:
    """The person may not see the channel any more, and the bot knows."""
    channel.overwrites[person.id] = Overwrite(deny=discord.Permissions(view_channel=True).value)
    await bot.sandbox.allow(channel, "view_channel")


async def told_beside(invocation: Invocation) -> str:
    """By a private word, and the answer that was clicked on is as it was."""
    (word,) = await invocation.followed_up(within=PATIENCE)
    assert word.ephemeral
    return word.text


async def test_the_buttons_of_a_linked_message_are_for_those_who_may_read_it_still(bot: Bot, album: Channel) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    club = await sandbox.open_channel("club")
    message = await post(bot, club, "person_a_1.jpg", "person_a_2.jpg")
    asked = {"user": guest, "channel": album}
    alike = await answered(await sandbox.slash("similar", {"message": message.link}, **asked))
    average = await answered(await sandbox.slash("average", {"message": message.link}, **asked))
    await kept_out(bot, club, guest)
    assert "cannot find that message" in await told_beside(
        await sandbox.click(alike, button(alike, "Swap"), user=guest)
    )
    for answer_, label in ((alike, "Left heatmap"), (average, "Use median")):
        assert "cannot find that message" in await refused(
            await sandbox.click(answer_, button(answer_, label), user=guest)
        )
    club.overwrites.pop(guest.id)
    await sandbox.deny(club, "read_message_history")
    said = await told_beside(await sandbox.click(alike, button(alike, "Swap"), user=guest))
    assert "Read Message History" in said
    await sandbox.allow(club, "read_message_history")
    await sandbox.delete(message)
    assert "cannot find that message" in await told_beside(
        await sandbox.click(alike, button(alike, "Swap"), user=guest)
    )


async def test_the_buttons_of_an_average_of_a_place(bot: Bot, album: Channel) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    club = await sandbox.open_channel("gallery")
    await post(bot, club, "person_a_1.jpg", "person_b_1.jpg")
    average = await answered(await sandbox.slash("average", {"thread": club}, user=guest, channel=album))

    async def pressed() -> str:
        return await refused(await sandbox.click(average, button(average, "Use median"), user=guest))

    await kept_out(bot, club, guest)
    assert "whose messages we can both read" in await pressed()
    club.overwrites.pop(guest.id)
    await sandbox.deny(club, "view_channel")
    assert "“View Channel”" in await pressed()
    await sandbox.allow(club, "view_channel")
    await sandbox.deny(album, "attach_files")
    assert "Attach Files" in await pressed()
    await sandbox.allow(album, "attach_files")
    await answered(await sandbox.click(average, button(average, "Use median"), user=guest))


async def test_the_buttons_of_an_average_of_a_private_thread(bot: Bot, album: Channel) -> None:
    sandbox, guest = bot.sandbox, bot.sandbox.person("Guest")
    thread = await sandbox.open_thread(album, "us two", guest, private=True)
    thread.members.add(sandbox.bot.id)
    await sandbox.post(thread, guest, files=[face("person_a_1.jpg"), face("person_b_1.jpg")])
    average = await answered(await sandbox.slash("average", {"thread": thread}, user=guest, channel=album))
    thread.members.discard(guest.id)
    pressed = await sandbox.click(average, button(average, "Use median"), user=guest)
    assert f"You are not in the private thread {thread.mention}" in await refused(pressed)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("permission", ["view_channel", "read_message_history"])
async def test_a_channel_that_the_bot_may_not_read(bot: Bot, permission: str, locale: str) -> None:
    closed = await bot.sandbox.open_channel(f"shut-{permission}-{locale}".lower())
    message = await post(bot, closed, "person_a_1.jpg", "person_b_1.jpg")
    await bot.sandbox.deny(closed, permission)
    for command, options in (
        ("average", {"thread": closed}),
        ("lookalikes", {"thread": closed}),
        ("similar", {"message": message.link}),
    ):
        said = await refused(await bot.sandbox.slash(command, options, locale=locale))
        assert closed.mention in said
        words = {"view_channel": "View Channel", "read_message_history": "Read Message History"}
        assert ("この写真の平均顔" if locale == "ja" else words[permission]) in said
        assert JAPANESE.search(said) if locale == "ja" else "“Average these faces”" in said


async def test_a_channel_where_the_bot_may_not_send_pictures(bot: Bot) -> None:
    mute = await bot.sandbox.open_channel("words-only")
    message = await post(bot, mute, "person_a_1.jpg", "person_b_1.jpg")
    await bot.sandbox.deny(mute, "attach_files")
    asked = [
        await bot.sandbox.slash(*SHORT, channel=mute),
        await bot.sandbox.slash("average", channel=mute),
        await bot.sandbox.message_command("How alike?", message),
    ]
    for invocation in asked:
        said = await refused(invocation)
        assert "Attach Files" in said
        assert mute.mention in said


async def test_a_channel_where_the_bot_may_not_send_messages(bot: Bot) -> None:
    """A reply to a command needs no permission to send messages."""
    quiet = await bot.sandbox.open_channel("quiet")
    await bot.sandbox.deny(quiet, "send_messages")
    await answered(await bot.sandbox.slash(*SHORT, channel=quiet))


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_without_the_intent_the_menu_of_a_message_still_works(blind: Bot, locale: str) -> None:
    general = blind.sandbox.channel("general")
    message = await post(blind, general, "person_a_1.jpg", "person_b_1.jpg")
    for command, options in (("average", {}), ("lookalikes", {}), ("similar", {"message": message.link})):
        said = await refused(await blind.sandbox.slash(command, options, locale=locale))
        assert "Message Content Intent" in said
        assert ("この写真の平均顔" if locale == "ja" else "“Average these faces”") in said
    reply = await answered(await blind.sandbox.message_command("Average these faces", message, locale=locale))
    assert "**2" in reply.text


async def test_a_command_of_a_forum_is_not_offered_messages(bot: Bot) -> None:
    forum = await bot.sandbox.open_channel("forum", ChannelType.FORUM)
    with pytest.raises(CannotInvoke):
        await bot.sandbox.slash("average", {"thread": forum})
