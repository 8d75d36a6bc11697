"""The bot of test_libraries.py on hikari."""

import os

import hikari
from hikari import urls

urls.CDN_URL = os.environ["DISCORD_CDN"]

bot = hikari.GatewayBot(os.environ["DISCORD_TOKEN"], rest_url=os.environ["DISCORD_API"], banner=None)
resumes = 0


@bot.listen()
async def register(event: hikari.StartingEvent) -> None:
    me = await bot.rest.fetch_application()
    similar = bot.rest.slash_command_builder("similar", "How alike?")
    similar.set_description_localizations({"ja": "どれくらい似ていますか"})
    photo = hikari.CommandOption(
        type=hikari.OptionType.ATTACHMENT, name="photo", description="A photo", is_required=True
    )
    similar.add_option(photo)
    look = bot.rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Look")
    await bot.rest.set_application_commands(me.id, [similar, look])


@bot.listen()
async def answer(event: hikari.CommandInteractionCreateEvent) -> None:
    asked = event.interaction
    await asked.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
    assert asked.resolved
    photos = list(asked.resolved.attachments.values())
    photos += [one for message in asked.resolved.messages.values() for one in message.attachments]
    data = await photos[0].read()
    row = bot.rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "leave", label="Leave")
    await asked.edit_initial_response(
        f"{asked.command_name} {len(data)} {asked.locale}",
        attachment=hikari.Bytes(data, "out.png"),
        embed=hikari.Embed(title="Result"),
        component=row,
    )


@bot.listen()
async def press(event: hikari.ComponentInteractionCreateEvent) -> None:
    asked = event.interaction
    if asked.custom_id == "again":
        avatar = await asked.user.display_avatar_url.read()
        text, flags = f"avatar of {len(avatar)} bytes", hikari.MessageFlag.EPHEMERAL
        await asked.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, text, flags=flags)
        return
    message = await bot.rest.create_message(asked.channel_id, "words", attachment=hikari.Bytes(b"text", "a.txt"))
    await message.edit("others")
    await message.delete()
    names = ", ".join(guild.name for guild in bot.cache.get_guilds_view().values())
    text = f"{bot.get_me().id} in {names}, resumed {resumes} times by {hikari.__version__}"
    await asked.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, text)
    await bot.close()


@bot.listen()
async def count(event: hikari.ShardResumedEvent) -> None:
    global resumes  # noqa: PLW0603
    resumes += 1


bot.run(check_for_updates=False)
