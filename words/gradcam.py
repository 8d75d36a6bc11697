"""What the network looks at in a face, in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import HEATMAP_LABELS, GradcamResult, HeatmapMethod, Region
from words.answer import AnswerText
from words.faces import several_faces
from words.locales import Language

WORTH_NAMING = 0.005
"""Share of the attention from which on a region is named."""

MUCH_OUTSIDE = 0.3
"""Share of the attention outside the face from which on a warning is due."""


def describe_gradcam(result: GradcamResult, words: Language) -> AnswerText:
    order = sorted(result.regions, key=lambda region: result.regions[region], reverse=True)
    places = dict(zip(("first", "second", "third"), order, strict=False))
    headline = words.text(
        "gradcam-most",
        **{place: words.text(f"region-{region}") for place, region in places.items()},
        **{f"{place}-share": result.regions[region] for place, region in places.items()},
    )
    face = result.faces[result.face]
    body = [
        words.text("gradcam-all", shares=_shares(result, order, words)),
        *([words.text("gradcam-outside", share=result.outside_face)] if result.outside_face >= MUCH_OUTSIDE else []),
        *several_faces(face, result.faces, words),
    ]
    method = words.text(
        "gradcam-method",
        method=method_name(result.method, words),
        model=result.model,
        target=_target(result),
        dimension=result.target,
        other=words.quote(result.compared_to or ""),
    )
    plain = words.plain
    alt = plain.text("gradcam-alt", photo=plain.quote(face.photo), shares=_shares(result, order, plain))
    return AnswerText(headline, tuple(body), (method,), alt)


def _shares(result: GradcamResult, order: Sequence[Region], words: Language) -> str:
    return words.listed(
        words.text("gradcam-share", region=words.text(f"region-{region}"), share=result.regions[region])
        for region in order
        if result.regions[region] >= WORTH_NAMING
    )


def method_name(method: HeatmapMethod, words: Language) -> str:
    """The language's own name for the method if it has one, else the one its paper gives it."""
    key = f"choice-{method}"
    return words.text(key) if words.has(key) else HEATMAP_LABELS[method]


def _target(result: GradcamResult) -> str:
    if result.method == "eigencam":  # it looks at the maps alone
        return "none"
    return "dimension" if result.target.isdecimal() else result.target
