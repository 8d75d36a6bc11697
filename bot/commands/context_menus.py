"""Entries in Discord's own menus of messages and people (right click, Apps).

Discord sends the whole message with such a command, even if the bot may not read it otherwise.
"""

from __future__ import annotations

from functools import partial

import discord

from bot.commands import Menu, Services, average, gradcam, similar
from bot.commands.inputs import Inputs
from bot.interaction import Interaction
from core.contracts import AverageRecipe, AverageRules


def menus(services: Services) -> list[Menu]:
    @services.menu("context-heatmap")
    async def heatmap(interaction: Interaction, message: discord.Message) -> None:
        inputs = Inputs(services, interaction, message)
        async with services.answering(interaction) as answer:
            found = await inputs.found(interaction)
            await answer.reply_with(gradcam.explain(services, gradcam.Question(found.pictures[0])))

    @services.menu("context-alike")
    async def alike(interaction: Interaction, message: discord.Message) -> None:
        inputs = Inputs(services, interaction, message)
        async with services.answering(interaction) as answer:
            await answer.reply_with(similar.compare(services, await inputs.found(interaction)))

    @services.menu("context-average")
    async def average_these(interaction: Interaction, message: discord.Message) -> None:
        inputs = Inputs(services, interaction, message)
        order = average.Order(AverageRecipe(), AverageRules("every"))
        async with services.answering(interaction, long=True) as answer:
            sides = [partial(average.find_in_inputs, inputs)]
            await answer.reply(await average.make_average(services, answer, order, sides))

    @services.menu("context-alike-we")
    async def alike_we(interaction: Interaction, person: discord.Member | discord.User) -> None:
        inputs = Inputs(services, interaction, interaction.user, person)
        async with services.answering(interaction) as answer:
            await answer.reply_with(similar.compare(services, await inputs.found(interaction)))

    return [heatmap, alike, average_these, alike_we]
