"""What is the average of many faces? Photos, a few at a time -> the faces that are fit -> sums -> the answer.

A sum can go on in another process, and several become one in the end, so no process holds more than a few photos,
however many there are. `core.tasks` draws who does what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core import average, quality, stages
from core.average import Composite
from core.cards import average as card
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
    CautionKind,
    Fingerprints,
    Limits,
    Photo,
    PhotoError,
    Picture,
    Skipped,
    TooFewFaces,
    keeps_every_face,
)
from core.engine import Engine, Located
from core.photo import decode, encode, encode_animation
from core.provenance import synthetic_average
from core.similarity import clustering, doubt
from core.stages import Stopwatch

MOST_THUMBNAILS = 2 * card.STRIP_PLACES
"""How many photos, from the first on, get thumbnails of their faces: enough for the strip even if many are left out."""


class OpenAverage:
    """A sum that faces are added to. Each batch is looked at first; then the caller says which of its faces are new."""

    def __init__(self, engine: Engine, start: AverageStart) -> None:
        self._engine = engine
        self._recipe = start.recipe
        self._rules = start.rules
        self._composite = (
            Composite(start.recipe, keeps_every_face(start.recipe, start.rules))
            if start.total is None
            else Composite.loads(AverageSum(start.total))
        )
        self._waiting: list[tuple[Located, float]] = []

    def look(self, batch: AverageBatch) -> AverageSoFar:
        """The fit faces of these photos, without a sum; they wait for `take`. The others are skipped."""
        watch = Stopwatch()
        self._waiting = []
        faces: list[AveragedFace] = []
        skipped: list[Skipped] = []
        places = batch.places or range(len(batch.photos))
        weights = batch.weights or (1.0,) * len(batch.photos)
        for place, photo, weight in zip(places, batch.photos, weights, strict=True):
            try:
                located = self._engine.locate(photo, watch)
            except PhotoError as error:
                skipped.append(Skipped(photo.name, error.code, place=place))
                continue
            for one, number in _taken(located, self._rules):
                flaw = quality.flaw(one.pixels, one.face, self._recipe.size)
                if flaw is not None:
                    skipped.append(Skipped(photo.name, flaw, number, place))
                    continue
                vector, doubts = self._recognised(one) if self._rules.one_each else (None, ())
                faces.append(
                    AveragedFace(
                        one.found(one.face),
                        place,
                        weight,
                        number,
                        quality.fingerprint(one.pixels, one.face),
                        vector,
                        doubts,
                        _thumbnail(one) if place < MOST_THUMBNAILS else None,
                    )
                )
                self._waiting.append((one, weight))
        return AverageSoFar(faces=tuple(faces), skipped=tuple(skipped))

    def _recognised(self, photo: Located) -> tuple[bytes, tuple[tuple[CautionKind, float], ...]]:
        """The vector of the chosen face, and how bad each thing is that is wrong with it."""
        (face,) = self._engine.look_closer(self._engine.recognise([self._engine.crop(photo)]))
        found = quality.find(face.quality)
        return bytes(face.vector.tobytes()), tuple((one.caution.kind, one.severity) for one in found)

    def take(self, chosen: Sequence[bool]) -> None:
        """Add the chosen ones of the faces that were looked at last."""
        self.add(self.picked(chosen))

    def picked(self, chosen: Sequence[bool]) -> list[tuple[Located, float]]:
        """The chosen ones of the faces that were looked at last, for `add`, which may still run in another thread."""
        picked = [one for one, taken in zip(self._waiting, chosen, strict=True) if taken]
        self._waiting = []
        return picked

    def add(self, picked: Iterable[tuple[Located, float]]) -> None:
        for photo, weight in picked:
            stages.enter("add", photo.name)
            self._composite.add(photo.pixels, photo.face, weight)

    def sum(self) -> AverageSum:
        """The sum so far. It keeps only the faces that were added here, if it keeps any."""
        return self._composite.dumps()

    def finish(self, request: AverageRequest) -> AverageResult:
        """The answer from the sums in `request` and this one, which is the last of the average, or of the second one
        of a mixture. No face may be added afterwards. Errors: as `finish`.
        """
        return finish(self._engine, request, self._composite)


def add_all(engine: Engine, start: AverageStart, batches: Iterable[AverageBatch]) -> AverageSoFar:
    """A sum of all batches. While the faces of one are added, the next one is looked at."""
    known = Fingerprints()
    so_far = AverageSoFar()
    opened = OpenAverage(engine, start)
    added: Future[None] | None = None
    with ThreadPoolExecutor(max_workers=1) as adder:
        for batch in batches:
            looked_at = opened.look(batch)
            chosen = known.new(looked_at.faces)
            picked = opened.picked(chosen)
            if added is not None:
                added.result()
            added = adder.submit(opened.add, picked)
            so_far += looked_at.only(chosen)
        if added is not None:
            added.result()
    return replace(so_far, sums=(opened.sum(),))


def _taken(photo: Located, rules: AverageRules) -> Iterator[tuple[Located, int | None]]:
    """The photo once for each face that takes part, with that face chosen, and the number of that face."""
    if rules.faces == "largest" or len(photo.faces) == 1:
        yield photo, None
    else:
        for index in range(len(photo.faces)):
            yield photo.choose(index), index + 1


def _thumbnail(photo: Located) -> Picture:
    return encode(card.thumbnail(photo.pixels, photo.face))


def finish(engine: Engine, request: AverageRequest, here: Composite | None = None) -> AverageResult:
    """The answer: an average, or a mixture of two. `here`: the last sum of the last of them, where `request` lacks it.

    Errors: TooFewFaces for less than two faces, or in a mixture for an average without a face.
    """
    watch = Stopwatch()
    parts = [request.so_far] if request.mix_with is None else [request.so_far, request.mix_with]
    needed = 2 if request.mix_with is None else 1
    for part in parts:
        if len(part.faces) < needed:
            raise TooFewFaces(len(part.faces), needed, _in_order(part.skipped))
    with watch("average"):
        if request.rules.one_each:
            parts = [part if part.whose else replace(part, whose=people(engine, part.faces)) for part in parts]
        *before, last = parts
        first, *second = [*map(average.average, before), average.average(last, here)]
    provenance = synthetic_average(sum(len(part.faces) for part in parts))
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
                frames, milliseconds = card.morph(_reported(average.morph(first, second[0], card.MORPH_FRAMES)))
            with watch("encode"):
                animation = encode_animation(frames, milliseconds, provenance)
    with watch("encode"):
        picture = encode(drawn, request.picture_format, provenance=provenance)
        face_only = encode(face, request.picture_format, provenance=provenance)
    return AverageResult(
        method=request.recipe.method,
        shape=request.recipe.shape,
        averaged=tuple(map(_averaged, parts)),
        size=(face.shape[1], face.shape[0]),
        picture=picture,
        face=face_only,
        ratio=None if request.mix_with is None else request.ratio,
        animation=animation,
        stages=watch.seconds,
    )


def _reported(frames: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Each frame is a stage of its own, as all of them take long."""
    for frame in frames:
        stages.enter("morph")
        yield frame


def people(engine: Engine, faces: Sequence[AveragedFace]) -> tuple[int, ...]:
    """Who each face is, by numbers from 0."""
    spec = engine.embedder.spec
    vectors = np.stack([np.frombuffer(face.vector or b"", dtype=np.float32) for face in faces])
    effects = [{kind: quality.effect(kind, severity) for kind, severity in face.doubts} for face in faces]
    scores = doubt.sure(engine.scorer.all_scores(vectors), spec, effects)
    whose = clustering.people(scores, spec.metric, spec.threshold)
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
