"""/average: the average of the newest faces in a thread or channel or of some photos, or a mixture of two averages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast, get_args

import discord
from discord import app_commands

from bot.access import permissions, places
from bot.commands import Answer, Command, Services
from bot.commands.inputs import Inputs, expiry
from bot.errors import NothingToMix, Stopped
from bot.interaction import Interaction
from bot.messages import replies
from bot.messages.layout import Button, Reply
from bot.messages.progress import Progress
from bot.photos import Found
from bot.requests.scatter import Averaging
from core.contracts import (
    AverageMethod,
    AverageRecipe,
    AverageRequest,
    AverageRules,
    AverageSoFar,
    FacesTaken,
    Shape,
    TooFewFaces,
)
from words.locales import Language

SIZES = (512, 768, 1024)
FACES: dict[str, FacesTaken] = {"largest-face": "largest", "every-face": "every"}

OptionalPlace = app_commands.Transform[places.Choice, places.PlaceOption] | None


def command(services: Services) -> Command:
    most = services.settings.limits.average_photos

    @services.command("average")
    @app_commands.choices(size=[app_commands.Choice(name=str(side), value=side) for side in SIZES])
    @app_commands.choices(
        method=services.choices(*get_args(AverageMethod)),
        shape=services.choices(*get_args(Shape)),
        faces=services.choices(*FACES),
    )
    async def average(
        interaction: Interaction,
        thread: OptionalPlace = None,
        limit: app_commands.Range[int, 2, most] = most,
        message: str | None = None,
        faces: str = "largest-face",
        one_each: bool = False,
        method: str = "mean",
        shape: str = "warp",
        size: int = 768,
        texture: bool = True,
        symmetric: bool = False,
        match_colour: bool = False,
        mix_with: OptionalPlace = None,
        ratio: app_commands.Range[int, 0, 100] | None = None,
        morph: bool = False,
        photo1: discord.Attachment | None = None,
        photo2: discord.Attachment | None = None,
        photo3: discord.Attachment | None = None,
        photo4: discord.Attachment | None = None,
        photo5: discord.Attachment | None = None,
        photo6: discord.Attachment | None = None,
        photo7: discord.Attachment | None = None,
        photo8: discord.Attachment | None = None,
        private: bool = False,
    ) -> None:
        if mix_with is None and (ratio is not None or morph):
            raise NothingToMix
        photos = (photo1, photo2, photo3, photo4, photo5, photo6, photo7, photo8)
        inputs = Inputs(services, interaction, *photos, message=message)
        asked = [*([] if inputs else [thread]), *([] if mix_with is None else [mix_with])]
        for choice in asked:
            places.check(interaction, choice, message_content=services.settings.discord.message_content)
        order = Order(
            AverageRecipe(
                cast(Shape, shape),
                cast(AverageMethod, method),
                size,
                texture=float(texture),
                match_colour=match_colour,
                symmetric=symmetric,
            ),
            AverageRules(FACES[faces], one_each),
            0.5 if ratio is None else ratio / 100,
            morph,
        )
        sides: list[FindSide] = [partial(find_in_inputs, inputs)] if inputs else []
        sides += [partial(find_in_place, services, choice, limit) for choice in asked]
        async with services.answering(interaction, long=True, private=private) as answer:
            await answer.reply(await make_average(services, answer, order, sides))

    return average


@dataclass(frozen=True)
class Order:
    """How an average is to be made; for a mixture, see AverageRequest."""

    recipe: AverageRecipe
    rules: AverageRules
    ratio: float = 0.5
    morph: bool = False


@dataclass(frozen=True)
class Side:
    """The photos of one average. `place`: a mention or link of where they are from; "": they were chosen one by one."""

    found: Found
    place: str


FindSide = Callable[[Answer], Awaitable[Side]]
"""Finds the photos of one side, by what the person and the bot may see at that time."""


async def find_in_place(services: Services, choice: places.Choice | None, limit: int, answer: Answer) -> Side:
    permissions.check_pictures(answer.interaction)
    places.check(answer.interaction, choice, message_content=services.settings.discord.message_content)
    place = await places.find(answer.interaction, choice)
    return Side(await services.photos.newest_in(place, limit), place.mention)


async def find_in_inputs(inputs: Inputs, answer: Answer) -> Side:
    return Side(await inputs.found(answer.interaction), inputs.url or "")


async def make_average(services: Services, answer: Answer, order: Order, sides: Sequence[FindSide]) -> Reply:
    """Average all that the only one of `sides` finds, or mix the averages of both."""
    async with answer.job.unless_stopped():
        with answer.job.stage("photos"):
            found = [await side(answer) for side in sides]
    tally = Tally(sum(len(side.found.pictures) for side in found), answer.progress, answer.words)

    def averaging(side: Side) -> Averaging:
        return Averaging(
            answer.job,
            order.recipe,
            order.rules,
            services.photos.batches(side.found.pictures),
            side.found.skipped,
            services.settings.limits.average_bytes,
            tally.add,
        )

    def request(so_far: AverageSoFar, mix_with: AverageSoFar | None = None) -> AverageRequest:
        return AverageRequest(so_far, order.recipe, order.rules, mix_with, order.ratio, order.morph)

    *before, last = found
    make_request = request
    try:
        for side in before:  # of a mixture
            async with averaging(side) as first:
                make_request = partial(request, await first.total())
        async with averaging(last) as second:
            result = await second.result(make_request)
    except TooFewFaces:
        if answer.job.stopped:
            raise Stopped from None
        raise
    mentions = [side.place for side in found]
    late = answer.job.out_of_time
    reply = replies.average(result, mentions, answer.words, order.recipe, tally.left, out_of_time=late)
    pictures = [picture for side in found for picture in side.found.pictures]
    return replace(
        reply,
        buttons=comparisons(services, order, sides, answer.words),
        spoiler=any(side.found.spoiler for side in found),
        expires=expiry(services, answer.interaction, pictures),
    )


def comparisons(services: Services, order: Order, sides: Sequence[FindSide], words: Language) -> tuple[Button, ...]:
    """Buttons for what people may want to compare it with: another method, and with or without the fine detail."""
    recipe = order.recipe
    if recipe.shape == "article":  # which supports neither
        return ()

    def button(name: str, label: str, other: AverageRecipe) -> Button:
        async def further(interaction: Interaction) -> None:
            async with services.answering(interaction, long=True) as answer:
                await answer.reply(await make_average(services, answer, replace(order, recipe=other), sides))

        return Button(name, words.text(label), further=further)

    return (
        button("mean", "button-mean", replace(recipe, method="mean"))
        if recipe.method == "median"
        else button("median", "button-median", replace(recipe, method="median")),
        button("no-texture", "button-no-texture", replace(recipe, texture=0.0))
        if recipe.texture
        else button("texture", "button-texture", replace(recipe, texture=1.0)),
    )


class Tally:
    """Counts how many of `total` photos were looked at and how many faces were added; shown by `progress`."""

    def __init__(self, total: int, progress: Progress, words: Language) -> None:
        self._total = total
        self._progress = progress
        self._words = words
        self._photos = 0
        self._faces = 0

    def add(self, photos: int, faces: int) -> None:
        self._photos += photos
        self._faces += faces
        text = self._words.text("average-progress", photos=self._photos, total=self._total, faces=self._faces)
        self._progress.show_text(text)

    @property
    def left(self) -> int:
        """Photos that nobody looked at."""
        return self._total - self._photos
