"""A person and a bot use the sandbox: commands, replies, buttons, forms, history, threads."""

from __future__ import annotations

import io

import discord
import openapi
import pytest
from discord import app_commands
from patience import PATIENCE, until

from sandbox import CannotInvoke, ChannelType, File, InvocationFailed, MessageFlag
from sandbox.cdn import one_colour_png

PNG = one_colour_png(7, (1, 2, 3))


async def similar(bot) -> None:
    @bot.tree.command(name="similar", description="How alike?")
    async def command(
        interaction: discord.Interaction, photo1: discord.Attachment, photo2: discord.Attachment, note: str = ""
    ) -> None:
        await interaction.response.defer(thinking=True)
        first, second = await photo1.read(), await photo2.read()
        text = f"{len(first)} {len(second)} {photo1.content_type} {photo1.width} {interaction.locale} {note}"
        picture = discord.File(io.BytesIO(first), "out.png", description="one of them")
        await interaction.edit_original_response(content=text, attachments=[picture])


@pytest.fixture
def photos() -> dict[str, File]:
    return {"photo1": File("a.png", PNG), "photo2": File("b.png", PNG + b"..")}


async def test_slash_is_deferred_and_edited(sandbox, connect, photos) -> None:
    async with connect(sandbox, similar):
        invocation = await sandbox.slash("similar", {**photos, "note": "hello"}, locale="ja")
        reply = await invocation.answered(PATIENCE)
    assert reply.content == f"{len(PNG)} {len(PNG) + 2} image/png 7 ja hello"
    [picture] = reply.files
    assert (picture.filename, picture.description, picture.data) == ("out.png", "one of them", PNG)
    assert (picture.content_type, picture.width, picture.height) == ("image/png", 7, 7)
    assert invocation.acknowledged_after is not None and invocation.acknowledged_after < 3
    assert invocation.history == [reply] and invocation.answer is reply
    assert not sandbox.refusals


async def test_commands_are_registered_with_localizations(sandbox, connect) -> None:
    async with connect(sandbox, similar) as bot:
        [command] = sandbox.application.commands.values()
        assert command["name_localizations"] == {"ja": "そっくり"}
        assert command["description_localizations"] == {"ja": "どれくらい似ていますか"}
        [plain] = await bot.tree.fetch_commands()
        assert plain.name == "similar" and [option.name for option in plain.options] == ["photo1", "photo2", "note"]
        await bot.tree.sync()
        assert list(sandbox.application.commands) == [int(command["id"])]


async def test_a_person_cannot_send_what_was_not_registered(sandbox, connect, photos) -> None:
    async with connect(sandbox, similar):
        with pytest.raises(CannotInvoke, match="photo2"):
            await sandbox.slash("similar", {"photo1": photos["photo1"]})
        with pytest.raises(CannotInvoke, match="attachment"):
            await sandbox.slash("similar", {**photos, "photo1": "a.png"})
        with pytest.raises(CannotInvoke, match="colour"):
            await sandbox.slash("similar", {**photos, "colour": "red"})
        with pytest.raises(CannotInvoke, match="registered"):
            await sandbox.slash("same")


async def test_commands_are_offered_by_place_and_permission(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="here", description="Here.")
        @app_commands.guild_only()
        async def here(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("here")

        @bot.tree.command(name="mine", description="Mine.")
        @app_commands.default_permissions(administrator=True)
        async def mine(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("mine")

    async with connect(sandbox, setup):
        assert (await (await sandbox.slash("here")).answered(PATIENCE)).content == "here"
        assert (await (await sandbox.slash("mine")).answered(PATIENCE)).content == "mine"
        with pytest.raises(CannotInvoke, match="here"):
            await sandbox.slash("here", channel=sandbox.direct())
        with pytest.raises(CannotInvoke, match="Aoi"):
            await sandbox.slash("mine", user=sandbox.person("Aoi"))
        with pytest.raises(CannotInvoke, match="locale"):
            await sandbox.slash("here", locale="jp")


async def test_every_kind_of_option_arrives_typed(sandbox, connect) -> None:
    got: list[object] = []

    async def setup(bot) -> None:
        group = app_commands.Group(name="try", description="Try.")

        @group.command(name="all", description="All of them.")
        @app_commands.choices(colour=[app_commands.Choice(name="Red", value="red")])
        async def command(
            interaction: discord.Interaction,
            text: str,
            number: app_commands.Range[int, 1, 9],
            share: float,
            yes: bool,
            who: discord.Member,
            where: app_commands.AppCommandThread,
            colour: str,
        ) -> None:
            got.extend([text, number, share, yes, who.name, who.bot, where.name, where.parent_id, colour])
            got.extend([where.permissions.read_message_history, interaction.app_permissions.attach_files])
            await interaction.response.send_message("done", ephemeral=True)

        bot.tree.add_command(group)

    async with connect(sandbox, setup):
        thread = await sandbox.open_thread(sandbox.channel("general"), "Party")
        values = {"text": "x", "number": 9, "share": 0.5, "yes": True, "who": sandbox.person("Aoi")}
        values |= {"where": thread, "colour": "red"}
        reply = await (await sandbox.slash("try all", values)).answered(PATIENCE)
        assert (reply.content, reply.ephemeral) == ("done", True)
        assert got == ["x", 9, 0.5, True, "aoi", False, "Party", thread.parent.id, "red", True, True]
        for name, wrong in (("number", 10), ("number", "9"), ("colour", "blue"), ("yes", 1), ("who", thread)):
            with pytest.raises(CannotInvoke, match=name):
                await sandbox.slash("try all", {**values, name: wrong})
        assert sandbox.channel("general").messages == {}


async def test_progress_is_kept_as_history(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="work", description="Work.")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.defer()
            for step in range(3):
                await interaction.edit_original_response(content=f"{step}")
            await interaction.edit_original_response(
                content="done", attachments=[discord.File(io.BytesIO(PNG), "a.png")]
            )
            await interaction.followup.send("and more")

    async with connect(sandbox, setup):
        invocation = await sandbox.slash("work")
        reply = await invocation.answered(PATIENCE, until=lambda message: bool(message.files))
        [more] = await invocation.followed_up(within=PATIENCE)
    assert reply.content == "done" and more.content == "and more"
    assert [version.content for version in invocation.history] == ["0", "1", "2", "done"]
    assert list(sandbox.channel("general").messages) == [reply.id, more.id]


async def test_the_first_followup_takes_the_place_of_thinking(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="work", description="Work.")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.defer(ephemeral=True)
            await interaction.followup.send("done")

    async with connect(sandbox, setup):
        invocation = await sandbox.slash("work")
        reply = await invocation.answered(PATIENCE)
    assert reply.ephemeral and not invocation.followups


async def test_attachments_stay_go_and_show_in_embeds(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="work", description="Work.")
        async def command(interaction: discord.Interaction) -> None:
            files = [discord.File(io.BytesIO(PNG), name) for name in ("a.png", "b.png")]
            embed = discord.Embed(title="T").set_image(url="attachment://b.png")
            await interaction.response.send_message(files=files, embed=embed)
            message = await interaction.original_response()
            assert [one.filename for one in message.attachments] == ["a.png"]
            assert str(message.embeds[0].image.url).startswith(sandbox.cdn.base)
            new = discord.File(io.BytesIO(b"text"), "c.txt")
            await interaction.edit_original_response(content="x", embeds=[], attachments=[*message.attachments, new])

    async with connect(sandbox, setup) as bot:
        invocation = await sandbox.slash("work")
        reply = await invocation.answered(PATIENCE, until=lambda message: message.content == "x")
        assert not bot.errors
    first, last = invocation.history
    assert [one.filename for one in first.attachments] == ["a.png"]
    assert [one.filename for one in first.embedded] == ["b.png"]
    assert reply is last and [one.filename for one in last.files] == ["a.png", "c.txt"]
    assert last.files[1].content_type == "text/plain; charset=utf-8"


async def test_buttons_menus_and_forms(sandbox, connect) -> None:
    async def setup(bot) -> None:
        class Form(discord.ui.Modal, title="Form"):
            name = discord.ui.TextInput(label="Name", custom_id="name")

            async def on_submit(self, interaction: discord.Interaction) -> None:
                await interaction.response.send_message(f"hello {self.name.value}", ephemeral=True)

        class Buttons(discord.ui.View):
            @discord.ui.button(label="Form", custom_id="form")
            async def form(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
                await interaction.response.send_modal(Form())

            @discord.ui.button(label="Change", custom_id="change")
            async def change(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
                await interaction.response.edit_message(content="changed")

            @discord.ui.select(custom_id="menu", options=[discord.SelectOption(label="A", value="a")])
            async def menu(self, interaction: discord.Interaction, menu: discord.ui.Select) -> None:
                await interaction.response.defer()
                await interaction.edit_original_response(content=f"chose {menu.values}")

        @bot.tree.command(name="ask", description="Ask.")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("ask", view=Buttons())

    async with connect(sandbox, setup):
        question = await (await sandbox.slash("ask")).answered(PATIENCE)
        assert (await (await sandbox.click(question, "change")).answered(PATIENCE)).content == "changed"
        assert (await (await sandbox.select(question, "menu", ["a"])).answered(PATIENCE)).content == "chose ['a']"
        form = await sandbox.click(question, "form", user=sandbox.person("Aoi"))
        assert (await form.opened(PATIENCE))["title"] == "Form"
        hello = await (await sandbox.submit(form, {"name": "Aoi"})).answered(PATIENCE)
        assert hello.content == "hello Aoi" and hello.ephemeral
        assert [one.content for one in sandbox.channel("general").messages.values()] == ["chose ['a']"]
        with pytest.raises(CannotInvoke):
            await sandbox.select(question, "menu", ["b"])
        with pytest.raises(CannotInvoke):
            await sandbox.click(question, "gone")
    assert not sandbox.refusals


async def test_context_menus_and_autocomplete(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.context_menu(name="Look at this")
        async def look(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"{message.content} {len(await message.attachments[0].read())}")

        @bot.tree.context_menu(name="Look at them")
        async def them(interaction: discord.Interaction, user: discord.Member) -> None:
            await interaction.response.send_message(f"{user.name} {len(await user.display_avatar.read())}")

        @bot.tree.command(name="pick", description="Pick.")
        async def pick(interaction: discord.Interaction, colour: str) -> None:
            await interaction.response.send_message(colour)

        @pick.autocomplete("colour")
        async def colours(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [
                app_commands.Choice(name=one, value=one) for one in ("red", "rose", "blue") if one.startswith(typed)
            ]

    async with connect(sandbox, setup):
        aoi = sandbox.person("Aoi", avatar=File("me.png", PNG))
        message = await sandbox.post(sandbox.channel("general"), aoi, "look", [File("a.png", PNG)])
        reply = await (await sandbox.message_command("Look at this", message)).answered(PATIENCE)
        assert reply.content == f"look {len(PNG)}"
        reply = await (await sandbox.user_command("Look at them", aoi)).answered(PATIENCE)
        assert reply.content == f"aoi {len(PNG)}"
        offered = await (await sandbox.autocomplete("pick", {"colour": "r"}, "colour")).chosen(PATIENCE)
        assert [choice["value"] for choice in offered] == ["red", "rose"]


async def test_history_comes_in_pages(sandbox, connect) -> None:
    channel = sandbox.channel("general")
    posted = [await sandbox.post(channel, content=str(number)) for number in range(250)]
    async with connect(sandbox) as bot:
        there = bot.get_channel(channel.id)
        newest_first = [message.content async for message in there.history(limit=None)]
        assert newest_first == [str(number) for number in reversed(range(250))]
        pages = [one for one in sandbox.requests if one.path.endswith("/messages")]
        assert [len(page.response) for page in pages] == [100, 100, 50]
        middle = discord.Object(posted[120].id)
        assert [m.content async for m in there.history(before=middle, limit=2)] == ["119", "118"]
        assert [m.content async for m in there.history(after=middle, limit=2)] == ["121", "122"]
        around = [m.content async for m in there.history(around=middle, limit=5)]
        assert sorted(map(int, around)) == [118, 119, 120, 121, 122]


async def test_threads(sandbox, connect) -> None:
    channel = sandbox.channel("general")
    old = await sandbox.open_thread(channel, "Old")
    await sandbox.post(old, content="in there", files=[File("a.png", PNG)])
    async with connect(sandbox) as bot:
        there = bot.get_channel(channel.id)
        assert [thread.name for thread in there.threads] == ["Old"]
        new = await sandbox.open_thread(channel, "New")
        hidden = await sandbox.open_thread(channel, "Hidden", private=True)
        await sandbox.archive(old)
        archived = [thread async for thread in there.archived_threads()]
        assert [thread.name for thread in archived] == ["Old"]
        [message] = [message async for message in archived[0].history()]
        assert await message.attachments[0].read() == PNG
        assert [thread.id for thread in await there.guild.active_threads()] == [new.id]
        with pytest.raises(discord.Forbidden):
            await bot.fetch_channel(hidden.id)
        started = await there.create_thread(name="Mine", type=discord.ChannelType.public_thread)
        sent = await started.send("first", file=discord.File(io.BytesIO(PNG), "a.png"))
        await sent.edit(content="second")
        assert sandbox.world.channel(started.id).messages[sent.id].content == "second"
        await sent.delete()
        assert not sandbox.world.channel(started.id).messages


async def test_messages_arrive_as_they_are_posted(sandbox, connect) -> None:
    async with connect(sandbox) as bot:
        await sandbox.post(sandbox.channel("general"), content="in the guild", files=[File("a.png", PNG)])
        await sandbox.post(sandbox.direct(), content="in private")
        await until(lambda: len(bot.seen) == 2)
        assert [(message.content, len(message.attachments)) for message in bot.seen] == [
            ("in the guild", 1),
            ("in private", 0),
        ]


async def test_direct_conversations(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="where", description="Where?")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"{interaction.guild} {type(interaction.channel).__name__}")

    async with connect(sandbox, setup):
        reply = await (await sandbox.slash("where", channel=sandbox.direct())).answered(PATIENCE)
        assert reply.content == "None DMChannel"


async def test_all_shards_take_part(connect) -> None:
    from sandbox import Sandbox

    async def setup(bot) -> None:
        @bot.tree.command(name="shard", description="Shard?")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(str(interaction.guild.shard_id))

    async with Sandbox(shards=2) as sandbox:
        guilds = [sandbox.guild, *(sandbox.add_guild(f"G{number}") for number in range(3))]
        async with connect(sandbox, setup) as bot:
            assert bot.shard_count == 2 and len(bot.guilds) == 4
            for guild in guilds:
                channel = next(iter(guild.channels.values()))
                reply = await (await sandbox.slash("shard", channel=channel)).answered(PATIENCE)
                assert reply.content == str((guild.id >> 22) % 2)


async def test_a_silent_bot_fails_the_person_after_three_seconds(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="sleep", description="Sleep.")
        async def command(interaction: discord.Interaction) -> None:
            """Says nothing."""

    async with connect(sandbox, setup):
        invocation = await sandbox.slash("sleep")
        sandbox.clock.advance(3)
        with pytest.raises(InvocationFailed, match="3 s"):
            await invocation.answered(PATIENCE)
    [refusal] = sandbox.refusals
    assert (refusal.where, refusal.code) == ("sleep", 10062)


async def test_waiting_for_an_answer_ends(sandbox, connect) -> None:
    async def setup(bot) -> None:
        @bot.tree.command(name="think", description="Think.")
        async def command(interaction: discord.Interaction) -> None:
            await interaction.response.defer()

    async with connect(sandbox, setup):
        invocation = await sandbox.slash("think")
        await invocation.acknowledged(PATIENCE)
        with pytest.raises(TimeoutError, match="DEFERRED_MESSAGE"):
            await invocation.answered(0.05)


async def test_a_layout_stays_one_when_it_is_edited(sandbox, connect) -> None:
    async def setup(bot) -> None:
        class Layout(discord.ui.LayoutView):
            text = discord.ui.TextDisplay("text")

        @bot.tree.command(name="layout", description="Layout.")
        async def layout(interaction: discord.Interaction) -> None:
            await interaction.response.send_message(view=Layout())
            await interaction.edit_original_response(view=Layout())
            route = discord.http.Route(
                "PATCH",
                "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
                webhook_id=interaction.application_id,
                webhook_token=interaction.token,
            )
            components = [{"type": 10, "content": "without flags"}]
            await interaction.client.http.request(route, json={"components": components})
            await interaction.edit_original_response(content="no room for words")

    async with connect(sandbox, setup) as bot:
        invocation = await sandbox.slash("layout")
        await invocation.answered(PATIENCE, until=lambda message: message.components[0]["content"] == "without flags")
        await until(lambda: bool(bot.errors))
    assert [refusal.code for refusal in sandbox.refusals] == [50035]
    assert all(MessageFlag.COMPONENTS_V2 in version.flags for version in invocation.history)


@pytest.mark.shared
async def test_everything_said_is_as_discord_describes_it(sandbox, connect, photos, shared) -> None:
    async def setup(bot) -> None:
        await similar(bot)

        class Layout(discord.ui.LayoutView):
            box = discord.ui.Container(
                discord.ui.TextDisplay("text"),
                discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png")),
                discord.ui.ActionRow(discord.ui.Button(label="B", custom_id="b")),
            )

        @bot.tree.command(name="layout", description="Layout.")
        async def layout(interaction: discord.Interaction, place: discord.TextChannel, count: int = 1) -> None:
            await interaction.response.send_message(view=Layout(), file=discord.File(io.BytesIO(PNG), "a.png"))
            embed = (
                discord.Embed(title="T", colour=1).set_image(url="attachment://a.png").add_field(name="n", value="v")
            )
            await interaction.followup.send(embed=embed, file=discord.File(io.BytesIO(PNG), "a.png"))
            view = discord.ui.View().add_item(discord.ui.Button(label="B", custom_id="b"))
            view.add_item(discord.ui.Select(custom_id="s", options=[discord.SelectOption(label="A")]))
            await interaction.followup.send("classic", view=view, ephemeral=True)

        @bot.tree.context_menu(name="Look")
        async def look(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.defer(thinking=True)
            await interaction.delete_original_response()

    channel = sandbox.channel("general")
    thread = await sandbox.open_thread(channel, "Thread")
    await sandbox.open_channel("voice", ChannelType.VOICE)
    await sandbox.open_channel("forum", ChannelType.FORUM)
    message = await sandbox.post(channel, sandbox.person("Aoi"), f"hi {sandbox.bot.mention}", [File("a.png", PNG)])
    async with connect(sandbox, setup) as bot:
        await (await sandbox.slash("similar", photos)).answered(PATIENCE)
        laid_out = await sandbox.slash("layout", {"place": channel})
        await laid_out.followed_up(2, PATIENCE)
        looked = await sandbox.message_command("Look", message)
        await looked.changes.until(lambda: looked.deleted, PATIENCE)
        there, inside = await bot.fetch_channel(channel.id), await bot.fetch_channel(thread.id)
        await bot.fetch_guild(sandbox.guild.id)
        guild = bot.get_guild(sandbox.guild.id)
        await guild.fetch_channels(), await guild.fetch_roles(), await guild.fetch_member(sandbox.owner.id)
        await guild.active_threads(), await bot.fetch_user(sandbox.owner.id)
        _ = [one async for one in there.history()], [one async for one in there.archived_threads(limit=5)]
        _ = [one async for one in bot.fetch_guilds()]
        await inside.join()
        async with inside.typing():
            sent = await inside.send("x", file=discord.File(io.BytesIO(PNG), "a.png", description="d"))
        await (await inside.fetch_message(sent.id)).edit(content="y")
        await sent.create_thread(name="z") if not sent.thread and inside.parent is None else None
        await there.create_thread(name="t", type=discord.ChannelType.public_thread)
        await sent.delete()
        [command, *_] = await bot.tree.fetch_commands()
        await command.edit(description="Changed")
        await command.delete()
        await bot.tree.sync(guild=discord.Object(sandbox.guild.id))
        await (await bot.fetch_user(sandbox.owner.id)).send("hello")
        with pytest.raises(discord.NotFound):
            await bot.fetch_channel(1)
        with pytest.raises(discord.HTTPException):
            await there.send("x" * 2001)
        assert not bot.errors
    assert not [one for one in sandbox.refusals if one.code not in (10003, 50035)]
    openapi.load(shared).check(sandbox.requests)
