"""How well does a model tell people apart? Labelled pairs of photos -> scores, figures, a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import quality
from core.cards import evaluate as card
from core.contracts import Metric, Photo, PhotoError, Picture, PictureFormat
from core.engine import Crop, Engine
from core.photo import encode
from core.similarity import verification
from core.stages import Stopwatch

_BATCH = 32


@dataclass(frozen=True, eq=False)
class _Described:
    """The vector (d,) of a face, whether it is seen in profile, and whether nothing is wrong with it."""

    vector: NDArray[np.float32]
    profile: bool
    clear: bool


@dataclass(frozen=True, eq=False)
class Evaluated:
    """`likeness`, `same`: (n,), a value for each pair, see `core.similarity.verification`; `clear`: (n,), whether both
    faces are clear, so that no caution comes with the pair's answer; `figures`: of all pairs; `groups`: the figures of
    each group.

    `picture`: None if none was asked for, or one kind of pair is missing.
    """

    model: str
    metric: Metric
    threshold: float
    likeness: NDArray[np.float64]
    same: NDArray[np.bool_]
    clear: NDArray[np.bool_]
    figures: verification.Figures
    groups: Mapping[str, verification.Figures]
    picture: Picture | None


def answer(
    engine: Engine,
    photos: Iterable[Photo],
    pairs: Sequence[tuple[int, int]],
    same: Sequence[bool],
    groups: Sequence[str] | None = None,
    picture_format: PictureFormat | None = None,
    progress: Callable[[], None] | None = None,
) -> Evaluated:
    """Score each of the `pairs` (indices into `photos`, at least one pair); `same`: whether each shows one person.

    Each photo is read once, and its largest face counts. `groups`: the group of each pair; `progress` is called after
    each photo.
    """
    spec = engine.embedder.spec
    faces = _described(engine, photos, progress)
    sign = -1.0 if spec.metric == "euclidean" else 1.0
    likeness = np.array([_likeness(engine, faces[a], faces[b], sign) for a, b in pairs])
    truth, line = np.array(same, dtype=np.bool_), sign * spec.threshold
    clear = np.array([all(one is not None and one.clear for one in (faces[a], faces[b])) for a, b in pairs])
    by_group = {}
    if groups is not None:
        names = np.array(groups)
        for name in sorted(set(groups)):
            here = names == name
            by_group[name] = verification.measure(likeness[here], truth[here], line)
    return Evaluated(
        model=spec.name,
        metric=spec.metric,
        threshold=spec.threshold,
        likeness=likeness,
        same=truth,
        clear=clear,
        figures=verification.measure(likeness, truth, line),
        groups=by_group,
        picture=_picture(likeness, truth, spec.threshold, spec.metric, picture_format) if picture_format else None,
    )


def _described(engine: Engine, photos: Iterable[Photo], progress: Callable[[], None] | None) -> list[_Described | None]:
    """Each photo's largest face; None if none was found, or the photo cannot be read."""
    faces: list[_Described | None] = []
    waiting: list[tuple[int, Crop]] = []

    def embed() -> None:
        if waiting:
            known = engine.look_closer(engine.recognise([crop for _, crop in waiting]))
            for (place, _), face in zip(waiting, known, strict=True):
                faces[place] = _Described(face.vector, face.quality.profile, not quality.find(face.quality))
            waiting.clear()

    for photo in photos:
        faces.append(None)
        with suppress(PhotoError):  # a lost photo is a result here
            waiting.append((len(faces) - 1, engine.crop(engine.locate(photo, Stopwatch()))))
        if len(waiting) == _BATCH:
            embed()
        if progress is not None:
            progress()
    embed()
    return faces


def _likeness(engine: Engine, a: _Described | None, b: _Described | None, sign: float) -> float:
    if a is None or b is None:
        return -np.inf
    return sign * engine.scorer.score(a.vector, b.vector, (a.profile, b.profile))


def _picture(
    likeness: NDArray[np.float64], same: NDArray[np.bool_], threshold: float, metric: Metric, form: PictureFormat
) -> Picture | None:
    people, strangers = likeness[same], likeness[~same]
    seen = [kind[np.isfinite(kind)] for kind in (people, strangers)]
    if not (len(seen[0]) and len(seen[1])):
        return None
    return encode(card.evaluation(verification.roc(people, strangers), (people, strangers), threshold, metric), form)
