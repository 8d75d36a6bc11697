"""/lookalikes: who looks like whom, among all faces of a thread or of some photos?"""

from dataclasses import replace

import discord
from discord import app_commands

from bot.access import places
from bot.commands import Command, Services
from bot.commands.inputs import Inputs
from bot.interaction import Interaction
from bot.messages import replies
from bot.messages.layout import Remake, Reply
from bot.photos import Found
from bot.requests.jobs import Job
from core import tasks
from core.contracts import LookalikesRequest, TooFewFaces
from words.locales import Language


def command(services: Services) -> Command:
    most = services.settings.limits.lookalikes_photos

    @services.command("lookalikes")
    async def lookalikes(
        interaction: Interaction,
        thread: app_commands.Transform[places.Choice, places.PlaceOption] | None = None,
        limit: app_commands.Range[int, 2, most] = most,
        photo1: discord.Attachment | None = None,
        photo2: discord.Attachment | None = None,
        photo3: discord.Attachment | None = None,
        photo4: discord.Attachment | None = None,
        photo5: discord.Attachment | None = None,
        photo6: discord.Attachment | None = None,
        photo7: discord.Attachment | None = None,
        photo8: discord.Attachment | None = None,
        photo9: discord.Attachment | None = None,
        photo10: discord.Attachment | None = None,
        message: str | None = None,
        private: bool = False,
    ) -> None:
        photos = (photo1, photo2, photo3, photo4, photo5, photo6, photo7, photo8, photo9, photo10)
        inputs = Inputs(services, interaction, *photos, message=message)
        if not inputs:
            places.check(interaction, thread, message_content=services.settings.discord.message_content)
        async with services.answering(interaction, private=private) as answer:
            with answer.job.stage("photos"):
                if inputs:
                    found = await inputs.found(interaction)
                else:
                    found = await services.photos.newest_in(await places.find(interaction, thread), limit)
            await answer.reply_with(compare(services, found))

    return lookalikes


def compare(services: Services, found: Found) -> Remake:
    """Compare everyone in all the photos, which are held until the result is known and no longer."""

    async def remake(_: Interaction, job: Job, words: Language) -> Reply:
        with job.stage("photos"):
            gathered = await services.photos.fetch_all(found)
        try:
            result = await job.run(tasks.lookalikes, LookalikesRequest(gathered.photos))
        except TooFewFaces as error:
            raise TooFewFaces(error.found, error.needed, (*error.skipped, *gathered.skipped)) from None
        return replace(replies.lookalikes(result, gathered.skipped, words), spoiler=gathered.spoiler)

    return remake
