"""/similar: how alike are the faces in two photos, or all of one?"""

from __future__ import annotations

import discord

from bot import replies
from bot.commands import Answer, AnswerFor, Command, Interaction, Rooms
from bot.jobs import Job
from bot.locales import Language
from bot.menus import Choice
from bot.photos import Source
from bot.replies import Reply
from core import tasks
from core.contracts import LookalikesRequest, SimilarRequest


def command(rooms: Rooms) -> Command:
    @rooms.command("similar")
    async def similar(
        interaction: Interaction, photo1: discord.Attachment, photo2: discord.Attachment | None = None
    ) -> None:
        async with rooms.answering(interaction) as answer:
            pictures = rooms.photos.found(photo1, photo2).pictures
            if len(pictures) == 1:
                await among(answer, *pictures)
            else:
                await between(answer, *pictures)

    async def between(answer: Answer, source1: Source, source2: Source) -> None:
        """The largest face of each; any other by the menus."""
        with answer.job.stage("photos"):
            first, second = await rooms.photos.of(source1, source2)
        result = await answer.job.run(tasks.similar, SimilarRequest(first, second, numbered=True))

        choices = [
            Choice(face.photo, len(found), found.index(face))
            for face, found in zip(result.faces, result.found, strict=True)
        ]
        await answer.reply(
            replies.similar(result, answer.words), rooms.choosing(answer.interaction, choices, picked(source1, source2))
        )

    async def among(answer: Answer, source: Source) -> None:
        """Everyone in one photo; any two by the menus."""
        with answer.job.stage("photos"):
            (photo,) = await rooms.photos.of(source)
        result = await answer.job.run(tasks.lookalikes, LookalikesRequest((photo,), numbered=True))

        count = len(result.faces)
        choices = [Choice(photo.name, count, face) for face in (result.best.first, result.best.second)]
        await answer.reply(
            replies.lookalikes(result, (), answer.words),
            rooms.choosing(answer.interaction, choices, picked(source)),
        )

    def picked(*sources: Source) -> AnswerFor:
        """Compares the two faces that the menus name, of two photos or both of one, which are fetched anew."""

        async def redo(job: Job, faces: tuple[int, ...], words: Language) -> Reply:
            with job.stage("photos"):
                photos = await rooms.photos.of(*sources)
            request = SimilarRequest(photos[0], photos[-1], first_face=faces[0], second_face=faces[1])
            return replies.similar(await job.run(tasks.similar, request), words)

        return redo

    return similar
