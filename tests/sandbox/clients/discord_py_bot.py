"""The bot of test_libraries.py on discord.py."""

import asyncio
import io
import os

import discord
import yarl
from discord import app_commands
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

Route.BASE = os.environ["DISCORD_API"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY"])
Asset.BASE = os.environ["DISCORD_CDN"]

WORDS = {"How alike?": "どれくらい似ていますか"}


class Japanese(app_commands.Translator):
    async def translate(self, string: app_commands.locale_str, locale: discord.Locale, context: object) -> str | None:
        return WORDS.get(string.message) if locale is discord.Locale.japanese else None


class Bot(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(similar)
        self.tree.add_command(look)
        self.resumes = 0

    async def setup_hook(self) -> None:
        await self.tree.set_translator(Japanese())
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.resumes += 1


class Buttons(discord.ui.View):
    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction[Bot], _: discord.ui.Button) -> None:
        avatar = await interaction.user.display_avatar.read()
        await interaction.response.send_message(f"avatar of {len(avatar)} bytes", ephemeral=True)

    @discord.ui.button(label="Leave", custom_id="leave")
    async def leave(self, interaction: discord.Interaction[Bot], _: discord.ui.Button) -> None:
        bot = interaction.client
        message = await interaction.channel.send("words", file=discord.File(io.BytesIO(b"text"), "a.txt"))
        await message.edit(content="others")
        await message.delete()
        names = ", ".join(guild.name for guild in bot.guilds)
        await interaction.response.send_message(
            f"{bot.user.id} in {names}, resumed {bot.resumes} times by {discord.__version__}"
        )
        await bot.close()


async def answer(interaction: discord.Interaction[Bot], photo: discord.Attachment) -> None:
    await interaction.response.defer(thinking=True)
    data = await photo.read()
    await interaction.edit_original_response(
        content=f"{interaction.command.name} {len(data)} {interaction.locale}",
        embed=discord.Embed(title="Result"),
        attachments=[discord.File(io.BytesIO(data), "out.png")],
        view=Buttons(),
    )


@app_commands.command(name="similar", description="How alike?")
async def similar(interaction: discord.Interaction[Bot], photo: discord.Attachment) -> None:
    await answer(interaction, photo)


@app_commands.context_menu(name="Look")
async def look(interaction: discord.Interaction[Bot], message: discord.Message) -> None:
    await answer(interaction, message.attachments[0])


async def main() -> None:
    discord.utils.setup_logging()
    async with Bot() as bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


asyncio.run(main())
