"""All errors there are, those of Discord's side among them, which only an import makes subclasses."""

from __future__ import annotations

from collections.abc import Iterator

import bot.errors  # noqa: F401
from core.contracts import SokkuriError


def leaves(branch: type[SokkuriError]) -> Iterator[type[SokkuriError]]:
    below = branch.__subclasses__()
    if not below:
        yield branch
    for child in below:
        yield from leaves(child)
