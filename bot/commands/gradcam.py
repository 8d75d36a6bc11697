"""/gradcam: where does the network look in a face?"""

from __future__ import annotations

from typing import Literal, cast

import discord
from discord import app_commands

from bot import replies
from bot.commands import Command, Interaction, Rooms
from bot.jobs import Job
from bot.locales import FALLBACK, Language
from bot.menus import Choice
from bot.replies import Reply
from core import tasks
from core.contracts import GradcamRequest, HeatmapMethod


def command(rooms: Rooms) -> Command:
    words = rooms.languages.of(FALLBACK)
    methods = (*replies.METHODS, "occlusion")

    @rooms.command("gradcam")
    @app_commands.choices(
        method=[app_commands.Choice(name=replies.method_name(name, words), value=name) for name in methods],
        target=[
            app_commands.Choice(name=words.text("choice-identity"), value="identity"),
            app_commands.Choice(name=words.text("choice-largest"), value="largest"),
        ],
    )
    async def gradcam(
        interaction: Interaction,
        photo: discord.Attachment,
        method: str | None = None,
        target: str | None = None,
        dimension: app_commands.Range[int, 0] | None = None,
        compare_to: discord.Attachment | None = None,
    ) -> None:
        async def explained(job: Job, face: int | None, words: Language) -> tuple[Reply, Choice]:
            """The answer for this face, counted from 0 (None: the largest), and the choice among all."""
            with job.stage("photos"):
                fetched, *other = await rooms.photos.of(*rooms.photos.found(photo, compare_to).pictures)
            request = GradcamRequest(
                fetched,
                face=face,
                numbered=face is None,
                method=cast(HeatmapMethod | None, method),
                target=dimension if dimension is not None else cast(Literal["identity", "largest"] | None, target),
                compare_to=other[0] if other else None,
            )
            result = await job.run(tasks.gradcam, request)
            return replies.gradcam(result, words), Choice(fetched.name, len(result.faces), result.face)

        async def redo(job: Job, faces: tuple[int, ...], words: Language) -> Reply:
            reply, _ = await explained(job, faces[0], words)
            return reply

        async with rooms.answering(interaction) as answer:
            reply, choice = await explained(answer.job, None, answer.words)
            await answer.reply(reply, rooms.choosing(interaction, [choice], redo))

    return gradcam
