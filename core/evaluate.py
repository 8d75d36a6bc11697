"""Labelled pairs of photos -> scores, figures, a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import comparison, evaluation
from core.cards import evaluation as evaluation_cards
from core.contracts import Metric, Photo, PhotoError, Picture, PictureFormat
from core.photo import encode
from core.pipeline import Pipeline, Stopwatch

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Evaluated:
    """`likeness`, `same`: (n,), of each pair, see `core.evaluation`; `figures`: of all; `groups`: of each group.

    `picture`: None where none was asked for, or one kind of pair is missing.
    """

    model: str
    metric: Metric
    threshold: float
    likeness: NDArray[np.float64]
    same: NDArray[np.bool_]
    figures: evaluation.Figures
    groups: Mapping[str, evaluation.Figures]
    picture: Picture | None


def evaluate(
    pipeline: Pipeline,
    photos: Iterable[Photo],
    pairs: Sequence[tuple[int, int]],
    same: Sequence[bool],
    groups: Sequence[str] | None = None,
    picture_format: PictureFormat | None = None,
    progress: Callable[[], None] | None = None,
) -> Evaluated:
    """Score each of the `pairs` (places in `photos`, at least one pair), whose two are or are not the `same` person.

    Each photo is read once, and its largest face counts. `groups`: of each pair; `progress` is called after each photo.
    """
    spec = pipeline.embedder.spec
    vectors = _vectors(pipeline, photos, progress)
    sign = -1.0 if spec.metric == "euclidean" else 1.0
    likeness = np.array([_likeness(pipeline, vectors[a], vectors[b], sign) for a, b in pairs])
    truth, line = np.array(same, dtype=np.bool_), sign * spec.threshold
    by_group = {}
    if groups is not None:
        names = np.array(groups)
        for name in sorted(set(groups)):
            here = names == name
            by_group[name] = evaluation.measure(likeness[here], truth[here], line)
    return Evaluated(
        model=spec.name,
        metric=spec.metric,
        threshold=spec.threshold,
        likeness=likeness,
        same=truth,
        figures=evaluation.measure(likeness, truth, line),
        groups=by_group,
        picture=_picture(likeness, truth, spec.threshold, spec.metric, picture_format) if picture_format else None,
    )


def _vectors(
    pipeline: Pipeline, photos: Iterable[Photo], progress: Callable[[], None] | None
) -> list[NDArray[np.float32] | None]:
    """Of each photo's largest face; None where none was found, or the photo cannot be read."""
    vectors: list[NDArray[np.float32] | None] = []
    waiting: list[tuple[int, NDArray[np.uint8]]] = []

    def embed() -> None:
        if waiting:
            found = comparison.describe(pipeline.embedder, np.stack([crop for _, crop in waiting]))
            for (place, _), vector in zip(waiting, found, strict=True):
                vectors[place] = vector
            waiting.clear()

    for photo in photos:
        vectors.append(None)
        with suppress(PhotoError):  # a lost photo is a result here
            waiting.append((len(vectors) - 1, pipeline.crop(pipeline.locate(photo, Stopwatch()))))
        if len(waiting) == _BATCH:
            embed()
        if progress is not None:
            progress()
    embed()
    return vectors


def _likeness(pipeline: Pipeline, a: NDArray[np.float32] | None, b: NDArray[np.float32] | None, sign: float) -> float:
    return -np.inf if a is None or b is None else sign * pipeline.comparer.score(a, b)


def _picture(
    likeness: NDArray[np.float64], same: NDArray[np.bool_], threshold: float, metric: Metric, form: PictureFormat
) -> Picture | None:
    people, strangers = likeness[same], likeness[~same]
    seen = [kind[np.isfinite(kind)] for kind in (people, strangers)]
    if not (len(seen[0]) and len(seen[1])):
        return None
    return encode(
        evaluation_cards.evaluation(evaluation.roc(people, strangers), (people, strangers), threshold, metric), form
    )
