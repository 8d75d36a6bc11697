"""What each question's result becomes: the text of an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AnswerText:
    """An answer in words, from the top down.

    `headline`: the answer in one line; `body`: lines that explain it; `small`: lines of small print; `alt`: the
    picture, without marks, for somebody who cannot see it.
    """

    headline: str
    body: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    alt: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """All but the alt text."""
        return (self.headline, *self.body, *self.small)
