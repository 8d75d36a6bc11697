"""Limits how often a person may ask, by discord.py's own limiter."""

from __future__ import annotations

from discord.ext.commands import Cooldown as Bucket
from discord.ext.commands import CooldownMapping

from bot.config import LimitsSection
from bot.errors import TooOften


class Cooldown:
    """Allows `cooldown_requests` of one person within `cooldown_seconds`, by the current settings."""

    def __init__(self, limits: LimitsSection) -> None:
        self._limits = limits
        self._set_for: tuple[int, float] | None = None
        self._buckets: CooldownMapping[int]

    def take(self, person: int) -> None:
        """Count one request of `person`. Raises TooOften."""
        rate = (self._limits.cooldown_requests, self._limits.cooldown_seconds)
        if not rate[0]:
            return
        if rate != self._set_for:
            self._set_for = rate
            self._buckets = CooldownMapping(Bucket(*rate), lambda person: person)
        if seconds := self._buckets.update_rate_limit(person):
            raise TooOften(seconds)
