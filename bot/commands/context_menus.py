"""What the bot offers in Discord's own menus (right click, Apps): of a message, and of a person.

Of such a message Discord tells the bot all that is in it, whatever the bot may see otherwise.
"""

from __future__ import annotations

from functools import partial

import discord

from bot.commands import Interaction, Menu, Rooms, average, gradcam, similar
from bot.commands.given import Given
from core.contracts import AverageRecipe, AverageRules


def menus(rooms: Rooms) -> list[Menu]:
    @rooms.menu("context-heatmap")
    async def heatmap(interaction: Interaction, message: discord.Message) -> None:
        given = Given(rooms, interaction, message)
        async with rooms.answering(interaction) as answer:
            found = await given.found(interaction)
            await gradcam.explain(rooms, answer, gradcam.Question(found.pictures[0]))

    @rooms.menu("context-alike")
    async def alike(interaction: Interaction, message: discord.Message) -> None:
        given = Given(rooms, interaction, message)
        async with rooms.answering(interaction) as answer:
            await similar.compare(rooms, answer, await given.found(interaction))

    @rooms.menu("context-average")
    async def average_these(interaction: Interaction, message: discord.Message) -> None:
        given = Given(rooms, interaction, message)
        order = average.Order(AverageRecipe(), AverageRules("every"))
        async with rooms.answering(interaction, long=True) as answer:
            await average.make(rooms, answer, order, [partial(average.of_given, given)])

    @rooms.menu("context-alike-we")
    async def alike_we(interaction: Interaction, person: discord.Member | discord.User) -> None:
        given = Given(rooms, interaction, interaction.user, person)
        async with rooms.answering(interaction) as answer:
            await similar.compare(rooms, answer, await given.found(interaction))

    return [heatmap, alike, average_these, alike_we]
