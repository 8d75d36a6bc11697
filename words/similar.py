"""How alike two faces are, in words."""

from __future__ import annotations

from math import floor

from core.contracts import SimilarResult
from words.answer import AnswerText
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
    )
    headline = words.text(f"similar-{result.verdict}", percent=result.shown_percent)
    return AnswerText(headline, tuple(body), (meaning,), _alt(result, words.plain))


def _certainty(result: SimilarResult, words: Language) -> list[str]:
    """Whether it is a close call, and how rare such a likeness is."""
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
        same="yes" if result.same_person else "no",
    )
    why = _why(result, plain)
    return " ".join([alt, plain.text("similar-why-alt"), *why]) if why else alt
