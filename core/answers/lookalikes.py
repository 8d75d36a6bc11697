"""Who looks like whom, among many faces?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.answers.numbered import numbered
from core.cards import average as average_card
from core.cards import lookalikes as card
from core.contracts import (
    FoundFace,
    Likeness,
    LookalikesRequest,
    LookalikesResult,
    NumberedPhoto,
    OnlyOneFace,
    PhotoError,
    Skipped,
    TooFewFaces,
)
from core.engine import Crop, Engine
from core.models.embedder import describe
from core.photo import encode
from core.similarity import clustering
from core.similarity.percent import percent_curve
from core.stages import Stopwatch

MOST_PAIRS = 10
"""How many of the most alike pairs the result lists."""


def answer(
    engine: Engine, request: LookalikesRequest, progress: Callable[[int, int], None] | None = None
) -> LookalikesResult:
    """`progress` is called with the photos that were read, and all there are."""
    watch = Stopwatch()
    spec = engine.embedder.spec
    faces: list[FoundFace] = []
    crops: list[Crop] = []
    portraits: list[NDArray[np.uint8]] = []
    skipped: list[Skipped] = []
    with_numbers: tuple[NumberedPhoto, ...] = ()
    for done, photo in enumerate(request.photos, start=1):
        try:
            located = engine.locate(photo, watch)
        except PhotoError as error:
            if request.numbered:  # the one photo is all there is
                raise
            skipped.append(Skipped(photo.name, error.code))
        else:
            room = card.MOST_FACES - len(faces)
            if room < len(located.faces):
                skipped.append(Skipped(photo.name, "too_many_faces"))
            # keep only what the picture can show, so that a hundred photos fit in memory
            for index, face in enumerate(located.faces[:room]):
                faces.append(located.found(face))
                with watch("align"):
                    crops.append(engine.crop(located.choose(index)))
                    portraits.append(average_card.portrait(located.pixels, face, card.PORTRAIT_SIDE))
            if request.numbered:
                with_numbers = numbered((located,), request.picture_format, watch)
        if progress is not None:
            progress(done, len(request.photos))
    if len(faces) < 2:
        if request.numbered:
            raise OnlyOneFace(request.photos[0].name)
        raise TooFewFaces(len(faces), 2, tuple(skipped))
    with watch("embed"):
        vectors = describe(engine.embedder, np.stack([crop.pixels for crop in crops]))
    with watch("compare"):
        scores = engine.scorer.all_scores(vectors, np.array([crop.profile for crop in crops]))
        curve = percent_curve(spec)
        percents = np.zeros_like(scores)
        for row, column in zip(*np.tril_indices(len(scores)), strict=True):
            percents[row, column] = percents[column, row] = curve(float(scores[row, column]))
        clusters = clustering.clusters(scores, spec.metric, spec.threshold)
        pairs = clustering.most_alike(scores, spec.metric)
        strangers = clustering.most_alike(scores, spec.metric, clusters.groups) if clusters.groups else pairs
    line = curve(spec.threshold)
    with watch("draw"):
        drawn = card.lookalikes(portraits, percents, clusters.order, clusters.groups, pairs[0], line)
    with watch("encode"):
        picture = encode(drawn, request.picture_format)

    def likeness(pair: tuple[int, int]) -> Likeness:
        return Likeness(*pair, float(scores[pair]), float(percents[pair]))

    return LookalikesResult(
        model=spec.name,
        metric=spec.metric,
        threshold=spec.threshold,
        line=line,
        faces=tuple(faces),
        scores=tuple(tuple(row) for row in scores.tolist()),
        order=clusters.order,
        groups=clusters.groups,
        pairs=tuple(map(likeness, pairs[:MOST_PAIRS])),
        strangers=likeness(strangers[0]) if strangers else None,
        skipped=tuple(skipped),
        picture=picture,
        numbered=with_numbers,
        stages=watch.seconds,
    )
