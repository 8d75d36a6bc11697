"""The bot of test_libraries.py on disnake."""

import io
import logging
import os

import disnake
from disnake.asset import Asset
from disnake.ext import commands
from disnake.http import Route

Route.BASE = os.environ["DISCORD_API"]
Asset.BASE = os.environ["DISCORD_CDN"]
logging.basicConfig(level=logging.INFO)


class Bot(commands.InteractionBot):
    resumes = 0

    async def on_resumed(self) -> None:
        self.resumes += 1


bot = Bot()


class Buttons(disnake.ui.View):
    @disnake.ui.button(label="Again", custom_id="again")
    async def again(self, _: disnake.ui.Button, interaction: disnake.MessageInteraction) -> None:
        avatar = await interaction.user.display_avatar.read()
        await interaction.response.send_message(f"avatar of {len(avatar)} bytes", ephemeral=True)

    @disnake.ui.button(label="Leave", custom_id="leave")
    async def leave(self, _: disnake.ui.Button, interaction: disnake.MessageInteraction) -> None:
        message = await interaction.channel.send("words", file=disnake.File(io.BytesIO(b"text"), "a.txt"))
        await message.edit(content="others")
        await message.delete()
        names = ", ".join(guild.name for guild in bot.guilds)
        await interaction.response.send_message(
            f"{bot.user.id} in {names}, resumed {bot.resumes} times by {disnake.__version__}"
        )
        await bot.close()


async def answer(interaction: disnake.ApplicationCommandInteraction, photo: disnake.Attachment) -> None:
    await interaction.response.defer()
    data = await photo.read()
    await interaction.edit_original_response(
        content=f"{interaction.data.name} {len(data)} {interaction.locale}",
        embed=disnake.Embed(title="Result"),
        file=disnake.File(io.BytesIO(data), "out.png"),
        view=Buttons(),
    )


@bot.slash_command(
    name="similar", description=disnake.Localized("How alike?", data={disnake.Locale.ja: "どれくらい似ていますか"})
)
async def similar(interaction: disnake.ApplicationCommandInteraction, photo: disnake.Attachment) -> None:
    await answer(interaction, photo)


@bot.message_command(name="Look")
async def look(interaction: disnake.MessageCommandInteraction) -> None:
    await answer(interaction, interaction.target.attachments[0])


bot.run(os.environ["DISCORD_TOKEN"])
