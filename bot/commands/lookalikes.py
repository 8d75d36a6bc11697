"""/lookalikes: who looks like whom, among all faces of a thread or of some photos?"""

from dataclasses import replace

import discord
from discord import app_commands

from bot import places, replies
from bot.commands import Answer, Command, Interaction, Rooms
from bot.commands.given import Given
from bot.messages import Reply
from bot.photos import Found
from core import tasks
from core.contracts import LookalikesRequest, TooFewFaces


def command(rooms: Rooms) -> Command:
    most = rooms.settings.limits.lookalikes_photos

    @rooms.command("lookalikes")
    async def lookalikes(
        interaction: Interaction,
        thread: app_commands.Transform[places.Choice, places.PlaceOption] | None = None,
        limit: app_commands.Range[int, 2, most] = most,
        photo1: discord.Attachment | None = None,
        photo2: discord.Attachment | None = None,
        photo3: discord.Attachment | None = None,
        photo4: discord.Attachment | None = None,
        photo5: discord.Attachment | None = None,
        photo6: discord.Attachment | None = None,
        photo7: discord.Attachment | None = None,
        photo8: discord.Attachment | None = None,
        photo9: discord.Attachment | None = None,
        photo10: discord.Attachment | None = None,
        message: str | None = None,
        private: bool = False,
    ) -> None:
        photos = (photo1, photo2, photo3, photo4, photo5, photo6, photo7, photo8, photo9, photo10)
        given = Given(rooms, interaction, *photos, message=message)
        if not given:
            places.check(interaction, thread, message_content=rooms.settings.discord.message_content)
        async with rooms.answering(interaction, private=private) as answer:
            with answer.job.stage("photos"):
                if given:
                    found = await given.found(interaction)
                else:
                    found = await rooms.photos.posted(await places.find(interaction, thread), limit)
            await answer.reply(await compared(rooms, answer, found))

    return lookalikes


async def compared(rooms: Rooms, answer: Answer, found: Found) -> Reply:
    """Everyone in all the photos, which are held until this is known and no longer."""
    with answer.job.stage("photos"):
        gathered = await rooms.photos.each(found)
    try:
        result = await answer.job.run(tasks.lookalikes, LookalikesRequest(gathered.photos))
    except TooFewFaces as error:
        raise TooFewFaces(error.found, error.needed, (*error.skipped, *gathered.skipped)) from None
    return replace(replies.lookalikes(result, gathered.skipped, answer.words), spoiler=gathered.spoiler)
