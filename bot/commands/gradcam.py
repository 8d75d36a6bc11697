"""/gradcam: where does the network look in a face?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

import discord
from discord import app_commands

from bot.commands import Command, Services
from bot.commands.inputs import Inputs, current, expiry
from bot.errors import TooFewPhotos
from bot.interaction import Interaction
from bot.messages import menus, replies
from bot.messages.layout import ROWS, Menu, Option, Remake, Reply
from bot.messages.menus import Choice
from bot.photos import Source
from bot.requests.jobs import Job
from core import tasks
from core.contracts import GradcamRequest, HeatmapMethod, HeatmapTarget
from words.gradcam import method_name
from words.locales import FALLBACK, Language

METHODS: tuple[HeatmapMethod, ...] = get_args(HeatmapMethod)


@dataclass(frozen=True)
class Question:
    """A question about one face of a picture. `face`: from the left, counted from 0; None: the largest. For the other
    fields see GradcamRequest.
    """

    picture: Source
    face: int | None = None
    method: str | None = None
    target: str | int | None = None
    compare_to: Source | None = None


def command(services: Services) -> Command:
    english = services.languages.of(FALLBACK)

    def method_choice(method: HeatmapMethod) -> app_commands.Choice[str]:
        """Named by `choice-NAME` of each language if there is one, otherwise by the name that its paper gives it."""
        if english.has(f"choice-{method}"):
            (choice,) = services.choices(method)
            return choice
        return app_commands.Choice(name=method_name(method, english), value=method)

    @services.command("gradcam")
    @app_commands.choices(
        method=[method_choice(method) for method in METHODS],
        target=services.choices(*get_args(HeatmapTarget)),
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
        private: bool = False,
    ) -> None:
        inputs = Inputs(services, interaction, photo, user, message=message)
        if not inputs:
            raise TooFewPhotos("gradcam", 0)
        async with services.answering(interaction, private=private) as answer:
            found = await inputs.found(interaction, compare_to)
            other = found.pictures[-1] if compare_to is not None else None
            target_or_dimension = target if dimension is None else dimension
            question = Question(found.pictures[0], None, method, target_or_dimension, other)
            await answer.reply_with(explain(services, question))

    return gradcam


def explain(services: Services, question: Question) -> Remake:
    """Make the answer, with menus for the other faces and for another method."""

    async def remake(interaction: Interaction, job: Job, words: Language) -> Reply:
        sources = [one for one in (question.picture, question.compare_to) if one is not None]
        with job.stage("photos"):
            fetched, *other = await services.photos.fetch(*await current(services, interaction, *sources))
        request = GradcamRequest(
            fetched,
            face=question.face,
            numbered=True,
            method=cast(HeatmapMethod | None, question.method),
            target=cast(Literal["identity", "largest"] | int | None, question.target),
            compare_to=other[0] if other else None,
        )
        result = await job.run(tasks.gradcam, request)

        choice = Choice(fetched.name, len(result.faces), result.face)
        about = replace(question, face=result.face)  # kept until a click: the number of the face, not its picture
        faces = menus.face_menus(
            [choice], ROWS - 2, words, lambda faces: explain(services, replace(question, face=faces[0]))
        )

        def option(name: HeatmapMethod) -> Option:
            label = words.text("menu-method", method=method_name(name, words))
            return Option(name, label, name == result.method)

        methods = Menu(
            "method",
            words.text("menu-methods"),
            tuple(map(option, get_args(HeatmapMethod))),
            lambda method: explain(services, replace(about, method=method)),
        )
        reply = replies.gradcam(result, words)
        return replace(
            reply,
            menus=(*faces, methods),
            spoiler=any(one.spoiler for one in sources),
            expires=expiry(services, interaction, sources),
        )

    return remake
