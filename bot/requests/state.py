"""The state of a request: its id, its age, how far it has come, and its line in the log."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import discord

from bot import logs
from bot.interaction import Interaction


@dataclass
class RequestState:
    """How far a request has come. `admitted`: a job logs it; `thinking`: the "is thinking" message that Discord shows
    until there is an answer.
    """

    admitted: bool = False
    thinking: discord.InteractionCallbackResponse[Any] | None = None

    @property
    def private(self) -> bool:
        """Whether only the person sees the answer."""
        return self.thinking is not None and self.thinking.is_ephemeral()

    @property
    def shown(self) -> int | None:
        """The id of the message that the answer will replace."""
        return None if self.thinking is None else self.thinking.message_id


def state_of(interaction: Interaction) -> RequestState:
    """The state of the request that `interaction` is; it is the same object from its first moment on."""
    found: RequestState = interaction.extras.setdefault(RequestState, RequestState())
    return found


def job_id(interaction: Interaction) -> str:
    """A short id, the same at each call, that can be read out and does not identify the person."""
    digest = hashlib.blake2s(str(interaction.id).encode(), digest_size=5).digest()
    return base64.b32encode(digest).decode().lower()[:6]


def age(interaction: Interaction) -> float:
    """Its age in seconds, by Discord's clock, which may differ from ours."""
    return max((discord.utils.utcnow() - interaction.created_at).total_seconds(), 0.0)


def ended_at_once(interaction: Interaction, command: str, outcome: str) -> None:
    """Log a request that never became a job."""
    line = logs.RequestLine(job_id(interaction), command, interaction.guild_id, outcome, age(interaction))
    logs.request(line)
