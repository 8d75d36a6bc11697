"""Tells people that their request has failed, and why.

Nobody else sees that. If everyone already sees "is thinking", that is deleted and a private message follows: a public
message cannot become private, and the first message after "is thinking" would be as public as that is.
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


async def send_error(interaction: Interaction, reply: Reply, words: Language, *, in_place: bool = False) -> None:
    """Send `reply` to the person of `interaction`, late rather than never, or log that this failed.

    `in_place`: in place of "is thinking", for everyone who has seen that; otherwise for the person alone.
    """
    try:
        await _send(interaction, reply.text, in_place=in_place or state_of(interaction).private)
    except discord.HTTPException as unsent:
        if unsent.code not in late.EXPIRED or not await _send_late(interaction, reply, words):
            _log_unsent(interaction, unsent)
    except (aiohttp.ClientError, TimeoutError) as unsent:
        _log_unsent(interaction, unsent)


async def _send(interaction: Interaction, text: str, *, in_place: bool) -> None:
    nobody = discord.AllowedMentions.none()
    if not interaction.response.is_done():
        await interaction.response.send_message(text, ephemeral=True, allowed_mentions=nobody)
        return
    if state_of(interaction).thinking is not None:  # otherwise it is a click, and the clicked answer stays
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
        if gone.code != late.DELETED:  # maybe by the person, or by an earlier try
            raise


async def _send_late(interaction: Interaction, reply: Reply, words: Language) -> bool:
    at = state_of(interaction)
    if at.thinking is None:
        return False
    return await late.put(interaction, reply, words=words, shown=at.shown, private=at.private)


def _log_unsent(interaction: Interaction, unsent: Exception) -> None:
    log.warning("request %s: the answer could not be sent, and was dropped: %s", job_id(interaction), unsent)
