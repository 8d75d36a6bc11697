"""Results and errors in words, those of the bot, in the language of the terminal.

Photos and folders may be called anything: results do nothing to the terminal, and errors are shown so by `cli.main`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.locales import Language, load
from cli.terminal import shown, shown_lines
from core.contracts import (
    AverageRecipe,
    AverageResult,
    GradcamResult,
    LookalikesResult,
    ModelError,
    PersonError,
    SimilarResult,
    Skipped,
    SokkuriError,
    TooFewFaces,
)


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language that the environment asks for, as POSIX has it; English where it asks for none that there is."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), "")
    return load().of(locale.partition(".")[0].replace("_", "-"))


def of_person_error(error: PersonError) -> str:
    """One line: what is wrong, with which photo, and what to do next."""
    words = language()
    lines = [words.error(error)]
    if isinstance(error, TooFewFaces):
        lines += _left_out(words, error.skipped)
    return " ".join(" ".join(lines).split())


def of_fault(error: Exception) -> str:
    """One line for whoever runs this, in English as all that is meant for the log."""
    if isinstance(error, ModelError):
        text = f"{error.model}: {error.detail}"
    elif isinstance(error, SokkuriError):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def of_similar(result: SimilarResult) -> str:
    from bot import replies

    return _plain(replies.similar(result, language()).text)


def of_gradcam(result: GradcamResult) -> str:
    from bot import replies

    return _plain(replies.gradcam(result, language()).text)


def of_lookalikes(result: LookalikesResult) -> str:
    """All that were left out are named: a terminal has room."""
    from bot import replies

    words = language()
    said = replies.lookalikes(replace(result, skipped=()), (), words).text
    return "\n".join([_plain(said), *map(shown, _left_out(words, result.skipped))])


def of_average(result: AverageResult, places: Sequence[str], recipe: AverageRecipe) -> str:
    """`places`: where the photos of each average came from. All that were left out are named: a terminal has room."""
    from bot import replies

    words = language()
    averaged = tuple(replace(one, skipped=()) for one in result.averaged)
    said = replies.average(replace(result, averaged=averaged), list(map(shown, places)), words, recipe).text
    return "\n".join([_plain(said), *map(shown, _left_out(words, result.skipped))])


def _left_out(words: Language, skipped: Sequence[Skipped]) -> list[str]:
    from bot import replies

    return [words.text("skipped"), *replies.skipped_lines(skipped, words, str)] if skipped else []


def _plain(text: str) -> str:
    """Without Discord's marks for bold type and small print."""
    return shown_lines("\n".join(line.removeprefix("-# ") for line in text.replace("**", "").split("\n")))
