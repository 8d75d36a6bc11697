"""The bot of test_libraries.py on interactions.py."""

import io
import logging
import os

import interactions
from interactions.api.http.route import Route
from interactions.models.discord.asset import Asset

Route.BASE = os.environ["DISCORD_API"]
Asset.BASE = os.environ["DISCORD_CDN"]
logging.basicConfig(level=logging.INFO)

bot = interactions.Client(token=os.environ["DISCORD_TOKEN"])
resumes = 0


@interactions.listen(interactions.api.events.Resume)
async def count(event: interactions.api.events.Resume) -> None:
    global resumes  # noqa: PLW0603
    resumes += 1


async def answer(context: interactions.InteractionContext, name: str, photo: interactions.Attachment) -> None:
    await context.defer()
    data = await bot.http.request_cdn(photo.url, photo)
    await context.send(
        f"{name} {len(data)} {context.locale}",
        embeds=interactions.Embed(title="Result"),
        files=interactions.File(io.BytesIO(data), "out.png"),
        components=[
            interactions.Button(style=interactions.ButtonStyle.PRIMARY, label=name.title(), custom_id=name)
            for name in ("again", "leave")
        ],
    )


@interactions.slash_command(
    name="similar",
    description=interactions.LocalisedDesc(english_us="How alike?", japanese="どれくらい似ていますか"),
)
@interactions.slash_option("photo", "A photo", interactions.OptionType.ATTACHMENT, required=True)
async def similar(context: interactions.SlashContext, photo: interactions.Attachment) -> None:
    await answer(context, "similar", photo)


@interactions.message_context_menu(name="Look")
async def look(context: interactions.ContextMenuContext) -> None:
    await answer(context, "Look", context.target.attachments[0])


@interactions.component_callback("again")
async def again(context: interactions.ComponentContext) -> None:
    avatar = await context.user.display_avatar.fetch()
    await context.send(f"avatar of {len(avatar)} bytes", ephemeral=True)


@interactions.component_callback("leave")
async def leave(context: interactions.ComponentContext) -> None:
    message = await context.channel.send("words", files=interactions.File(io.BytesIO(b"text"), "a.txt"))
    await message.edit(content="others")
    await message.delete()
    names = ", ".join(guild.name for guild in bot.guilds)
    await context.send(f"{bot.user.id} in {names}, resumed {resumes} times by {interactions.__version__}")
    # bot.stop() closes the HTTP session first, and the connection to the gateway then never ends
    await bot._connection_state.stop()


bot.start()
