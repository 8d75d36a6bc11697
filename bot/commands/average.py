"""/average: the average of the newest faces in a thread or channel."""

from discord import app_commands

from bot import places, replies
from bot.commands import Command, Interaction, Rooms
from core import tasks
from core.contracts import AverageRequest, TooFewFaces


def command(rooms: Rooms) -> Command:
    most = rooms.settings.limits.average_photos

    @rooms.command("average", guild_only=True)
    async def average(
        interaction: Interaction,
        thread: app_commands.Transform[places.Choice, places.PlaceOption] | None = None,
        limit: app_commands.Range[int, 2, most] = most,
    ) -> None:
        async with rooms.answering(interaction) as answer:
            with answer.job.stage("photos"):
                place = await places.find(interaction, thread)
                gathered = await rooms.photos.of_place(place, limit)
            try:
                result = await answer.job.run(tasks.average, AverageRequest(gathered.photos))
            except TooFewFaces as error:
                raise TooFewFaces(error.found, error.needed, (*error.skipped, *gathered.skipped)) from None
            await answer.reply(replies.average(result, gathered.skipped, place.mention, answer.words))

    return average
