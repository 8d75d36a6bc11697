"""How people learn that there is no answer to their request, and why.

It is for nobody else to see. Where "is thinking" stands for everyone already, that is deleted, and a message for the
one who asked takes its place: what is public cannot become private, and the first message that follows on "is thinking"
would be as public as that is, were it still there.
https://discord.com/developers/docs/interactions/receiving-and-responding#create-followup-message
"""

from __future__ import annotations

import logging

import aiohttp
import discord

from bot.interaction import Interaction
from bot.messages import late
from bot.messages.layout import Reply
from bot.messages.sending import persistently
from bot.requests.state import job_id, state_of
from words.locales import Language

log = logging.getLogger(__name__)


async def tell(interaction: Interaction, reply: Reply, words: Language, *, in_place: bool = False) -> None:
    """Tell the person of `interaction`, late rather than never, or log that this could not be done.

    `in_place`: where "is thinking" stands, for everyone who has seen that; else for the person alone.
    """
    try:
        await _tell(interaction, reply.text, in_place=in_place or state_of(interaction).private)
    except discord.HTTPException as unsent:
        if unsent.code not in late.EXPIRED or not await _told_late(interaction, reply, words):
            _could_not(interaction, unsent)
    except (aiohttp.ClientError, TimeoutError) as unsent:
        _could_not(interaction, unsent)


async def _tell(interaction: Interaction, text: str, *, in_place: bool) -> None:
    nobody = discord.AllowedMentions.none()
    if not interaction.response.is_done():
        await interaction.response.send_message(text, ephemeral=True, allowed_mentions=nobody)
        return
    if state_of(interaction).thinking is not None:  # else it is a click, and the answer that was clicked on stays
        if in_place:
            await persistently(
                lambda: interaction.edit_original_response(
                    content=text, attachments=[], view=None, allowed_mentions=nobody
                )
            )
            return
        await _delete(interaction)
    await persistently(lambda: interaction.followup.send(text, ephemeral=True, allowed_mentions=nobody))


async def _delete(interaction: Interaction) -> None:
    try:
        await persistently(interaction.delete_original_response)
    except discord.NotFound as gone:
        if gone.code != late.DELETED:  # by the person, say, or by the try before this one
            raise


async def _told_late(interaction: Interaction, reply: Reply, words: Language) -> bool:
    at = state_of(interaction)
    if at.thinking is None:
        return False
    return await late.put(interaction, reply, words=words, shown=at.shown, private=at.private)


def _could_not(interaction: Interaction, unsent: Exception) -> None:
    log.warning("request %s: the answer could not be sent, and was dropped: %s", job_id(interaction), unsent)
