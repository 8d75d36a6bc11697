"""How alike are two faces, and why?"""

from __future__ import annotations

from core import heatmap, quality
from core.answers.numbered import numbered
from core.cards import similar as card
from core.contracts import SimilarRequest, SimilarResult, Unrecognisable, Verdict
from core.engine import Engine
from core.photo import encode
from core.similarity import doubt, scores
from core.similarity.percent import percent_curve
from core.similarity.verdict import near_line, rank, verdict
from core.stages import Stopwatch

CLAIMS: tuple[Verdict, ...] = ("same", "lookalike")
"""Answers that say so much about the two people that it must be known first what is covered."""


def answer(engine: Engine, request: SimilarRequest) -> SimilarResult:
    watch = Stopwatch()
    spec = engine.embedder.spec
    first = engine.locate(request.first, watch).choose(request.first_face)
    # both faces may be in one photo
    again = first if request.second == request.first else engine.locate(request.second, watch)
    second = again.choose(request.second_face)
    with watch("align"):
        crops = engine.crop(first), engine.crop(second)
    with watch("embed"):
        faces = engine.recognise(crops)
    for photo, face in zip((first, second), faces, strict=True):
        if (caution := quality.too_little(quality.find(face.quality))) is not None:
            raise Unrecognisable(photo.name, caution.kind, caution.value)
    profiles = faces[0].quality.profile, faces[1].quality.profile
    score = engine.scorer.score(faces[0].vector, faces[1].vector, profiles)
    curve = percent_curve(spec)
    percent, line = curve(score), curve(spec.threshold)
    if verdict(score, spec) in CLAIMS:
        with watch("embed"):
            faces = engine.look_closer(faces)
    found = quality.find(faces[0].quality), quality.find(faces[1].quality)
    bounds = doubt.interval(score, spec, quality.effects(found[0]), quality.effects(found[1]))
    answered = verdict(score, spec, bounds)
    same = None if answered == "unsure" else scores.same_person(score, spec.threshold, spec.metric)
    among = rank(score, spec) if bounds is None else None
    interval = None if bounds is None else (curve(bounds[0]), curve(bounds[1]))
    evidence = why = None
    if request.explain:
        with watch("explain"):
            evidence = heatmap.evidence(
                engine.embedder,
                (crops[0].pixels, crops[1].pixels),
                (crops[0].landmarks, crops[1].landmarks),
            )
            why = (
                card.Why(evidence.maps[0], crops[0].matrix),
                card.Why(evidence.maps[1], crops[1].matrix),
            )
    with watch("draw"):
        drawn = card.similar(
            (first.pixels, second.pixels), (first.face, second.face), percent, line, same, why, interval
        )
    with watch("encode"):
        picture = encode(drawn, request.picture_format)
    both = (first,) if again is first else (first, second)
    return SimilarResult(
        model=spec.name,
        metric=spec.metric,
        score=score,
        raw_score=scores.score(faces[0].vector, faces[1].vector, spec.metric),
        percent=percent,
        line=line,
        same_person=bool(same),
        verdict=answered,
        near_line=bounds is None and near_line(score, spec),
        stranger_rank=among.part if among else None,
        rank_error=among.error if among else None,
        threshold=spec.threshold,
        faces=(first.found(first.face), second.found(second.face)),
        face_counts=(len(first.faces), len(second.faces)),
        found=(first.all_found(), second.all_found()),
        numbered=numbered(both, request.picture_format, watch) if request.numbered else (),
        regions=evidence.shares if evidence else {},
        cautions=(quality.told(found[0]), quality.told(found[1])),
        interval=interval,
        picture=picture,
        stages=watch.seconds,
    )
