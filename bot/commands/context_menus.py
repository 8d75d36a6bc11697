"""What the bot offers in Discord's own menus (right click, Apps): of a message, and of a person.

Of such a message Discord tells the bot all that is in it, whatever the bot may see otherwise.
"""

from __future__ import annotations

from functools import partial

import discord

from bot.commands import Menu, Services, average, gradcam, similar
from bot.commands.given import Given
from bot.interaction import Interaction
from core.contracts import AverageRecipe, AverageRules


def menus(services: Services) -> list[Menu]:
    @services.menu("context-heatmap")
    async def heatmap(interaction: Interaction, message: discord.Message) -> None:
        given = Given(services, interaction, message)
        async with services.answering(interaction) as answer:
            found = await given.found(interaction)
            await answer.reply_with(gradcam.explain(services, gradcam.Question(found.pictures[0])))

    @services.menu("context-alike")
    async def alike(interaction: Interaction, message: discord.Message) -> None:
        given = Given(services, interaction, message)
        async with services.answering(interaction) as answer:
            await answer.reply_with(similar.compare(services, await given.found(interaction)))

    @services.menu("context-average")
    async def average_these(interaction: Interaction, message: discord.Message) -> None:
        given = Given(services, interaction, message)
        order = average.Order(AverageRecipe(), AverageRules("every"))
        async with services.answering(interaction, long=True) as answer:
            sides = [partial(average.of_given, given)]
            await answer.reply(await average.make_average(services, answer, order, sides))

    @services.menu("context-alike-we")
    async def alike_we(interaction: Interaction, person: discord.Member | discord.User) -> None:
        given = Given(services, interaction, interaction.user, person)
        async with services.answering(interaction) as answer:
            await answer.reply_with(similar.compare(services, await given.found(interaction)))

    return [heatmap, alike, average_these, alike_we]
