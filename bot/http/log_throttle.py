"""Logs messages that strangers can cause as often as they like once a minute, with a count."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

SECONDS_APART = 60.0


class ThrottledLogger(logging.LoggerAdapter[logging.Logger]):
    """Logs a message at once, counts further ones of the same kind for a minute, and then logs their number.

    Messages are of one kind if they are equal before their arguments are inserted. Needs a running event loop.
    """

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger)
        self._dropped: Counter[object] = Counter()

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if not self.isEnabledFor(level):
            return
        if msg in self._dropped:
            self._dropped[msg] += 1
            return
        self._dropped[msg] = 0
        asyncio.get_running_loop().call_later(SECONDS_APART, self._log_count, level, msg, args)
        super().log(level, msg, *args, **kwargs)

    def _log_count(self, level: int, msg: object, args: tuple[object, ...]) -> None:
        if count := self._dropped.pop(msg):
            example = str(msg) % args if args else str(msg)
            self.logger.log(level, "%d more times in %g s: %s", count, SECONDS_APART, example)
