"""What people do is recorded as it happens and can be replayed in another sandbox."""

from __future__ import annotations

import io
import json
from pathlib import Path

import discord
import pytest
from patience import PATIENCE

from sandbox import Conditions, File, Message, Sandbox
from sandbox.cdn import one_colour_png
from sandbox.conversations import Player, Recorder, Unplayable

PNG = one_colour_png(7, (1, 2, 3))


async def setup(bot) -> None:
    """Adds every kind of command and component, with custom ids that differ from run to run."""

    class Form(discord.ui.Modal, title="Form"):
        name = discord.ui.TextInput(label="Name", custom_id="name")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"hello {self.name.value}", ephemeral=True)

    class Buttons(discord.ui.View):
        @discord.ui.button(label="Off", disabled=True)
        async def off(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
            """Cannot be pressed."""

        @discord.ui.button(label="Form")
        async def form(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
            await interaction.response.send_modal(Form())

        @discord.ui.select(options=[discord.SelectOption(label=one, value=one) for one in "ABC"])
        async def choose(self, interaction: discord.Interaction, menu: discord.ui.Select) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content=f"chose {menu.values[0]}")

        @discord.ui.select(cls=discord.ui.UserSelect)
        async def who(self, interaction: discord.Interaction, menu: discord.ui.UserSelect) -> None:
            await interaction.response.edit_message(content=f"picked {menu.values[0].name}")

    @bot.tree.command(name="ask", description="Ask.")
    async def ask(
        interaction: discord.Interaction,
        photo: discord.Attachment,
        who: discord.Member,
        where: discord.Thread,
        count: int,
        role: discord.Role,
    ) -> None:
        await interaction.response.defer()
        data = await photo.read()
        await interaction.edit_original_response(content="so far")
        picture = discord.File(io.BytesIO(data), photo.filename)
        text = f"{photo.description} {who.name} {where.name} {count} {role.name} {interaction.locale}"
        await interaction.edit_original_response(content=text, attachments=[picture], view=Buttons())
        await interaction.followup.send("and further")

    @bot.tree.context_menu(name="Look")
    async def look(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"looked at {message.content}")

    @bot.tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, user: discord.User) -> None:
        await interaction.response.send_message(f"greeted {user.name}")


async def talk(sandbox: Sandbox) -> None:
    """A person tries everything."""
    general, mio = sandbox.channel("general"), sandbox.person("Mio")
    ren = sandbox.person("Ren", moderator=True)
    await sandbox.open_thread(general, "twice")
    thread = await sandbox.open_thread(general, "twice", mio)
    first = await sandbox.post(thread, mio, "photos", [File("a.png", PNG, "alt"), File("../a.png", PNG + b"other")])
    [moderators] = [role for role in sandbox.guild.roles.values() if role.name == "moderator"]
    await sandbox.post(thread, ren, "nice", reply_to=first)
    await sandbox.post(general, ren, forward=first)
    options = {"photo": File("a.png", PNG, "alt"), "who": ren, "where": thread, "count": 3, "role": moderators}
    asked = await sandbox.slash("ask", options, user=ren, channel=thread, locale="ja")
    answer = await asked.answered(PATIENCE, until=lambda message: bool(message.files))
    [further] = await asked.followed_up(within=PATIENCE)
    ids = [one["custom_id"] for row in answer.components for one in row["components"]]
    opened = await sandbox.click(answer, ids[1], user=ren)
    await opened.opened(PATIENCE)
    await (await sandbox.submit(opened, {"name": "Aoi"})).answered(PATIENCE)
    await (await sandbox.select(answer, ids[2], ["B"], user=ren)).answered(PATIENCE)
    await (await sandbox.select(sandbox.newest(answer), ids[3], [mio], user=ren)).answered(PATIENCE)
    for message in (first, answer, further, next(iter(general.messages.values()))):
        await (await sandbox.message_command("Look", message)).answered(PATIENCE)
    await sandbox.set_conditions(Conditions(latency_ms=1, denied=frozenset({"add_reactions"})))
    await (await sandbox.user_command("Greet", mio, channel=sandbox.direct())).answered(PATIENCE)


def words(sandbox: Sandbox) -> list[tuple[str, list[tuple]]]:
    """Returns all that people can read, without what differs from run to run."""
    places = [*sandbox.guild.channels.values(), sandbox.direct()]

    def plain(message: Message) -> tuple:
        return (
            message.author.name,
            message.content,
            [(one.filename, one.data, one.description) for one in message.files],
            [one.content for one in (message.reply_to, message.forwarded) if one is not None],
        )

    return [(f"{place.name} {place.type.name}", [plain(one) for one in place.messages.values()]) for place in places]


@pytest.fixture
async def recorded(sandbox, connect, tmp_path: Path) -> Path:
    file = tmp_path / "talk.jsonl"
    await sandbox.post(sandbox.channel("general"), content="before all")
    async with connect(sandbox, setup) as bot:
        with Recorder(sandbox, file, samples=False).recording():
            await talk(sandbox)
        await sandbox.post(sandbox.channel("general"), content="after all")
        assert not bot.errors
    return file


async def test_what_was_done_is_done_again(sandbox, connect, recorded: Path) -> None:
    async with Sandbox() as other:
        await other.post(other.channel("general"), content="before all")
        other.person("Mio"), other.person("Ren", moderator=True)
        async with connect(other, setup):
            player = Player(other, recorded)
            await player.prepare()
            done = [one async for one in player.play()]
            assert not [one.failure for one in done if one.failure]
            assert not other.refusals
        await other.post(other.channel("general"), content="after all")
        assert words(other) == words(sandbox)
        assert other.conditions == sandbox.conditions
    answers = [one.answer.content for one in done if one.answer]
    assert answers[0] == "alt ren twice 3 moderator ja"
    assert {"hello Aoi", "chose B", "picked mio", "greeted mio"} < set(answers)
    assert [one for one in answers if one.startswith("looked")] == [
        "looked at photos",
        "looked at picked mio",
        "looked at and further",
        "looked at before all",
    ]


async def test_the_file_can_be_read_by_people(sandbox, recorded: Path) -> None:
    start, *lines = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert start == {"conversation": 1, "samples": False}
    assert [line["id"] for line in lines] == list(range(1, len(lines) + 1))
    assert not [name for name in (sandbox.token, str(sandbox.guild.id)) if name in recorded.read_text()]
    post = next(line for line in lines if line["do"] == "post")
    assert (post["in"], post["content"]) == ("twice (2)", "photos")
    assert [(one["file"], one["name"]) for one in post["files"]] == [
        ("talk.files/a.png", "a.png"),
        ("talk.files/a-2.png", "../a.png"),
    ]
    assert (recorded.parent / "talk.files" / "a-2.png").read_bytes() == PNG + b"other"
    assert len(list((recorded.parent / "talk.files").iterdir())) == 2
    slash = next(line for line in lines if line["do"] == "slash")
    assert slash["options"] == {
        "photo": {"file": "talk.files/a.png", "name": "a.png", "description": "alt"},
        "who": {"person": "Ren"},
        "where": {"place": "twice (2)"},
        "count": 3,
        "role": {"role": "moderator"},
    }
    assert slash["answer"]["files"] == ["a.png"]


async def test_lines_that_fail_are_told_and_those_that_cannot_be_end_it(sandbox, connect, tmp_path) -> None:
    lines = [
        {"conversation": 1},
        {"id": 1, "do": "slash", "who": "Kei", "locale": "en-US", "in": "general", "command": "gone", "options": {}},
        {"id": 2, "do": "post", "who": "Kei", "locale": "en-US", "in": "nowhere", "content": "x", "files": []},
    ]
    file = tmp_path / "talk.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    async with connect(sandbox, setup):
        done = []
        with pytest.raises(Unplayable, match="line 2"):
            async for one in Player(sandbox, file).play():
                done.append(one)
    assert ["registered" in str(one.failure) for one in done] == [True]


async def test_nothing_is_written_unless_somebody_asks(sandbox, connect, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    await sandbox.post(sandbox.channel("general"), content="x", files=[File("a.png", PNG)])
    assert not list(tmp_path.iterdir())
