"""/similar: how alike are the faces in two photos, or all of one, or of many?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import discord

from bot.commands import Command, Services, gradcam, lookalikes
from bot.commands.inputs import Inputs, current, expiry
from bot.errors import TooFewPhotos
from bot.interaction import Interaction
from bot.messages import menus, replies
from bot.messages.layout import ROWS, Button, Menu, Remake, Reply
from bot.messages.menus import Choice
from bot.photos import Found, Source
from bot.requests.jobs import Job
from core import tasks
from core.contracts import LookalikesRequest, SimilarRequest, Skipped
from words.locales import Language


def command(services: Services) -> Command:
    @services.command("similar")
    async def similar(
        interaction: Interaction,
        photo1: discord.Attachment | None = None,
        photo2: discord.Attachment | None = None,
        user1: discord.User | None = None,
        user2: discord.User | None = None,
        message: str | None = None,
        private: bool = False,
    ) -> None:
        inputs = Inputs(services, interaction, photo1, photo2, user1, user2, message=message)
        if len(inputs) == inputs.people < 2:  # a photo or a message alone may show several people, an avatar does not
            raise TooFewPhotos("similar", len(inputs))
        async with services.answering(interaction, private=private) as answer:
            await answer.reply_with(compare(services, await inputs.found(interaction)))

    return similar


@dataclass(frozen=True)
class Side:
    """One of the two faces. `face`: from the left, counted from 0; None: the largest."""

    picture: Source
    face: int | None = None


def compare(services: Services, found: Found) -> Remake:
    """Compare the faces of two photos, or everyone in a single one, or everyone in more than two."""
    if len(found.pictures) > 2:
        return lookalikes.compare(services, found)
    sides = (Side(found.pictures[0]), Side(found.pictures[-1]))
    return (_among if len(found.pictures) == 1 else _between)(services, sides, found.skipped)


def _between(services: Services, sides: tuple[Side, Side], skipped: tuple[Skipped, ...]) -> Remake:
    """Compare two faces, of two photos or both of one, with menus for the other faces."""
    pictures = tuple(dict.fromkeys(side.picture for side in sides))

    async def remake(interaction: Interaction, job: Job, words: Language) -> Reply:
        with job.stage("photos"):
            photos = await services.photos.fetch(*await current(services, interaction, *pictures))
        first, second = (side.face for side in sides)
        request = SimilarRequest(photos[0], photos[-1], first_face=first, second_face=second, numbered=True)
        result = await job.run(tasks.similar, request)

        choices = [
            Choice(face.photo, len(faces), faces.index(face))
            for face, faces in zip(result.faces, result.found, strict=True)
        ]
        left, right = (replace(side, face=choice.chosen) for side, choice in zip(sides, choices, strict=True))
        return replace(
            replies.leaving_out(replies.similar(result, words), skipped, words),
            menus=_faces(services, choices, sides, skipped, words),
            buttons=(
                Button("swap", words.text("button-swap"), remake=_between(services, (right, left), skipped)),
                Button("heatmap-left", words.text("button-heatmap-left"), further=partial(_heatmap, services, left)),
                Button("heatmap-right", words.text("button-heatmap-right"), further=partial(_heatmap, services, right)),
            ),
            spoiler=any(picture.spoiler for picture in pictures),
            expires=expiry(services, interaction, pictures),
        )

    return remake


def _among(services: Services, sides: tuple[Side, Side], skipped: tuple[Skipped, ...]) -> Remake:
    """Compare everyone in the one photo of both sides, with menus that choose two faces."""
    picture = sides[0].picture

    async def remake(interaction: Interaction, job: Job, words: Language) -> Reply:
        with job.stage("photos"):
            (photo,) = await services.photos.fetch(*await current(services, interaction, picture))
        result = await job.run(tasks.lookalikes, LookalikesRequest((photo,), numbered=True))

        count = len(result.faces)
        choices = [Choice(photo.name, count, face) for face in (result.best.first, result.best.second)]
        return replace(
            replies.lookalikes(result, skipped, words),
            menus=_faces(services, choices, sides, skipped, words),
            spoiler=picture.spoiler,
            expires=expiry(services, interaction, [picture]),
        )

    return remake


def _faces(
    services: Services,
    choices: list[Choice],
    sides: tuple[Side, Side],
    skipped: tuple[Skipped, ...],
    words: Language,
) -> tuple[Menu, ...]:
    def chosen(faces: tuple[int, ...]) -> Remake:
        first, second = (replace(side, face=face) for side, face in zip(sides, faces, strict=True))
        return _between(services, (first, second), skipped)

    return menus.face_menus(choices, ROWS - 1, words, chosen)


async def _heatmap(services: Services, side: Side, interaction: Interaction) -> None:
    """Answer with the heatmap of this face, in a message of its own."""
    async with services.answering(interaction) as answer:
        await answer.reply_with(gradcam.explain(services, gradcam.Question(side.picture, side.face)))
