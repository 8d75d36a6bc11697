"""The bot of test_libraries.py on nextcord."""

import io
import logging
import os

import nextcord
from nextcord.asset import Asset
from nextcord.http import Route

Route.BASE = os.environ["DISCORD_API"]
Asset.BASE = os.environ["DISCORD_CDN"]
logging.basicConfig(level=logging.INFO)


class Bot(nextcord.Client):
    resumes = 0

    async def on_resumed(self) -> None:
        self.resumes += 1


# Of a message that it has cached, nextcord gives a message command what the cache holds: without the Message Content
# intent no photo. So it caches none.
bot = Bot(max_messages=None, intents=nextcord.Intents.default())


class Buttons(nextcord.ui.View):
    @nextcord.ui.button(label="Again", custom_id="again")
    async def again(self, _: nextcord.ui.Button, interaction: nextcord.Interaction) -> None:
        avatar = await interaction.user.display_avatar.read()
        await interaction.response.send_message(f"avatar of {len(avatar)} bytes", ephemeral=True)

    @nextcord.ui.button(label="Leave", custom_id="leave")
    async def leave(self, _: nextcord.ui.Button, interaction: nextcord.Interaction) -> None:
        message = await interaction.channel.send("words", file=nextcord.File(io.BytesIO(b"text"), "a.txt"))
        await message.edit(content="others")
        await message.delete()
        names = ", ".join(guild.name for guild in bot.guilds)
        await interaction.response.send_message(
            f"{bot.user.id} in {names}, resumed {bot.resumes} times by {nextcord.__version__}"
        )
        await bot.close()


async def answer(interaction: nextcord.Interaction, photo: nextcord.Attachment) -> None:
    await interaction.response.defer()
    data = await photo.read()
    await interaction.edit_original_message(
        content=f"{interaction.application_command.name} {len(data)} {interaction.locale}",
        embed=nextcord.Embed(title="Result"),
        file=nextcord.File(io.BytesIO(data), "out.png"),
        view=Buttons(),
    )


@bot.slash_command("similar", "How alike?", description_localizations={"ja": "どれくらい似ていますか"})
async def similar(interaction: nextcord.Interaction, photo: nextcord.Attachment) -> None:
    await answer(interaction, photo)


@bot.message_command("Look")
async def look(interaction: nextcord.Interaction, message: nextcord.Message) -> None:
    await answer(interaction, message.attachments[0])


bot.run(os.environ["DISCORD_TOKEN"])
