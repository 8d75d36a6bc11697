"""How often one person may ask, counted by discord.py's own limiter."""

from __future__ import annotations

from discord.ext.commands import Cooldown as Bucket
from discord.ext.commands import CooldownMapping

from core.contracts import TooOften


class Cooldown:
    """`requests` of one person within `seconds`; 0: as many as they like."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._buckets: CooldownMapping[int] | None = None
        if requests:
            self._buckets = CooldownMapping(Bucket(requests, seconds), lambda person: person)

    def take(self, person: int) -> None:
        """One request. Raises TooOften."""
        if self._buckets is not None and (seconds := self._buckets.update_rate_limit(person)):
            raise TooOften(seconds)
