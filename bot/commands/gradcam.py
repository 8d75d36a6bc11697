"""/gradcam: where does the network look in a face?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import discord
from discord import app_commands

from bot import replies
from bot.commands import Answer, Command, Interaction, Rooms
from bot.commands.given import Given
from bot.jobs import Job
from bot.locales import FALLBACK, Language
from bot.menus import Choice
from bot.photos import Source
from bot.replies import Reply
from core import tasks
from core.contracts import GradcamRequest, HeatmapMethod, TooFewPhotos


@dataclass(frozen=True)
class Question:
    """What is asked about which picture. For the rest see GradcamRequest."""

    picture: Source
    method: str | None = None
    target: str | int | None = None
    compare_to: Source | None = None


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
        photo: discord.Attachment | None = None,
        user: discord.User | None = None,
        message: str | None = None,
        method: str | None = None,
        target: str | None = None,
        dimension: app_commands.Range[int, 0] | None = None,
        compare_to: discord.Attachment | None = None,
    ) -> None:
        given = Given(rooms, interaction, photo, user, message=message)
        if not given:
            raise TooFewPhotos("gradcam", 0)
        async with rooms.answering(interaction) as answer:
            found = await given.found(compare_to)
            other = found.pictures[-1] if compare_to is not None else None
            target_or_dimension = target if dimension is None else dimension
            await explain(rooms, answer, Question(found.pictures[0], method, target_or_dimension, other))

    return gradcam


async def explain(rooms: Rooms, answer: Answer, question: Question) -> None:
    """The answer for the largest face, and for any other by the menu."""

    async def explained(job: Job, face: int | None, words: Language) -> tuple[Reply, Choice]:
        """The answer for this face, counted from 0 (None: the largest), and the choice among all."""
        sources = [one for one in (question.picture, question.compare_to) if one is not None]
        with job.stage("photos"):
            fetched, *other = await rooms.photos.of(*sources)
        request = GradcamRequest(
            fetched,
            face=face,
            numbered=face is None,
            method=cast(HeatmapMethod | None, question.method),
            target=cast(Literal["identity", "largest"] | int | None, question.target),
            compare_to=other[0] if other else None,
        )
        result = await job.run(tasks.gradcam, request)
        return replies.gradcam(result, words), Choice(fetched.name, len(result.faces), result.face)

    async def redo(job: Job, faces: tuple[int, ...], words: Language) -> Reply:
        reply, _ = await explained(job, faces[0], words)
        return reply

    reply, choice = await explained(answer.job, None, answer.words)
    await answer.reply(reply, rooms.choosing(answer.interaction, [choice], redo))
