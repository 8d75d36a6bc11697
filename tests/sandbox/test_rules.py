"""The sandbox refuses what Discord refuses, with Discord's own codes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE, until

from sandbox import File, Sandbox
from sandbox.commands import check_commands, is_name
from sandbox.refused import Refused

Body = Callable[[discord.Interaction], Awaitable[None]]


def command(body: Body):
    async def setup(bot) -> None:
        @bot.tree.command(name="do", description="Do.")
        async def do(interaction: discord.Interaction) -> None:
            await body(interaction)

    return setup


async def refused(sandbox: Sandbox, connect, body: Body, **options: object) -> discord.HTTPException:
    """Sends `body` and returns the error that Discord would answer."""
    caught: asyncio.Future[discord.HTTPException] = asyncio.get_running_loop().create_future()

    async def catching(interaction: discord.Interaction) -> None:
        try:
            await body(interaction)
        except discord.HTTPException as error:
            caught.set_result(error)

    async with connect(sandbox, command(catching)):
        await sandbox.slash("do", **options)
        error = await asyncio.wait_for(caught, PATIENCE)
    assert error.code in [refusal.code for refusal in sandbox.refusals]
    return error


async def test_three_seconds_to_acknowledge(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        sandbox.clock.advance(3.1)
        await interaction.response.defer()

    error = await refused(sandbox, connect, body)
    assert (error.status, error.code) == (404, 10062)


async def test_only_one_acknowledgement(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        interaction.response._response_type = None
        await interaction.response.defer()

    error = await refused(sandbox, connect, body)
    assert (error.status, error.code) == (400, 40060)


async def test_nothing_can_be_edited_before(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.edit_original_response(content="too early")

    error = await refused(sandbox, connect, body)
    assert (error.status, error.code) == (404, 10015)


async def test_tokens_live_for_fifteen_minutes(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        sandbox.clock.advance(15 * 60 - 10)
        await interaction.edit_original_response(content="just in time")
        sandbox.clock.advance(20)
        await interaction.edit_original_response(content="too late")

    error = await refused(sandbox, connect, body)
    assert (error.status, error.code) == (401, 50027)


async def test_files_have_the_size_that_the_interaction_allows(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        assert interaction.filesize_limit == 1000
        for size in (1000, 1001):
            await interaction.edit_original_response(attachments=[discord.File(io.BytesIO(b"x" * size), "a.txt")])

    error = await refused(sandbox, connect, body, attachment_size_limit=1000)
    assert (error.status, error.code) == (413, 40005)


async def test_eleven_files_are_too_many(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(files=[discord.File(io.BytesIO(b"x"), f"{n}.txt") for n in range(11)])

    error = await refused(sandbox, connect, body)
    assert (error.status, error.code) == (400, 30015)


TOO_MUCH: dict[str, dict[str, object]] = {
    "content": {"content": "x" * 2001},
    "embeds.0.title": {"embed": discord.Embed(title="x" * 257)},
    "embeds.0.description": {"embed": discord.Embed(description="x" * 4097)},
    "embeds.0.footer.text": {"embed": discord.Embed().set_footer(text="x" * 2049)},
    "embeds.0.fields.0.value": {"embed": discord.Embed().add_field(name="n", value="x" * 1025)},
    "embeds": {"embeds": [discord.Embed(description="x" * 3001)] * 2},
}


@pytest.mark.parametrize("place", TOO_MUCH)
async def test_messages_have_limits(sandbox, connect, place) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(**TOO_MUCH[place])

    error = await refused(sandbox, connect, body)
    assert (error.status, error.code) == (400, 50035)
    assert f"In {place}" in str(error)


async def test_alternative_text_has_a_limit(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        for length in (1024, 1025):
            file = discord.File(io.BytesIO(b"x"), "a.txt", description="x" * length)
            await interaction.edit_original_response(attachments=[file])

    error = await refused(sandbox, connect, body)
    assert (error.code, "In attachments.0.description" in str(error)) == (50035, True)


async def test_a_reply_holds_something(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("")

    assert (await refused(sandbox, connect, body)).code == 50006


async def test_a_component_needs_the_file_that_it_shows(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        view = discord.ui.LayoutView()
        view.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://missing.png")))
        await interaction.response.send_message(view=view)

    error = await refused(sandbox, connect, body)
    assert error.code == 50035 and "missing.png" in str(error)


async def test_only_attachments_that_are_there_can_stay(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("x")
        route = discord.http.Route(
            "PATCH",
            "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
            webhook_id=interaction.application_id,
            webhook_token=interaction.token,
        )
        await interaction.client.http.request(route, json={"attachments": [{"id": "123"}]})

    assert (await refused(sandbox, connect, body)).code == 50035


async def test_menus_hold_25_options(sandbox, connect) -> None:
    async def body(interaction: discord.Interaction) -> None:
        view = discord.ui.View()
        menu = discord.ui.Select(custom_id="menu")
        menu._underlying.options = [discord.SelectOption(label=str(n)) for n in range(26)]
        await interaction.response.send_message("pick", view=view.add_item(menu))

    assert (await refused(sandbox, connect, body)).code == 50035


async def test_permissions(sandbox, connect) -> None:
    channel = sandbox.channel("general")
    message = await sandbox.post(channel, content="old")
    thread = await sandbox.open_thread(channel, "Thread")
    await sandbox.post(thread, content="old")
    async with connect(sandbox) as bot:
        there, inside = bot.get_channel(channel.id), bot.get_channel(thread.id)
        await sandbox.deny(channel, "read_message_history")
        assert [one async for one in there.history()] == [] == [one async for one in inside.history()]
        with pytest.raises(discord.Forbidden) as caught:
            await there.fetch_message(message.id)
        assert caught.value.code == 50001
        await sandbox.allow(channel, "read_message_history")
        assert [one.id async for one in there.history()] == [message.id]
        await sandbox.deny(channel, "attach_files")
        with pytest.raises(discord.Forbidden) as caught:
            await there.send(file=discord.File(io.BytesIO(b"x"), "a.txt"))
        assert caught.value.code == 50013
        await there.send("words alone")
        await sandbox.deny(channel, "send_messages")
        with pytest.raises(discord.Forbidden):
            await there.send("x")
        await inside.send("threads have a permission of their own")
        await sandbox.deny(channel, "view_channel")
        for attempt in (there.history(limit=1).__anext__(), bot.fetch_channel(thread.id), there.send("x")):
            with pytest.raises(discord.Forbidden) as caught:
                await attempt
            assert caught.value.code == 50001
        await until(lambda: not there.permissions_for(there.guild.me).view_channel)


async def test_only_its_own_messages_can_be_edited(sandbox, connect) -> None:
    message = await sandbox.post(sandbox.channel("general"), content="mine")
    async with connect(sandbox) as bot:
        other = await bot.get_channel(message.channel.id).fetch_message(message.id)
        with pytest.raises(discord.Forbidden) as caught:
            await bot.http.request(
                discord.http.Route("PATCH", f"/channels/{message.channel.id}/messages/{other.id}"),
                json={"content": "x"},
            )
        assert caught.value.code == 50005
        with pytest.raises(discord.Forbidden) as caught:
            await other.delete()
        assert caught.value.code == 50013


@pytest.mark.parametrize("switched_on", [True, False])
async def test_without_the_intent_other_peoples_words_are_empty(connect, switched_on) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="do", description="Do.")
        async def do(interaction: discord.Interaction, photo: discord.Attachment) -> None:
            await interaction.response.send_message(str(len(await photo.read())))

        @bot.tree.context_menu(name="Look")
        async def look(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"{message.content} {len(message.attachments)}")

    intents = discord.Intents.default()
    intents.message_content = switched_on
    async with Sandbox(privileged=("message_content",) if switched_on else ()) as sandbox:
        channel, direct = sandbox.channel("general"), sandbox.direct()
        async with connect(sandbox, setup, intents=intents) as bot:
            plain = await sandbox.post(channel, content="plain", files=[File("a.png", b"x")])
            called = await sandbox.post(channel, content=f"{sandbox.bot.mention} called", files=[File("b.png", b"x")])
            private = await sandbox.post(direct, content="private")
            own = await bot.get_channel(channel.id).send("own")
            looked = await (await sandbox.message_command("Look", plain)).answered(PATIENCE)
            given = await (await sandbox.slash("do", {"photo": File("c.png", b"xyz")})).answered(PATIENCE)
            live = {message.id: message for message in bot.seen}
            stored = {message.id: message async for message in bot.get_channel(channel.id).history()}
    for seen in (live, stored):
        shown = seen[plain.id]
        assert (bool(shown.content), bool(shown.attachments)) == (switched_on, switched_on)
        assert seen[called.id].content.endswith("called") and seen[called.id].attachments
    assert live[private.id].content == "private" and stored[own.id].content == "own"
    assert looked.content == "plain 1" and given.content == "3"


async def test_a_session_that_did_not_ask_for_the_intent_does_not_get_it(sandbox, connect) -> None:
    async with connect(sandbox, intents=discord.Intents.default()) as bot:
        posted = await sandbox.post(sandbox.channel("general"), content="plain")
        await until(lambda: bool(bot.seen))
        assert bot.seen[0].content == ""
        again = await bot.get_channel(posted.channel.id).fetch_message(posted.id)
        assert again.content == "plain"


async def test_what_is_not_there_is_not_found(sandbox) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {sandbox.token}"}) as session:
        for path, code in (
            ("/channels/1", 10003),
            ("/guilds/1", 10004),
            ("/users/1", 10013),
            (f"/guilds/{sandbox.guild.id}/members/1", 10007),
            (f"/channels/{sandbox.channel('general').id}/messages/1", 10008),
            (f"/applications/{sandbox.bot.id}/commands/1", 10063),
            (f"/webhooks/{sandbox.bot.id}/nothing/messages/@original", 10015),
            ("/no/such/route", 0),
        ):
            async with session.get(sandbox.api + path) as response:
                assert (response.status, (await response.json())["code"]) == (404, code)
        async with session.post(sandbox.api + "/interactions/1/x/callback", json={"type": 5}) as response:
            assert (await response.json())["code"] == 10062
        async with session.get(sandbox.api + "/channels/x") as response:
            assert (await response.json())["code"] == 50035
        async with session.get(
            f"{sandbox.api}/channels/{sandbox.channel('general').id}/messages?limit=101"
        ) as response:
            assert (response.status, (await response.json())["code"]) == (400, 50035)
        async with session.put(f"{sandbox.api}/applications/{sandbox.bot.id}/commands", data="{") as response:
            assert (await response.json())["code"] == 50109


# ---------------------------------------------------------------- commands


def wrong(*commands: dict[str, object]) -> dict[str, object]:
    with pytest.raises(Refused) as caught:
        check_commands(list(commands))
    assert (caught.value.status, caught.value.code, caught.value.message) == (400, 50035, "Invalid Form Body")
    assert caught.value.errors is not None
    return caught.value.errors


GOOD = {"name": "good", "description": "Good."}


def test_command_forms_name_each_mistake() -> None:
    check_commands([GOOD, {"name": "Context Menu", "type": 3}, {"name": "good", "type": 2}])
    assert "name" in wrong({**GOOD, "name": "Not Good"})["0"]
    assert "name" in wrong(GOOD, {**GOOD, "name": "x" * 33})["1"]
    assert "description" in wrong({"name": "x"})["0"]
    assert "description" in wrong({**GOOD, "description": "x" * 101})["0"]
    assert "_errors" in wrong(GOOD, GOOD)["1"]
    assert "ja" in wrong({**GOOD, "name_localizations": {"ja": "だ め"}})["0"]["name_localizations"]
    assert "jp" in wrong({**GOOD, "description_localizations": {"jp": "だめ"}})["0"]["description_localizations"]
    optional = {"type": 3, "name": "a", "description": "A."}
    needed = {"type": 3, "name": "b", "description": "B.", "required": True}
    check_commands([{**GOOD, "options": [needed, optional]}])
    assert "1" in wrong({**GOOD, "options": [optional, needed]})["0"]["options"]
    assert "1" in wrong({**GOOD, "options": [optional, optional]})["0"]["options"]
    many = [{**optional, "name": f"o{n}"} for n in range(26)]
    assert "_errors" in wrong({**GOOD, "options": many})["0"]["options"]
    choices = [{"name": str(n), "value": str(n)} for n in range(26)]
    assert "choices" in wrong({**GOOD, "options": [{**optional, "choices": choices}]})["0"]["options"]["0"]
    assert "description" in wrong({"name": "Menu", "type": 3, "description": "none here"})["0"]
    long = [{**optional, "name": f"o{n}", "choices": [{"name": "n", "value": "x" * 900}]} for n in range(9)]
    assert "_errors" in wrong({**GOOD, "options": long})["0"]
    assert "_errors" in wrong(*({**GOOD, "name": f"c{n}"} for n in range(101)))


@given(st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=32))
def test_letters_and_digits_of_any_script_make_a_name(text: str) -> None:
    assert is_name(text) == (text == text.lower())


@pytest.mark.parametrize(("name", "good"), [("そっくり", True), ("ユーザー", True), ("a-b_c'd", True), ("a b", False)])
def test_names(name: str, good: bool) -> None:
    assert is_name(name) is good
