"""Who looks like whom, among many faces?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core import quality
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
from core.engine import Crop, Engine, Located, Recognised
from core.photo import encode
from core.similarity import clustering, doubt
from core.similarity import scores as score_of
from core.similarity.percent import percent_curve
from core.stages import Stopwatch

MOST_PAIRS = 10
"""How many of the most alike pairs the result lists."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """A face that was found, and all that is kept of it.

    `photo`, `place`: its photo's name, and position among all; `number`: its own there, from the left, counted from 1.
    """

    photo: str
    number: int
    of_several: bool
    place: int
    found: FoundFace
    crop: Crop
    portrait: NDArray[np.uint8]


def answer(
    engine: Engine, request: LookalikesRequest, progress: Callable[[int, int], None] | None = None
) -> LookalikesResult:
    """`progress` is called with the photos that were read, and all there are."""
    watch = Stopwatch()
    spec = engine.embedder.spec
    everyone, skipped, only = _read(engine, request, progress, watch)
    seen, known = _recognisable(engine, everyone, skipped, watch)
    if len(seen) < 2:
        if request.numbered and len(everyone) < 2:
            raise OnlyOneFace(request.photos[0].name)
        raise TooFewFaces(len(seen), 2, tuple(skipped))
    with watch("compare"):
        profiles = np.array([face.quality.profile for face in known])
        scores = engine.scorer.all_scores(np.stack([face.vector for face in known]), profiles)
    with watch("embed"):
        known = _closer(engine, known, scores)
    found = [quality.find(face.quality) for face in known]
    with watch("compare"):
        curve = percent_curve(spec)
        percents = np.zeros_like(scores)
        for row, column in zip(*np.tril_indices(len(scores)), strict=True):
            percents[row, column] = percents[column, row] = curve(float(scores[row, column]))
        sure = doubt.sure(scores, spec, [quality.effects(one) for one in found])
        clusters = clustering.clusters(sure, spec.metric, spec.threshold)
        pairs = clustering.most_alike(sure, spec.metric)
        strangers = clustering.most_alike(sure, spec.metric, clusters.groups) if clusters.groups else pairs
    faces = tuple(one.found for one in seen)
    with_numbers: tuple[NumberedPhoto, ...] = ()
    if only is not None:  # numbers as in the matrix
        shown = replace(only, faces=tuple(only.faces[one.number - 1] for one in seen))
        with_numbers = numbered((shown,), request.picture_format, watch)
    line = curve(spec.threshold)
    with watch("draw"):
        drawn = card.lookalikes(
            [one.portrait for one in seen],
            percents,
            clusters.order,
            clusters.groups,
            pairs[0],
            line,
            unclear={at for at, one in enumerate(found) if one},
        )
    with watch("encode"):
        picture = encode(drawn, request.picture_format)

    def likeness(pair: tuple[int, int]) -> Likeness:
        return Likeness(*pair, float(scores[pair]), float(percents[pair]))

    return LookalikesResult(
        model=spec.name,
        metric=spec.metric,
        threshold=spec.threshold,
        line=line,
        faces=faces,
        scores=tuple(tuple(row) for row in scores.tolist()),
        order=clusters.order,
        groups=clusters.groups,
        pairs=tuple(map(likeness, pairs[:MOST_PAIRS])),
        strangers=likeness(strangers[0]) if strangers else None,
        skipped=tuple(skipped),
        picture=picture,
        numbered=with_numbers,
        cautions=tuple(quality.told(one) for one in found),
        stages=watch.seconds,
    )


def _read(
    engine: Engine, request: LookalikesRequest, progress: Callable[[int, int], None] | None, watch: Stopwatch
) -> tuple[list[_Seen], list[Skipped], Located | None]:
    """All faces, what was left out, and the photo, where it is to be drawn with numbers."""
    seen: list[_Seen] = []
    skipped: list[Skipped] = []
    only: Located | None = None
    for done, photo in enumerate(request.photos, start=1):
        try:
            located = engine.locate(photo, watch)
        except PhotoError as error:
            if request.numbered:  # the one photo is all there is
                raise
            skipped.append(Skipped(photo.name, error.code, place=done))
        else:
            room = card.MOST_FACES - len(seen)
            if room < len(located.faces):
                skipped.append(Skipped(photo.name, "too_many_faces", place=done))
            # keep only what the picture can show, so that a hundred photos fit in memory
            for index, face in enumerate(located.faces[:room]):
                with watch("align"):
                    crop = engine.crop(located.choose(index))
                    portrait = average_card.portrait(located.pixels, face, card.PORTRAIT_SIDE)
                several = len(located.faces) > 1
                seen.append(_Seen(photo.name, index + 1, several, done, located.found(face), crop, portrait))
            only = located if request.numbered else None
        if progress is not None:
            progress(done, len(request.photos))
    return seen, skipped, only


def _recognisable(
    engine: Engine, everyone: list[_Seen], skipped: list[Skipped], watch: Stopwatch
) -> tuple[list[_Seen], list[Recognised]]:
    """The faces of which enough is seen; the others are added to `skipped`."""
    if not everyone:
        return [], []
    with watch("embed"):
        faces = engine.recognise([one.crop for one in everyone])
    kept = []
    for one, face in zip(everyone, faces, strict=True):
        if (caution := quality.too_little(quality.find(face.quality))) is None:
            kept.append((one, face))
        else:
            skipped.append(Skipped(one.photo, caution.kind, one.number if one.of_several else None, one.place))
    skipped.sort(key=lambda left: left.place)
    return [one for one, _ in kept], [face for _, face in kept]


def _closer(engine: Engine, faces: list[Recognised], scores: NDArray[np.float64]) -> list[Recognised]:
    """The faces (n), with what is covered of those that any other is taken for; `scores`: (n, n)."""
    spec = engine.embedder.spec
    same = np.array([[score_of.same_person(score, spec.threshold, spec.metric) for score in row] for row in scores])
    np.fill_diagonal(same, False)
    places = np.flatnonzero(same.any(axis=1)).tolist()
    closer = list(faces)
    for place, face in zip(places, engine.look_closer([faces[place] for place in places]), strict=True):
        closer[place] = face
    return closer
