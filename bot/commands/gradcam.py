"""/gradcam: where does the network look in a face?"""

from __future__ import annotations

import discord

from bot import replies
from bot.commands import Command, Interaction, Rooms
from core import tasks
from core.contracts import GradcamRequest


def command(rooms: Rooms) -> Command:
    @rooms.command("gradcam")
    async def gradcam(interaction: Interaction, photo: discord.Attachment) -> None:
        async with rooms.answering(interaction) as answer:
            with answer.job.stage("photos"):
                (fetched,) = await rooms.photos.of(photo)
            result = await answer.job.run(tasks.gradcam, GradcamRequest(fetched))
            await answer.reply(replies.gradcam(result, answer.words))

    return gradcam
