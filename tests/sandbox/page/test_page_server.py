"""The server side of the page, over real sockets and with a real client as the bot."""

from __future__ import annotations

import asyncio
import io
import re
from contextlib import AsyncExitStack

import discord
import pytest
from discord import app_commands
from page_client import open_page
from yarl import URL

from sandbox import File, Sandbox
from sandbox.cdn import one_colour_png
from sandbox.page.routes import STATIC
from sandbox.state import Overwrite

PNG = one_colour_png(7, (1, 2, 3))


class Form(discord.ui.Modal, title="Tell us"):
    name = discord.ui.TextInput(label="Name", max_length=5)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"thanks {self.name}", ephemeral=True)


class Controls(discord.ui.View):
    @discord.ui.button(label="Press", custom_id="press")
    async def press(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.edit_message(content=f"pressed by {interaction.user.display_name}")

    @discord.ui.button(label="Form", custom_id="form")
    async def form(self, interaction: discord.Interaction, _: discord.ui.Button) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(
        custom_id="pick",
        options=[discord.SelectOption(label="One", value="1"), discord.SelectOption(label="Two", value="2")],
    )
    async def pick(self, interaction: discord.Interaction, select: discord.ui.Select) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}")

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who")
    async def who(self, interaction: discord.Interaction, select: discord.ui.UserSelect) -> None:
        await interaction.response.send_message(f"picked {select.values[0].display_name}")


async def setup(bot) -> None:
    @bot.tree.command(name="similar", description="How alike?")
    async def similar(
        interaction: discord.Interaction, photo: discord.Attachment, who: discord.Member | None = None
    ) -> None:
        await interaction.response.defer(thinking=True)
        data = await photo.read()
        picture = discord.File(io.BytesIO(data), "out.png", description="the same")
        text = f"{photo.filename} {interaction.locale} {who.display_name if who else ''}"
        await interaction.edit_original_response(content=text, attachments=[picture])

    @bot.tree.command(name="secret", description="For you alone.")
    async def secret(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)

    @bot.tree.command(name="controls", description="Buttons and menus.")
    async def controls(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("use these", view=Controls())

    @bot.tree.command(name="silence", description="Never answers.")
    async def silence(interaction: discord.Interaction) -> None:
        await asyncio.sleep(0)

    @bot.tree.command(name="fruit", description="Suggests.")
    async def fruit(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(name)

    @fruit.autocomplete("name")
    async def names(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=one, value=one) for one in ("apple", "banana") if current in one]

    @bot.tree.command(name="moderate", description="For some.")
    @app_commands.default_permissions(manage_messages=True)
    async def moderate(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("done")

    @bot.tree.context_menu(name="Count")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.attachments)} files")

    @bot.tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, user: discord.User) -> None:
        await interaction.response.send_message(f"hello {user.display_name}")


def says(text: str):
    return lambda event: text in event["message"]["content"]


# ---------------------------------------------------------------- what is served


async def test_the_page_and_all_that_it_names_are_served(visit) -> None:
    async with visit() as page:
        async with page.session.get("") as answer:
            text = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
        assert (
            "default-src 'none'; script-src 'self'; style-src 'self'" in policy and "frame-ancestors 'none'" in policy
        )
        assert "unsafe" not in policy and answer.headers["X-Content-Type-Options"] == "nosniff"
        for path in re.findall(r'(?:href|src)="(static/[^"]+)"', text):
            async with page.session.get(path) as answer:
                assert answer.status == 200 and answer.headers["Content-Security-Policy"] == policy
        for name in ("nothing.js", "..%2Froutes.py", "%2e%2e/routes.py"):
            async with page.session.get(f"static/{name}") as answer:
                assert answer.status == 404


def test_the_page_is_light_and_stands_alone() -> None:
    """They have less than 150 KB in all, import only existing modules, hold no foreign address and parse no markup."""
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < 150_000
    modules = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
    for name, text in modules.items():
        for imported in re.findall(r'from "\./([^"]+)"', text):
            assert imported in modules, (name, imported)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )
        away = set(re.findall(r"https?://[\w.]+", text)) - {"http://www.w3.org", "https://discord.com"}
        assert not away, (name, away)
    index = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "style=" not in index and not re.search(r"<script(?! type=\"module\" src=)", index)


async def test_files_are_shown_and_never_opened_as_pages(sandbox, visit) -> None:
    general = sandbox.channel("general")
    files = [File("a.png", PNG), File("page.html", b"<script>alert(1)</script>")]
    message = await sandbox.post(general, files=files)
    sandbox.cdn.expire()  # concerns only what the bot fetches
    async with visit() as page:
        [shown] = page.snapshot["messages"][str(general.id)]
        picture, script = shown["attachments"]
        async with page.session.get(picture["url"]) as answer:
            assert await answer.read() == PNG and answer.content_type == "image/png"
        async with page.session.get(script["url"]) as answer:
            assert answer.headers["Content-Disposition"] == "attachment"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        forged = [
            picture["url"].replace(str(message.attachments[0].id), "1"),
            re.sub("[0-9a-f]{64}", "0", picture["url"]),
        ]
        for address in forged:
            async with page.session.get(address) as answer:
                assert answer.status == 404
    assert sandbox.cdn.downloads == []


async def test_avatars_are_served(sandbox, visit) -> None:
    user = sandbox.person("Mio", avatar=File("me.png", PNG))
    async with visit() as page:
        async with page.session.get(f"avatars/{user.id}/{user.avatar_hash}") as answer:
            assert await answer.read() == PNG
        async with page.session.get(f"avatars/{user.id}/other") as answer:
            assert answer.status == 404


# ---------------------------------------------------------------- what is told


async def test_a_snapshot_tells_what_this_person_sees(sandbox, visit) -> None:
    hidden = await sandbox.open_channel("hidden")
    hidden.overwrites[sandbox.guild.id] = Overwrite(deny=discord.Permissions(view_channel=True).value)
    mio = sandbox.person("Mio", locale="ja")
    sandbox.person("Ren", moderator=True)
    await sandbox.post(sandbox.channel("general"), content="hello")
    async with visit() as page:
        parts = {one["username"]: one["part"] for one in page.snapshot["people"]}
        assert parts == {"kei": "owner", "Sokkuri": "bot", "mio": "member", "ren": "moderator"}
        assert page.place("hidden") == str(hidden.id)  # the owner sees everything
        assert page.snapshot["messages"][page.place("general")][0]["content"] == "hello"
        assert (await page.ask("whoami", user=str(mio.id)))["type"] == "done"
        assert (page.snapshot["me"], page.snapshot["locale"]) == (str(mio.id), "en-US")
        assert (await page.ask("whoami", locale="ja"))["type"] == "done"
        assert (page.snapshot["me"], page.snapshot["locale"]) == (str(mio.id), "ja")
        names = [one.get("name") for one in page.snapshot["channels"]]
        assert "hidden" not in names and None in names  # None: the direct messages with the bot
        await sandbox.post(hidden, content="among ourselves")
        await sandbox.post(sandbox.channel("general"), content="for all")
        await page.hear("message", says("for all"))
        assert not [one for one in page.events if one["type"] == "message" and "ourselves" in one["message"]["content"]]


async def test_messages_threads_and_deletions_are_told_as_they_happen(sandbox, connect, visit) -> None:
    async with visit() as page, connect(sandbox, setup) as bot:
        general = sandbox.channel("general")
        await sandbox.post(general, content="first")
        event = await page.hear("message", says("first"))
        assert event["message"]["author"]["global_name"] == "Kei"
        thread = await sandbox.open_thread(general, "faces")
        assert (await page.hear("thread"))["channel"]["id"] == str(thread.id)
        channel = bot.get_channel(general.id)
        sent = await channel.send("from the bot")
        await sent.edit(content="changed")
        await page.hear("message", says("changed"))
        await sent.delete()
        gone = await page.hear("deleted")
        assert (gone["channel"], gone["message"]) == (str(general.id), str(sent.id))
        own = await channel.create_thread(name="bot's own", type=discord.ChannelType.public_thread)
        await page.hear("thread", lambda event: event["channel"]["id"] == str(own.id))


async def test_the_bot_coming_and_going_is_told(sandbox, connect, visit) -> None:
    async with visit() as page:
        assert page.snapshot["bot"] == {"ready": False, "commands": [], "offered": page.snapshot["bot"]["offered"]}
        async with connect(sandbox, setup):
            there = await page.hear("bot", lambda event: event["bot"]["ready"] and event["bot"]["commands"])
            named = {one["name"]: one for one in there["bot"]["commands"]}
            assert named["similar"]["name_localizations"] == {"ja": "そっくり"}
            assert {"Count", "Greet", "moderate"} <= named.keys()
        await page.hear("bot", lambda event: event["bot"]["commands"] and not event["bot"]["ready"])


async def test_commands_are_offered_by_who_somebody_is(sandbox, connect, visit) -> None:
    sandbox.person("Mio")
    sandbox.person("Ren", moderator=True)
    async with connect(sandbox, setup), visit() as page:
        for name, offered in (("Mio", False), ("Ren", True)):
            await page.ask("whoami", user=page.person(name), locale="en-US")
            bot = page.snapshot["bot"]
            ids = {one["name"]: one["id"] for one in bot["commands"]}
            here = bot["offered"][page.place("general")]
            assert ids["similar"] in here and (ids.get("moderate") in here) == offered


async def test_a_page_that_comes_back_is_who_it_was(sandbox) -> None:
    mio = sandbox.person("Mio")
    async with open_page(sandbox, user=str(mio.id), locale="ja") as page:
        assert (page.snapshot["me"], page.snapshot["locale"]) == (str(mio.id), "ja")
    for wrong in ({"user": "1"}, {"user": "me"}, {"locale": "tlh"}):
        async with open_page(sandbox, **wrong) as page:
            assert (page.snapshot["me"], page.snapshot["locale"]) == (str(sandbox.owner.id), "en-US")


async def test_what_passes_and_what_goes_wrong_is_told(sandbox, connect, visit) -> None:
    async with visit() as page, connect(sandbox, setup):
        await page.hear("trace", lambda event: event["entry"]["name"] == "IDENTIFY")
        assert (await page.ask("faults", faults={"upload_limit": 1000}))["type"] == "done"
        assert (await page.hear("faults"))["faults"]["upload_limit"] == 1000
        assert sandbox.conditions.upload_limit == 1000
        assert (await page.ask("faults", faults={"weather": "bad"}))["code"] == "not_understood"
        assert (await page.ask("drop_gateway"))["type"] == "done"
        await page.hear("bot", lambda event: event["bot"]["commands"] and not event["bot"]["ready"])
    async with visit() as later:
        assert later.snapshot["faults"]["upload_limit"] == 1000
        assert any(entry["name"] == "IDENTIFY" for entry in later.snapshot["trace"])


# ---------------------------------------------------------------- what is asked


async def test_a_command_with_an_upload_is_answered(sandbox, connect, visit) -> None:
    async with connect(sandbox, setup), visit() as page:
        mio = sandbox.person("Mio")
        await page.ask("whoami", user=page.snapshot["me"], locale="ja")
        key = await page.upload("../me.png", PNG)
        options = {"photo": key, "who": str(mio.id)}
        asked = await page.ask("slash", channel=page.place("general"), command="similar", options=options)
        assert asked["type"] == "done"
        thinking = await page.hear("message", lambda event: event["message"]["flags"] & 128)
        assert thinking["message"]["interaction"]["id"] == asked["invocation"]
        answer = (await page.hear("message", says("me.png ja Mio")))["message"]
        assert answer["interaction"]["name"] == "similar" and answer["edited_timestamp"] is None
        [picture] = answer["attachments"]
        assert (picture["description"], picture["width"]) == ("the same", 7)
        async with page.session.get(picture["url"]) as served:
            assert await served.read() == PNG
        became = await page.hear("invocation")
        assert became["state"] == "acknowledged" and 0 <= became["seconds"] < 3
        again = await page.ask("slash", channel=page.place("general"), command="similar", options=options)
        assert again["code"] == "upload_gone"


async def test_an_ephemeral_answer_is_for_one_person(sandbox, connect, visit) -> None:
    sandbox.person("Mio")
    async with connect(sandbox, setup), visit() as mine, visit() as theirs:
        await theirs.ask("whoami", user=theirs.person("Mio"), locale="en-US")
        await mine.ask("slash", channel=mine.place("general"), command="secret", options={})
        assert (await mine.hear("message", says("psst")))["message"]["flags"] & 64
        await sandbox.post(sandbox.channel("general"), content="after it")
        await theirs.hear("message", says("after it"))
        assert not [one for one in theirs.events if one["type"] == "message" and one["message"]["content"] == "psst"]


async def test_buttons_menus_and_forms_work(sandbox, connect, visit) -> None:
    async with connect(sandbox, setup), visit() as page:
        general = page.place("general")
        await page.ask("slash", channel=general, command="controls", options={})
        message = (await page.hear("message", says("use these")))["message"]["id"]
        here = {"channel": general, "message": message}
        await page.ask("click", **here, custom_id="press")
        await page.hear("message", says("pressed by Kei"))
        await page.ask("select", **here, custom_id="pick", values=["2"])
        await page.hear("message", says("picked 2"))
        await page.ask("select", **here, custom_id="who", values=[page.person("Kei")])
        await page.hear("message", says("picked Kei"))
        opened = (await page.ask("click", **here, custom_id="form"))["invocation"]
        form = await page.hear("invocation", lambda event: event["modal"] is not None)
        assert form["invocation"] == opened and form["modal"]["title"] == "Tell us"
        field = form["modal"]["components"][0]["components"][0]["custom_id"]
        assert (await page.ask("submit", invocation=opened, texts={field: ""}))["code"] == "cannot_invoke"
        assert (await page.ask("submit", invocation=opened, texts={field: "Bob"}))["type"] == "done"
        await page.hear("message", says("thanks Bob"))
        assert (await page.ask("click", **here, custom_id="nothing"))["code"] == "cannot_invoke"
        assert (await page.ask("submit", invocation="1", texts={}))["code"] == "gone"
    assert not sandbox.refusals


async def test_commands_of_the_menus_work(sandbox, connect, visit) -> None:
    message = await sandbox.post(sandbox.channel("general"), files=[File("a.png", PNG)] * 2)
    async with connect(sandbox, setup), visit() as page:
        general = page.place("general")
        await page.ask("message_command", channel=general, message=str(message.id), name="Count")
        await page.hear("message", says("2 files"))
        await page.ask("user_command", channel=general, user=page.person("Kei"), name="Greet")
        await page.hear("message", says("hello Kei"))


async def test_suggestions_come_while_somebody_types(sandbox, connect, visit) -> None:
    async with connect(sandbox, setup), visit() as page:
        here = {"channel": page.place("general"), "command": "fruit", "typing": "name"}
        answer = await page.ask("autocomplete", **here, options={"name": "ban"})
        assert [choice["value"] for choice in answer["choices"]] == ["banana"]
        answer = await page.ask("autocomplete", **here, options={})
        assert len(answer["choices"]) == 2


async def test_a_bot_that_says_nothing_is_told_of(sandbox, connect, visit) -> None:
    async with connect(sandbox, setup), visit() as page:
        asked = await page.ask("slash", channel=page.place("general"), command="silence", options={})
        failed = await page.hear("invocation")
        assert (failed["invocation"], failed["state"]) == (asked["invocation"], "failed")


async def test_people_post_and_open_threads(sandbox, visit) -> None:
    async with visit() as page:
        general = page.place("general")
        opened = await page.ask("open_thread", channel=general, name="faces")
        await page.hear("thread", lambda event: event["channel"]["id"] == opened["channel"])
        files = [await page.upload("a.png", PNG), await page.upload("b.txt", b"hi")]
        assert (await page.ask("post", channel=opened["channel"], content="two", files=files))["type"] == "done"
        message = (await page.hear("message", says("two")))["message"]
        assert [one["filename"] for one in message["attachments"]] == ["a.png", "b.txt"]
        assert (await page.ask("open_thread", channel=general, name=" "))["type"] == "refused"
        assert (await page.ask("open_thread", channel=opened["channel"], name="below"))["type"] == "refused"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"type": "nonsense"}, "not_understood"),
        ({"type": "post"}, "not_understood"),
        ({"type": "post", "channel": "x", "content": "", "files": []}, "not_understood"),
        ({"type": "post", "channel": "1", "content": "a", "files": []}, "gone"),
        ({"type": "post", "channel": "general", "content": " ", "files": []}, "empty"),
        ({"type": "post", "channel": "general", "content": "\ud800", "files": []}, "not_understood"),
        ({"type": "post", "channel": "general", "content": "x" * 2001, "files": []}, "50035"),
        ({"type": "post", "channel": "general", "content": "", "files": ["a"] * 11}, "30015"),
        ({"type": "post", "channel": "general", "content": "", "files": ["a"]}, "upload_gone"),
        ({"type": "slash", "channel": "general", "command": "none", "options": {}}, "cannot_invoke"),
        ({"type": "slash", "channel": "general", "command": "", "options": {}}, "cannot_invoke"),
        ({"type": "whoami", "user": "1", "locale": "en-US"}, "gone"),
        ({"type": "whoami", "user": "me", "locale": "tlh"}, "not_understood"),
        ({"type": "whoami", "locale": 1}, "not_understood"),
        ({"type": "click", "channel": "general", "message": "1", "custom_id": "x"}, "gone"),
        ({"type": "faults", "faults": {"latency_ms": -1}}, "not_understood"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_reason(visit, request_, code) -> None:
    async with visit() as page:
        what = dict(request_)
        type_ = what.pop("type")
        if what.get("channel") == "general":
            what["channel"] = page.place("general")
        if what.get("user") == "me":
            what["user"] = page.snapshot["me"]
        answer = await page.ask(type_, **what)
        assert (answer["type"], answer["code"]) == ("refused", code) and answer["why"]
        assert (await page.ask("post", channel=page.place("general"), content="still here", files=[]))["type"] == "done"


async def test_whoever_may_not_write_cannot(sandbox, visit) -> None:
    general = sandbox.channel("general")
    mio = sandbox.person("Mio")
    general.overwrites[mio.id] = Overwrite(deny=discord.Permissions(send_messages=True).value)
    async with visit() as page:
        await page.ask("whoami", user=str(mio.id), locale="en-US")
        assert (await page.ask("post", channel=str(general.id), content="a", files=[]))["code"] == "50013"


async def test_words_that_are_no_request_do_no_harm(visit) -> None:
    async with visit() as page:
        for text in ("no JSON", "[]", "7", '{"type": ["slash"], "id": 1}', '{"id": null}'):
            await page.send(text)
        assert (await page.ask("post", channel=page.place("general"), content="still here", files=[]))["type"] == "done"


async def test_uploads_are_bounded(visit) -> None:
    async with visit() as page:
        async with page.session.post("uploads", params={"name": "big"}, data=b"x" * (20 * 1024 * 1024 + 1)) as answer:
            assert answer.status == 413
        assert await page.upload("", b"")


async def test_names_of_files_are_only_names(sandbox, visit) -> None:
    async with visit() as page:
        general = page.place("general")
        names = ["../../a b.png", "日本語.png", "x\ny.png", 'a"<b>.png', "%2e%2e%2fa.png", "?#&.png"]
        files = [await page.upload(name, PNG) for name in names]
        await page.ask("post", channel=general, content="six", files=files)
        shown = (await page.hear("message", says("six")))["message"]["attachments"]
        assert [one["filename"] for one in shown] == ["a b.png", *names[1:]]
        for one in shown:
            async with page.session.get(URL(one["url"], encoded=True)) as answer:
                assert await answer.read() == PNG


async def test_a_sandbox_may_end_before_its_pages() -> None:
    async with AsyncExitStack() as stack:
        async with Sandbox() as sandbox:
            page = await stack.enter_async_context(open_page(sandbox))
        await page.told_to_leave()


@pytest.mark.parametrize("levels", [100, 900, 100_000])
async def test_deeply_nested_json_is_refused_by_the_page(visit, caplog, levels) -> None:
    async with visit() as page:
        await page.send('{"type": "post", "id": 1, "content": ' + "[" * levels + "]" * levels + "}")
        assert (await page.ask("post", channel=page.place("general"), content="still here", files=[]))["type"] == "done"
        assert [answer["code"] for answer in page.unasked] == ["not_understood"]
    assert not [record for record in caplog.records if record.exc_info]
