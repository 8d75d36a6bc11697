"""Answers that are ready too late for a reply to the command: Discord accepts none after 15 minutes.

Such an answer, or the error in its place, is posted to the channel, as a reply to the command's message there, if the
bot may write. What was private is never posted.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import aiohttp
import discord

from bot.interaction import Interaction
from bot.messages.layout import Reply, layout
from bot.messages.menus import delete_button, delete_id
from bot.messages.sending import persistently
from words.locales import Language

EXPIRED = frozenset({10015, 50027})
"""Discord's codes (unknown webhook, invalid webhook token) for a command that has expired."""

DELETED = 10008
"""Discord's code (unknown message) for a reply that somebody deleted before the answer was ready."""

log = logging.getLogger(__name__)


async def put(interaction: Interaction, reply: Reply, *, words: Language, shown: int | None, private: bool) -> bool:
    """Post `reply`, and return whether that was possible. Of its buttons only the one that deletes it is kept, since
    that one needs no state. `words`: the person's language; `shown`: id of the message that it would have replaced.
    """
    channel = interaction.channel
    if private or not isinstance(channel, discord.abc.Messageable) or not _may_write(interaction, reply):
        return False
    reference = (
        discord.MessageReference(message_id=shown, channel_id=channel.id, fail_if_not_exists=False) if shown else None
    )
    only = replace(reply, menus=(), buttons=(delete_button(words),))

    async def send() -> discord.Message:
        view = layout(only, lambda _: delete_id(interaction.user.id))
        view.stop()  # clicks are looked up in bot.messages.menus
        return await channel.send(
            view=view,
            files=[picture.file(spoiler=reply.spoiler) for picture in reply.pictures],
            reference=reference,  # type: ignore[arg-type]  # None is allowed, but not by the stubs
            allowed_mentions=discord.AllowedMentions.none(),
        )

    try:
        await persistently(send)
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as unsent:
        log.info("a late answer could not be posted: %s", unsent)
        return False
    return True


def _may_write(interaction: Interaction, reply: Reply) -> bool:
    may = interaction.app_permissions
    sends = may.send_messages_in_threads if isinstance(interaction.channel, discord.Thread) else may.send_messages
    return may.view_channel and sends and (may.attach_files or not reply.pictures)
