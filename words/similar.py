"""How alike two faces are, in words."""

from __future__ import annotations

from math import floor

from core.contracts import SimilarResult
from words.answer import AnswerText
from words.cautions import interval, interval_alt, what_is_wrong
from words.faces import several_faces
from words.locales import Language

WORTH_NAMING = 0.1
"""Share of the evidence from which on a region is named, of either sign."""

TOP_RANK = 0.999
"""The rarest likeness that was measured. From here on, the rank is a lower bound and not a value."""


def describe_similar(result: SimilarResult, words: Language) -> AnswerText:
    body = [*_certainty(result, words), *_why(result, words)]
    for face, found in zip(result.faces, result.found, strict=True):
        body += several_faces(face, found, words)
    meaning = words.text(
        "similar-meaning",
        model=result.model,
        metric=result.metric,
        score=result.score,
        threshold=result.threshold,
        line=result.line,
        clear="yes" if result.interval is None else "no",
    )
    headline = words.text(f"similar-{result.verdict}", percent=result.shown_percent)
    return AnswerText(headline, tuple(body), (meaning,), _alt(result, words.plain))


def _certainty(result: SimilarResult, words: Language) -> list[str]:
    """What the photos do not show well, and how much that matters; else how close a call it is, and how rare."""
    if result.interval is not None:
        return [*what_is_wrong(result, words), *interval(result, words)]
    lines = [words.text("similar-near")] if result.near_line else []
    if result.stranger_rank is not None:
        key = "similar-rank-top" if result.stranger_rank >= TOP_RANK else "similar-rank"
        rank = floor(result.stranger_rank * 1000 + 1e-6) / 1000  # cut, as the percentage is
        lines.append(words.text(key, rank=rank, error=100 * (result.rank_error or 0.0)))
    return lines


def _why(result: SimilarResult, words: Language) -> list[str]:
    """Which regions make the two alike, and which set them apart; nothing where that was not asked for."""
    if not result.regions:
        return []
    order = sorted(result.regions, key=lambda region: abs(result.regions[region]), reverse=True)
    named = [region for region in order if abs(result.regions[region]) >= WORTH_NAMING]
    alike, apart = (
        words.listed(
            words.text("gradcam-share", region=words.text(f"region-{region}"), share=abs(result.regions[region]))
            for region in named
            if result.regions[region] * sign > 0
        )
        for sign in (1, -1)
    )
    if alike and apart:
        return [words.text("similar-why-both", alike=alike, apart=apart)]
    if alike:
        return [words.text("similar-why-alike", alike=alike)]
    if apart:
        return [words.text("similar-why-apart", apart=apart)]
    return [words.text("similar-why-none")]


def _alt(result: SimilarResult, plain: Language) -> str:
    first, second = result.faces
    alt = plain.text(
        "similar-alt",
        first=plain.quote(first.photo),
        second=plain.quote(second.photo),
        percent=result.shown_percent,
        line=result.line,
        reached="yes" if result.percent >= result.line else "no",
    )
    unclear = [*interval_alt(result, plain), *what_is_wrong(result, plain)]
    why = _why(result, plain)
    return " ".join([alt, *unclear, *([plain.text("similar-why-alt"), *why] if why else [])])
