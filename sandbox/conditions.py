"""What goes wrong in this Discord on purpose, until it is switched off again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import discord

DEFAULT_SIZE_LIMIT = 20 * 1024 * 1024
"""Bytes of one file. https://discord.com/developers/docs/reference#uploading-files"""

MOST_LATENCY_MS = 60_000


@dataclass(frozen=True)
class Conditions:
    """Nothing goes wrong by default.

    `latency_ms`: added to every event, response and download of the bot; `rate_limited`: the first attempt of every
    call is answered 429; `server_errors`: every call is answered 500; `message_content`: whether that intent is
    switched on in the developer portal; `denied`: permissions that the bot has in no channel, by discord.py's names;
    `upload_limit`: bytes that a file of the bot's may have; `links_expired`: no address of a file works any more;
    `layouts_refused`: messages made of components (Components V2) are refused. Raises ValueError for values out of
    range.
    """

    latency_ms: int = 0
    rate_limited: bool = False
    server_errors: bool = False
    message_content: bool = True
    denied: frozenset[str] = frozenset()
    upload_limit: int = DEFAULT_SIZE_LIMIT
    links_expired: bool = False
    layouts_refused: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.latency_ms <= MOST_LATENCY_MS:
            raise ValueError(f"latency_ms is 0 to {MOST_LATENCY_MS}, not {self.latency_ms}")
        if self.upload_limit < 0:
            raise ValueError(f"upload_limit is a number of bytes, not {self.upload_limit}")
        if unknown := self.denied - set(discord.Permissions.VALID_FLAGS):
            raise ValueError(f"unknown permissions: {', '.join(sorted(unknown))}")

    @property
    def seconds_late(self) -> float:
        return self.latency_ms / 1000

    @property
    def denied_bits(self) -> int:
        return discord.Permissions(**dict.fromkeys(self.denied, True)).value

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "denied": sorted(self.denied)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Conditions:
        """Reads the output of `to_json`; what is missing has its default. Raises ValueError for unknown names and wrong
        types.
        """
        kinds = {field.name: type(field.default) for field in fields(cls)}
        given: dict[str, Any] = {}
        for name, value in values.items():
            kind = kinds.get(name)
            if kind is frozenset and isinstance(value, list) and all(isinstance(one, str) for one in value):
                given[name] = frozenset(value)
            elif type(value) is kind:
                given[name] = value
            else:
                raise ValueError(f"{name} cannot be {value!r}")
        return cls(**given)
