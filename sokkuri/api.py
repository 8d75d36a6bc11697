"""The functions of this package. One engine holds the models for all of them, and answers one call at a time."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from core.answers import average as average_answer
from core.answers import gradcam as gradcam_answer
from core.answers import similar as similar_answer
from core.contracts import (
    DEFAULT_MODEL,
    AverageBatch,
    AverageMethod,
    AverageRecipe,
    AverageRequest,
    AverageRules,
    AverageStart,
    CoreSettings,
    FacesTaken,
    GradcamRequest,
    HeatmapMethod,
    HeatmapTarget,
    Limits,
    ModelChoice,
    NoFace,
    PersonError,
    Shape,
    SimilarRequest,
)
from core.engine import Engine
from core.models.embedder import describe
from core.stages import Stopwatch
from sokkuri.inputs import PhotoLike, photo, photos
from sokkuri.results import Average, Comparison, FoundFace, Heatmap
from words.errors import describe_error
from words.locales import FALLBACK, shipped

LIMITS = Limits(file_bytes=1024**3)
"""Arrays are encoded without loss, so their files are far larger than photos from strangers may be."""

BATCH = 8
"""How many photos of an average are encoded, and so held twice, at once."""


class _Engines:
    """The engine of the model that was used last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._engine: Engine | None = None

    @contextmanager
    def of(self, model: str | ModelChoice) -> Iterator[Engine]:
        """What a person can mend is raised with a note that says how."""
        choice = ModelChoice(model) if isinstance(model, str) else model
        settings = CoreSettings(model=choice, limits=LIMITS, threads=0)
        with self._lock:
            if self._engine is None or self._engine.settings != settings:
                self._close()
                self._engine = Engine(settings)
            try:
                yield self._engine
            except PersonError as error:
                error.add_note(describe_error(error, shipped(FALLBACK)))
                raise

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None


_engines = _Engines()
# Left to the end of the interpreter, MediaPipe would close itself when the modules it needs for that are gone.
atexit.register(_engines.close)


def compare(
    first: PhotoLike,
    second: PhotoLike,
    *,
    first_face: int | None = None,
    second_face: int | None = None,
    explain: bool = True,
    model: str | ModelChoice = DEFAULT_MODEL,
) -> Comparison:
    """How alike are a face of `first` and one of `second`, and why?

    `first_face`, `second_face`: which one, from the left, counted from 0; None: the largest. `explain`: whether to look
    for the parts of the face that decide, which takes a few dozen embeddings. `model`: its name in the catalogue
    (`sokkuri models list`), or a `ModelChoice` with a file of your own.

    Raises PhotoError: there is no face in a photo, it cannot be read, or, as Unrecognisable, too little of the face can
    be seen; Fault: the model cannot be had.
    """
    request = SimilarRequest(
        photo(first, "the first photo"),
        photo(second, "the second photo"),
        "png",
        first_face=first_face,
        second_face=second_face,
        explain=explain,
    )
    with _engines.of(model) as engine:
        result = similar_answer.answer(engine, request)
    return Comparison(
        result.picture.data,
        percent=result.percent,
        same_person=result.same_person,
        verdict=result.verdict,
        near_line=result.near_line,
        score=result.score,
        metric=result.metric,
        threshold=result.threshold,
        stranger_rank=result.stranger_rank,
        cautions=result.cautions,
        interval=result.interval,
        regions=result.regions,
        boxes=(result.faces[0].box, result.faces[1].box),
    )


def heatmap(
    given: PhotoLike,
    *,
    face: int | None = None,
    method: HeatmapMethod | None = None,
    target: HeatmapTarget | int | None = None,
    compare_to: PhotoLike | None = None,
    model: str | ModelChoice = DEFAULT_MODEL,
) -> Heatmap:
    """What does the network look at in a face?

    `face`: which one, from the left, counted from 0; None: the largest. `method`, `target`: None: the model's own.
    A number as `target` is that dimension of the embedding. `compare_to`: explain the likeness to the largest face of
    this photo instead.

    Raises PhotoError and Fault as `compare` does; NoSuchDimension: the embedding has fewer dimensions;
    MethodNotInstalled: the method needs torch, which is not installed.
    """
    other = None if compare_to is None else photo(compare_to, "the other photo")
    request = GradcamRequest(
        photo(given, "the photo"), "png", face=face, method=method, target=target, compare_to=other
    )
    with _engines.of(model) as engine:
        result = gradcam_answer.answer(engine, request)
    return Heatmap(result.picture.data, result.method, result.regions, result.faces[result.face].box)


def average(
    given: Iterable[PhotoLike],
    *,
    method: AverageMethod = "mean",
    shape: Shape = "warp",
    size: int = 768,
    texture: float = 1.0,
    symmetric: bool = False,
    match_colour: bool = False,
    faces: FacesTaken = "largest",
    one_each: bool = False,
    model: str | ModelChoice = DEFAULT_MODEL,
) -> Average:
    """The average of the faces in the photos, `size` x `size` pixels.

    For `method`, `shape`, `texture` (0-1), `symmetric` and `match_colour` see `core.contracts.AverageRecipe`; for
    `faces` and `one_each` see `core.contracts.AverageRules`. Photos without a fit face are skipped.

    Raises TooFewFaces: there are not two faces; Fault: a model cannot be had.
    """
    recipe = AverageRecipe(
        shape=shape,
        method=method,
        size=size,
        texture=texture,
        match_colour=match_colour,
        symmetric=symmetric,
    )
    rules = AverageRules(faces, one_each)
    with _engines.of(model) as engine:
        so_far = average_answer.add_all(engine, AverageStart(recipe, rules), _batches(list(given)))
        result = average_answer.finish(engine, AverageRequest(so_far, recipe, rules, picture_format="png"))
    return Average(result.face.data, result.method, result.shape, result.used, result.skipped)


def faces(given: PhotoLike) -> tuple[FoundFace, ...]:
    """The faces of a photo, from left to right; none if there are none.

    Raises PhotoError: the photo cannot be read; Fault: a model cannot be had.
    """
    with _engines.of(DEFAULT_MODEL) as engine:
        try:
            located = engine.locate(photo(given, "the photo"), Stopwatch())
        except NoFace:
            return ()
    return tuple(
        FoundFace(
            located.found(face).box,
            ((face.landmarks + 0.5) * located.shrunk - 0.5).astype(np.float32),
            face.approximate,
            face.profile,
        )
        for face in located.faces
    )


def embedding(
    given: PhotoLike, *, face: int | None = None, model: str | ModelChoice = DEFAULT_MODEL
) -> NDArray[np.float32]:
    """The vector that the model makes of a face: float32 (d,), the mean of the face's and its mirror image's.

    `face`: which one, from the left, counted from 0; None: the largest. The percentage of `compare` knows more than the
    distance of two vectors: what is usual around such faces, and profiles.

    Raises PhotoError and Fault as `compare` does.
    """
    with _engines.of(model) as engine:
        located = engine.locate(photo(given, "the photo"), Stopwatch()).choose(face)
        (vector,) = describe(engine.embedder, engine.crop(located).pixels[np.newaxis])
    return np.asarray(vector)


def _batches(given: Sequence[PhotoLike]) -> Iterator[AverageBatch]:
    for at in range(0, len(given), BATCH):
        some = given[at : at + BATCH]
        yield AverageBatch(photos(some, at), tuple(range(at, at + len(some))))
