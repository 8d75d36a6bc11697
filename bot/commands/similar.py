"""/similar: how alike are the faces in two photos, or all of one, or of many?"""

from __future__ import annotations

import discord

from bot import replies
from bot.commands import Answer, AnswerFor, Command, Interaction, Rooms, lookalikes
from bot.commands.given import Given
from bot.jobs import Job
from bot.locales import Language
from bot.menus import Choice
from bot.photos import Found, Source
from bot.replies import Reply
from core import tasks
from core.contracts import LookalikesRequest, SimilarRequest, TooFewPhotos


def command(rooms: Rooms) -> Command:
    @rooms.command("similar")
    async def similar(
        interaction: Interaction,
        photo1: discord.Attachment | None = None,
        photo2: discord.Attachment | None = None,
        user1: discord.User | None = None,
        user2: discord.User | None = None,
        message: str | None = None,
    ) -> None:
        given = Given(rooms, interaction, photo1, photo2, user1, user2, message=message)
        if len(given) == given.people < 2:  # a photo or a message alone may show several people, an avatar does not
            raise TooFewPhotos("similar", len(given))
        async with rooms.answering(interaction) as answer:
            await compare(rooms, answer, await given.found())

    return similar


async def compare(rooms: Rooms, answer: Answer, found: Found) -> None:
    """Two photos, or everyone in a single one, or everyone in more than two."""
    if len(found.pictures) == 1:
        await _among(rooms, answer, found)
    elif len(found.pictures) == 2:
        await _between(rooms, answer, found)
    else:
        with answer.job.stage("photos"):
            gathered = await rooms.photos.each(found)
        await lookalikes.compare(answer, gathered)


async def _between(rooms: Rooms, answer: Answer, found: Found) -> None:
    """The largest face of each of two photos; any other by the menus."""
    with answer.job.stage("photos"):
        first, second = await rooms.photos.of(*found.pictures)
    result = await answer.job.run(tasks.similar, SimilarRequest(first, second, numbered=True))

    choices = [
        Choice(face.photo, len(faces), faces.index(face))
        for face, faces in zip(result.faces, result.found, strict=True)
    ]
    reply = replies.similar(result, answer.words)
    await answer.reply(
        replies.leaving_out(reply, found.skipped, answer.words),
        rooms.choosing(answer.interaction, choices, _picked(rooms, *found.pictures)),
    )


async def _among(rooms: Rooms, answer: Answer, found: Found) -> None:
    """Everyone in one photo; any two by the menus."""
    with answer.job.stage("photos"):
        (photo,) = await rooms.photos.of(*found.pictures)
    result = await answer.job.run(tasks.lookalikes, LookalikesRequest((photo,), numbered=True))

    count = len(result.faces)
    choices = [Choice(photo.name, count, face) for face in (result.best.first, result.best.second)]
    await answer.reply(
        replies.lookalikes(result, found.skipped, answer.words),
        rooms.choosing(answer.interaction, choices, _picked(rooms, *found.pictures)),
    )


def _picked(rooms: Rooms, *sources: Source) -> AnswerFor:
    """Compares the two faces that the menus name, of two photos or both of one, which are fetched anew."""

    async def redo(job: Job, faces: tuple[int, ...], words: Language) -> Reply:
        with job.stage("photos"):
            photos = await rooms.photos.of(*sources)
        request = SimilarRequest(photos[0], photos[-1], first_face=faces[0], second_face=faces[1])
        return replies.similar(await job.run(tasks.similar, request), words)

    return redo
