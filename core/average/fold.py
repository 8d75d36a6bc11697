"""The way of an average: photos, a few at a time -> those faces that are fit -> a running average -> the answer.

A sum can go on in another process, and several are made one in the end, so nobody holds more than a few photos, however
many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core import average, comparison, lookalikes, quality, stages
from core.average import Composite
from core.cards import portraits as card
from core.contracts import (
    AverageBatch,
    Averaged,
    AveragedFace,
    AverageRequest,
    AverageResult,
    AverageRules,
    AverageSoFar,
    AverageStart,
    AverageSum,
    Limits,
    Photo,
    PhotoError,
    Picture,
    Skipped,
    TooFewFaces,
    keeps_every_face,
)
from core.photo import decode, encode, encode_animation
from core.pipeline import Located, Pipeline, Stopwatch
from core.provenance import synthetic_average

MOST_THUMBNAILS = 2 * card.STRIP_PLACES
"""Photos, from the first on, whose faces have a thumbnail: enough for the strip though many are left out."""


class Fold:
    """A sum that faces are added to. Each batch is looked at first; whoever knows of all sums says what is new then."""

    def __init__(self, pipeline: Pipeline, start: AverageStart) -> None:
        self._pipeline = pipeline
        self._recipe = start.recipe
        self._rules = start.rules
        self._composite = (
            Composite(start.recipe, keeps_every_face(start.recipe, start.rules))
            if start.total is None
            else Composite.loads(AverageSum(start.total))
        )
        self._waiting: list[tuple[Located, float]] = []

    def look(self, batch: AverageBatch) -> AverageSoFar:
        """The faces of these photos that are fit, without a sum; they wait for `take`. The others are skipped."""
        watch = Stopwatch()
        self._waiting = []
        faces: list[AveragedFace] = []
        skipped: list[Skipped] = []
        places = batch.places or range(len(batch.photos))
        weights = batch.weights or (1.0,) * len(batch.photos)
        for place, photo, weight in zip(places, batch.photos, weights, strict=True):
            try:
                located = self._pipeline.locate(photo, watch)
            except PhotoError as error:
                skipped.append(Skipped(photo.name, error.code, place=place))
                continue
            for one, number in _taken(located, self._rules):
                flaw = quality.flaw(one.pixels, one.face, self._recipe.size)
                if flaw is not None:
                    skipped.append(Skipped(photo.name, flaw, number, place))
                    continue
                faces.append(
                    AveragedFace(
                        one.found(one.face),
                        place,
                        weight,
                        number,
                        quality.fingerprint(one.pixels, one.face),
                        _vector(self._pipeline, one) if self._rules.one_each else None,
                        _thumbnail(one) if place < MOST_THUMBNAILS else None,
                    )
                )
                self._waiting.append((one, weight))
        return AverageSoFar(faces=tuple(faces), skipped=tuple(skipped))

    def take(self, chosen: Sequence[bool]) -> None:
        """Add those of the faces that were looked at last."""
        self.add(self.picked(chosen))

    def picked(self, chosen: Sequence[bool]) -> list[tuple[Located, float]]:
        """Those of the faces that were looked at last, for `add`, which may be at work in another thread meanwhile."""
        picked = [one for one, taken in zip(self._waiting, chosen, strict=True) if taken]
        self._waiting = []
        return picked

    def add(self, picked: Iterable[tuple[Located, float]]) -> None:
        for photo, weight in picked:
            stages.enter("add", photo.name)
            self._composite.add(photo.pixels, photo.face, weight)

    def sum(self) -> AverageSum:
        """Of the faces that are kept only those that were added here."""
        return self._composite.dumps()

    def finish(self, request: AverageRequest) -> AverageResult:
        """As `finish`, of the sums in `request` and this one: it is the last of the mixture's second half, or of all
        where nothing is mixed. No face may be added afterwards.
        """
        return finish(self._pipeline, request, self._composite)


def _taken(photo: Located, rules: AverageRules) -> Iterator[tuple[Located, int | None]]:
    """The photo with each face that the rules ask for as the one that is meant, and the number of that face."""
    if rules.faces == "largest" or len(photo.faces) == 1:
        yield photo, None
    else:
        for index in range(len(photo.faces)):
            yield photo.choose(index), index + 1


def _vector(pipeline: Pipeline, photo: Located) -> bytes:
    (vector,) = comparison.describe(pipeline.embedder, pipeline.crop(photo)[np.newaxis])
    return bytes(vector.tobytes())


def _thumbnail(photo: Located) -> Picture:
    return encode(card.thumbnail(photo.pixels, photo.face))


def finish(pipeline: Pipeline, request: AverageRequest, here: Composite | None = None) -> AverageResult:
    """`here`: the last sum of the last half, where `request` has it not.

    Raises TooFewFaces: of a plain average there must be two, in each half of a mixture one.
    """
    watch = Stopwatch()
    halves = [request.so_far] if request.mix_with is None else [request.so_far, request.mix_with]
    needed = 2 if request.mix_with is None else 1
    for half in halves:
        if len(half.faces) < needed:
            raise TooFewFaces(len(half.faces), needed, _in_order(half.skipped))
    with watch("average"):
        if request.rules.one_each:
            halves = [half if half.whose else replace(half, whose=people(pipeline, half.faces)) for half in halves]
        *before, last = halves
        first, *second = [*map(average.average, before), average.average(last, here)]
    provenance = synthetic_average(sum(len(half.faces) for half in halves))
    animation = None
    if not second:
        face = first.pixels
        with watch("draw"):
            drawn = card.average(face, _thumbnails(request.so_far.faces), len(request.so_far.faces))
    else:
        with watch("mix"):
            face = average.mix(first, second[0], request.ratio).pixels
            steps = [average.mix(first, second[0], at).pixels for at in np.linspace(0, 1, card.MIXTURE_STEPS)]
        with watch("draw"):
            drawn = card.mixture(face, steps, request.ratio)
        if request.morph:
            with watch("morph"):
                frames, milliseconds = card.morph(_told(average.morph(first, second[0], card.MORPH_FRAMES)))
            with watch("encode"):
                animation = encode_animation(frames, milliseconds, provenance)
    with watch("encode"):
        picture = encode(drawn, request.picture_format, provenance=provenance)
        face_only = encode(face, request.picture_format, provenance=provenance)
    return AverageResult(
        method=request.recipe.method,
        shape=request.recipe.shape,
        averaged=tuple(map(_averaged, halves)),
        size=(face.shape[1], face.shape[0]),
        picture=picture,
        face=face_only,
        ratio=None if request.mix_with is None else request.ratio,
        animation=animation,
        stages=watch.seconds,
    )


def _told(frames: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Each frame is a stage of its own, as all of them take long."""
    for frame in frames:
        stages.enter("morph")
        yield frame


def people(pipeline: Pipeline, faces: Sequence[AveragedFace]) -> tuple[int, ...]:
    """Who each face is, by numbers from 0."""
    spec = pipeline.embedder.spec
    vectors = np.stack([np.frombuffer(face.vector or b"", dtype=np.float32) for face in faces])
    whose = lookalikes.people(pipeline.comparer.all_scores(vectors), spec.metric, spec.threshold)
    return tuple(whose.tolist())


def _thumbnails(faces: Sequence[AveragedFace]) -> list[NDArray[np.uint8]]:
    in_order = sorted(faces, key=lambda face: face.place)
    return [decode(Photo("", face.thumbnail.data), Limits()).pixels for face in in_order if face.thumbnail is not None]


def _averaged(so_far: AverageSoFar) -> Averaged:
    in_order = sorted(so_far.faces, key=lambda face: face.place)
    return Averaged(
        used=tuple(dict.fromkeys(face.found.photo for face in in_order)),
        faces=tuple(face.found for face in in_order),
        people=None if so_far.whose is None else len(set(so_far.whose)),
        skipped=_in_order(so_far.skipped),
    )


def _in_order(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    return tuple(sorted(skipped, key=lambda left: left.place))
