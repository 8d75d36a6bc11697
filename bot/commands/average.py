"""/average: the average of the newest faces in a thread or channel, or a mixture of two such averages."""

from contextlib import AsyncExitStack
from typing import cast

from discord import app_commands

from bot import places, replies
from bot.averaging import Averaging
from bot.commands import Command, Interaction, Rooms
from bot.locales import FALLBACK, Language
from bot.progress import Progress
from core import tasks
from core.contracts import (
    AverageMethod,
    AverageRecipe,
    AverageRequest,
    AverageRules,
    AverageSoFar,
    FacesTaken,
    NothingToMix,
    Shape,
    Stopped,
    TooFewFaces,
)

METHODS = ("mean", "median", "mode", "trimmed")
SHAPES = ("warp", "align", "article")
SIZES = (512, 768, 1024)
FACES: dict[str, FacesTaken] = {"largest-face": "largest", "every-face": "every"}

OptionalPlace = app_commands.Transform[places.Choice, places.PlaceOption] | None


def command(rooms: Rooms) -> Command:
    most = rooms.settings.limits.average_photos
    words = rooms.languages.of(FALLBACK)

    def choices(values: tuple[str, ...]) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=words.text(f"choice-{value}"), value=value) for value in values]

    @rooms.command("average", guild_only=True)
    @app_commands.choices(size=[app_commands.Choice(name=str(side), value=side) for side in SIZES])
    @app_commands.choices(
        method=choices(METHODS),
        shape=choices(SHAPES),
        faces=choices(tuple(FACES)),
    )
    async def average(
        interaction: Interaction,
        thread: OptionalPlace = None,
        limit: app_commands.Range[int, 2, most] = most,
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
    ) -> None:
        if mix_with is None and (ratio is not None or morph):
            raise NothingToMix
        asked = [thread] if mix_with is None else [thread, mix_with]
        recipe = AverageRecipe(
            cast(Shape, shape),
            cast(AverageMethod, method),
            size,
            texture=float(texture),
            match_colour=match_colour,
            symmetric=symmetric,
        )
        rules = AverageRules(FACES[faces], one_each)
        share = 0.5 if ratio is None else ratio / 100
        async with rooms.answering(interaction, long=True) as answer:
            async with AsyncExitStack() as stack:
                async with answer.job.unless_stopped():
                    with answer.job.stage("photos"):
                        found = [await places.find(interaction, choice) for choice in asked]
                        listed = [await rooms.photos.posted(place, limit) for place in found]
                tally = Tally(sum(len(one.pictures) for one in listed), answer.progress, answer.words)
                halves: list[AverageSoFar] = []
                for one in listed:
                    averaging = Averaging(
                        answer.job,
                        recipe,
                        rules,
                        rooms.photos.batches(one.pictures),
                        one.skipped,
                        rooms.settings.limits.average_bytes,
                        tally.add,
                    )
                    halves.append(await (await stack.enter_async_context(averaging)).all_there_is())
                first, *second = halves
                request = AverageRequest(first, recipe, rules, second[0] if second else None, share, morph)
                try:
                    result = await answer.job.run(tasks.average_finish, request)
                except TooFewFaces:
                    if answer.job.stopped:
                        raise Stopped from None
                    raise
            mentions = [place.mention for place in found]
            await answer.reply(replies.average(result, mentions, answer.words, recipe, tally.left))

    return average


class Tally:
    """How many of `total` photos were looked at, and how many faces are in, of all places; shown by `progress`."""

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
        self._progress.tell(text)

    @property
    def left(self) -> int:
        """Photos that nobody looked at."""
        return self._total - self._photos
