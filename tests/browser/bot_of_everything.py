"""A bot that uses all that Discord lets a bot show, on no face at all: quick to answer."""

from __future__ import annotations

import asyncio
import io

import discord
from discord import app_commands, ui

from sandbox.cdn import one_colour_png

RED, BLUE = one_colour_png(60, (180, 40, 40)), one_colour_png(60, (40, 60, 180))


def picture(name: str, description: str) -> discord.File:
    return discord.File(io.BytesIO(RED if name.startswith("red") else BLUE), name, description=description)


class Form(ui.Modal, title="Tell us"):
    name: ui.TextInput = ui.TextInput(label="Name", placeholder="Who?", max_length=20)
    why: ui.TextInput = ui.TextInput(label="Why", style=discord.TextStyle.paragraph, required=False)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Thanks **{self.name}**: {self.why}")


class Controls(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Button(style=discord.ButtonStyle.link, url="https://example.com", label="Elsewhere"))
        self.add_item(ui.Button(label="Off", disabled=True, custom_id="off"))

    @ui.button(label="Press", style=discord.ButtonStyle.success)
    async def press(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.edit_message(content=f"Pressed by {interaction.user.display_name}")

    @ui.button(label="Form")
    async def form(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.send_modal(Form())

    @ui.button(label="Never answers")
    async def never(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await asyncio.sleep(0)

    @ui.select(
        placeholder="Up to two", max_values=2, options=[discord.SelectOption(label=f"Choice {n}") for n in range(1, 5)]
    )
    async def texts(self, interaction: discord.Interaction, select: ui.Select) -> None:
        await interaction.response.send_message(f"Chosen: {', '.join(sorted(select.values))}", ephemeral=True)

    @ui.select(cls=ui.UserSelect, placeholder="Somebody")
    async def people(self, interaction: discord.Interaction, select: ui.UserSelect) -> None:
        await interaction.response.send_message(f"Somebody: {select.values[0].display_name}")

    @ui.select(cls=ui.ChannelSelect, placeholder="A place", channel_types=[discord.ChannelType.text])
    async def places(self, interaction: discord.Interaction, select: ui.ChannelSelect) -> None:
        await interaction.response.send_message(f"A place: {select.values[0].name}")


class Cancel(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.cancelled = asyncio.Event()

    @ui.button(label="Cancel", style=discord.ButtonStyle.danger)
    async def cancel(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.defer()
        self.cancelled.set()


class Layout(ui.LayoutView):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        inside = ui.Container(accent_colour=discord.Colour(0xEF7D57))
        inside.add_item(ui.TextDisplay("# Heading\n**bold** and *italic*\n- one\n- two\n-# small print"))
        inside.add_item(ui.Separator())
        thumbnail = ui.Thumbnail("attachment://red-1.png", description="The thumbnail")
        inside.add_item(ui.Section("Beside a thumbnail", accessory=thumbnail))
        items = [
            discord.MediaGalleryItem("attachment://blue-1.png", description="The first"),
            discord.MediaGalleryItem("attachment://red-2.png", description="The hidden", spoiler=True),
        ]
        inside.add_item(ui.MediaGallery(*items))
        inside.add_item(ui.File("attachment://notes.txt"))
        self.add_item(inside)


async def setup(tree: app_commands.CommandTree) -> None:
    @tree.command(description="Buttons and menus")
    async def controls(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Use these", view=Controls())

    @tree.command(description="A layout")
    async def layout(interaction: discord.Interaction) -> None:
        pictures = [picture(name, name) for name in ("red-1.png", "blue-1.png", "red-2.png")]
        notes = discord.File(io.BytesIO(b"x" * 3000), "notes.txt")
        await interaction.response.send_message(view=Layout(), files=[*pictures, notes])

    @tree.command(description="An embed")
    async def embed(interaction: discord.Interaction) -> None:
        body = discord.Embed(title="Title", description="**bold**", colour=0x3366FF, url="https://example.com")
        body.add_field(name="Field", value="Value").set_footer(text="Foot").set_image(url="attachment://blue-1.png")
        body.set_thumbnail(url="https://example.com/a.png")
        await interaction.response.send_message(embed=body, file=picture("blue-1.png", "In an embed"))

    @tree.command(description="Reports its progress")
    async def progress(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        for percent in (0, 50, 100):
            await interaction.edit_original_response(content=f"{percent} %", attachments=[picture("red-1.png", "Red")])

    @tree.command(description="Works until it is cancelled")
    async def work(interaction: discord.Interaction) -> None:
        view = Cancel()
        await interaction.response.send_message("working", view=view)
        await view.cancelled.wait()
        await interaction.edit_original_response(content="cancelled", view=None)

    @tree.command(description="Never answers")
    async def silence(interaction: discord.Interaction) -> None:
        await asyncio.sleep(0)

    @tree.command(description="For you alone")
    async def secret(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)

    @tree.command(description="Every kind of option")
    @app_commands.choices(colour=[app_commands.Choice(name=name, value=name.lower()) for name in ("Red", "Green")])
    async def options(
        interaction: discord.Interaction,
        text: str,
        colour: app_commands.Choice[str],
        number: app_commands.Range[int, 1, 10],
        flag: bool = False,
        who: discord.Member | None = None,
        where: discord.TextChannel | None = None,
        fruit: str = "",
    ) -> None:
        given = (text, colour.value, number, flag, who and who.display_name, where and where.name, fruit)
        await interaction.response.send_message(" ".join(map(str, given)))

    @options.autocomplete("fruit")
    async def fruits(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=one.title(), value=one) for one in ("apple", "banana") if typed in one]

    @tree.context_menu(name="Count files")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.attachments)} files")

    @tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, user: discord.User) -> None:
        await interaction.response.send_message(f"Hello {user.display_name}")


class Bot(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        await setup(self.tree)
        await self.tree.sync()
