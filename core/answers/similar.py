"""How alike are two faces, and why?"""

from __future__ import annotations

import numpy as np

from core import heatmap
from core.answers.numbered import numbered
from core.cards import similar as card
from core.contracts import SimilarRequest, SimilarResult
from core.engine import Engine
from core.models.embedder import describe
from core.photo import encode
from core.similarity import scores
from core.similarity.percent import percent_curve
from core.similarity.verdict import near_line, rank, verdict
from core.stages import Stopwatch


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
        vectors = describe(engine.embedder, np.stack([crop.pixels for crop in crops]))
    score = engine.scorer.score(vectors[0], vectors[1], (crops[0].profile, crops[1].profile))
    among = rank(score, spec)
    curve = percent_curve(spec)
    percent, line = curve(score), curve(spec.threshold)
    same = scores.same_person(score, spec.threshold, spec.metric)
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
        drawn = card.similar((first.pixels, second.pixels), (first.face, second.face), percent, line, same, why)
    with watch("encode"):
        picture = encode(drawn, request.picture_format)
    both = (first,) if again is first else (first, second)
    return SimilarResult(
        model=spec.name,
        metric=spec.metric,
        score=score,
        raw_score=scores.score(vectors[0], vectors[1], spec.metric),
        percent=percent,
        line=line,
        same_person=same,
        verdict=verdict(score, spec),
        near_line=near_line(score, spec),
        stranger_rank=among.part if among else None,
        rank_error=among.error if among else None,
        threshold=spec.threshold,
        faces=(first.found(first.face), second.found(second.face)),
        face_counts=(len(first.faces), len(second.faces)),
        found=(first.all_found(), second.all_found()),
        numbered=numbered(both, request.picture_format, watch) if request.numbered else (),
        regions=evidence.shares if evidence else {},
        picture=picture,
        stages=watch.seconds,
    )
