"""/similar: how alike are the faces in two photos?"""

from __future__ import annotations

import discord

from bot import replies
from bot.commands import Command, Interaction, Rooms
from core import tasks
from core.contracts import SimilarRequest


def command(rooms: Rooms) -> Command:
    @rooms.command("similar")
    async def similar(interaction: Interaction, photo1: discord.Attachment, photo2: discord.Attachment) -> None:
        async with rooms.answering(interaction) as answer:
            with answer.job.stage("photos"):
                first, second = await rooms.photos.of(photo1, photo2)
            result = await answer.job.run(tasks.similar, SimilarRequest(first, second))
            await answer.reply(replies.similar(result, answer.words))

    return similar
