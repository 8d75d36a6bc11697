"""Whose average it is, in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import AverageRecipe, AverageResult
from words.answer import AnswerText
from words.locales import Language


def describe_average(
    result: AverageResult,
    places: Sequence[str],
    words: Language,
    recipe: AverageRecipe,
    left: int = 0,
    *,
    out_of_time: bool = False,
) -> AnswerText:
    """All but what was left out: see `words.skipped`.

    `places`: where the photos of each average are from, set as `words` sets names, or "" where they were chosen one by
    one; `left`: photos that nobody looked at, because somebody stopped it, or as it was `out_of_time`.
    """
    body = [words.text("average-people", people=one.people) for one in result.averaged if one.people is not None]
    if left:
        body.append(words.text("average-ready", left=left, why="time" if out_of_time else "stopped"))
    return AnswerText(_headline(result, places, words), tuple(body), _recipe(recipe, words), _alt(result, words.plain))


def place_name(place: str, words: Language) -> str:
    return place or words.text("place-options")


def _headline(result: AverageResult, places: Sequence[str], words: Language) -> str:
    """How many faces, and where they are from."""
    first, *second = result.averaged
    if not second:
        source = "place" if places[0] else "selection"
        counts = {"faces": len(first.faces), "photos": len(first.used)}
        return words.text("average-done", source=source, place=places[0], **counts)
    return words.text(
        "average-mixture",
        first=len(first.faces),
        second=len(second[0].faces),
        place=place_name(places[0], words),
        other=place_name(places[1], words),
        share=1 - (result.ratio or 0.0),
        ratio=result.ratio or 0.0,
    )


def _recipe(recipe: AverageRecipe, words: Language) -> tuple[str, ...]:
    """What was asked for that is not the usual way."""
    usual = AverageRecipe()
    choices = [
        *([words.text(f"choice-{recipe.shape}")] if recipe.shape != usual.shape else []),
        *([words.text(f"choice-{recipe.method}")] if recipe.method != usual.method else []),
        *([words.text("recipe-no-texture")] if not recipe.texture else []),
        *([words.text("recipe-symmetric")] if recipe.symmetric else []),
        *([words.text("recipe-match-colour")] if recipe.match_colour else []),
    ]
    return (words.text("average-recipe", choices=words.listed(choices)),) if choices else ()


def _alt(result: AverageResult, plain: Language) -> str:
    first, *second = result.averaged
    if not second:
        return plain.text("average-alt", count=len(first.faces))
    ratio = result.ratio or 0.0
    return plain.text("average-alt-mixture", first=len(first.faces), second=len(second[0].faces), ratio=ratio)
