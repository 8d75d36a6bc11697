"""The way of a request through the faces' rooms: photo -> faces -> align -> embedding -> answer -> card.

One pipeline belongs to one process: it holds the models, loaded once, and each is loaded when it is first needed
(torch only where a heatmap is asked for).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import align, average, cards, embedding, heatmap, similarity
from core.contracts import (
    AverageRequest,
    AverageResult,
    CoreSettings,
    FoundFace,
    GradcamRequest,
    GradcamResult,
    ModelBroken,
    NoFace,
    Photo,
    PhotoError,
    SimilarRequest,
    SimilarResult,
    Skipped,
    TooFewFaces,
)
from core.faces import Face, FaceFinder, largest
from core.models.catalog import LANDMARKS_FILE
from core.models.store import Store, folder_of
from core.photo import decode, encode

if TYPE_CHECKING:
    from core.models.explainable import Explainable

LONG_SIDE = 1600
"""Pixels a photo keeps, at least, of its longer side: enough for a crop of a face that fills a tenth of it."""

STRIP_SIDE = 80
"""Pixels of a portrait in the strip under an average."""


class Stopwatch:
    """Seconds by stage; a stage entered again adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, eq=False)
class Located:
    """A photo's pixels (uint8 RGB h x w x 3) with its faces from left to right, one at least.

    `shrunk`: the photo as it came was so many times larger each way.
    """

    name: str
    pixels: NDArray[np.uint8]
    faces: tuple[Face, ...]
    shrunk: int = 1

    @property
    def face(self) -> Face:
        """The largest one."""
        return self.faces[largest(self.faces)]

    def found(self, face: Face) -> FoundFace:
        left, top, width, height = (value * self.shrunk for value in face.box)
        return FoundFace(self.name, (left, top, width, height))


class Pipeline:
    """Answers requests, one at a time. What goes wrong comes as the errors of `core.contracts`."""

    def __init__(self, settings: CoreSettings) -> None:
        self._settings = settings
        self._folder = folder_of(settings)

    @cached_property
    def _finder(self) -> FaceFinder:
        path = Store(self._folder).path(LANDMARKS_FILE)
        try:
            return FaceFinder(path)
        except (RuntimeError, ValueError) as error:
            raise ModelBroken(LANDMARKS_FILE, f"{path} cannot be loaded: {error}") from error

    @cached_property
    def embedder(self) -> embedding.Embedder:
        return embedding.load(self._settings.model, self._folder, self._settings.threads)

    @cached_property
    def _explainable(self) -> Explainable:
        return self.embedder.explainable()

    def warm(self) -> None:
        """Load what nearly every request needs, and run it once; torch waits for the first heatmap."""
        blank = np.zeros((256, 256, 3), dtype=np.uint8)
        self._finder.find(blank)
        size = self.embedder.spec.input_size
        self.embedder(np.zeros((1, size, size, 3), dtype=np.uint8))

    def similar(self, request: SimilarRequest) -> SimilarResult:
        watch = Stopwatch()
        spec = self.embedder.spec
        first, second = (self.locate(photo, watch) for photo in (request.first, request.second))
        with watch("align"):
            crops = np.stack([self.crop(photo) for photo in (first, second)])
        with watch("embed"):
            vectors = self.embedder(crops)
        score = similarity.score(vectors[0], vectors[1], spec.metric)
        curve = similarity.percent_curve(spec)
        percent, line = curve(score), curve(spec.threshold)
        same = similarity.same_person(score, spec.threshold, spec.metric)
        with watch("draw"):
            card = cards.similar((first.pixels, second.pixels), (first.face, second.face), percent, line, same)
        with watch("encode"):
            picture = encode(card, request.picture_format)
        return SimilarResult(
            model=spec.name,
            metric=spec.metric,
            score=score,
            percent=percent,
            line=line,
            same_person=same,
            threshold=spec.threshold,
            faces=(first.found(first.face), second.found(second.face)),
            face_counts=(len(first.faces), len(second.faces)),
            picture=picture,
            stages=watch.seconds,
        )

    def gradcam(self, request: GradcamRequest) -> GradcamResult:
        watch = Stopwatch()
        spec = self.embedder.spec
        photo = self.locate(request.photo, watch)
        with watch("align"):
            matrix = align.to_template(photo.face, align.TEMPLATES[spec.template], spec.input_size)
            crop = align.crop(photo.pixels, matrix, spec.input_size)
        with watch("load"):
            explainable = self._explainable
        with watch("explain"):
            values = heatmap.attention(explainable, crop, spec.heatmap.method, spec.heatmap.target)
        shares = heatmap.regions(values, align.transform(photo.face.landmarks, matrix))
        with watch("draw"):
            height, width = photo.pixels.shape[:2]
            on_photo, coverage = heatmap.on_photo(values, align.invert(matrix), height, width)
            card = cards.gradcam(
                photo.pixels, photo.face, on_photo, coverage, self._settings.colormap, mark=len(photo.faces) > 1
            )
        with watch("encode"):
            picture = encode(card, request.picture_format)
        return GradcamResult(
            model=spec.name,
            method=spec.heatmap.method,
            target=spec.heatmap.target,
            regions=shares,
            faces=tuple(photo.found(face) for face in photo.faces),
            face=largest(photo.faces),
            picture=picture,
            stages=watch.seconds,
        )

    def average(self, request: AverageRequest, progress: Callable[[int, int], None] | None = None) -> AverageResult:
        """`progress` is called with the photos that were read, and all there are."""
        watch = Stopwatch()
        used: list[Located] = []
        skipped: list[Skipped] = []
        for done, photo in enumerate(request.photos, start=1):
            try:
                located = self.locate(photo, watch)
            except PhotoError as error:
                skipped.append(Skipped(photo.name, error.code))
            else:
                # only what the picture can show of it is kept, so that a long thread fits in memory
                pixels, face = average.trimmed(located.pixels, located.face, request.size)
                used.append(Located(photo.name, pixels, (face,)))
            if progress is not None:
                progress(done, len(request.photos))
        if len(used) < 2:
            raise TooFewFaces(len(used), 2, tuple(skipped))
        with watch("average"):
            face_picture = average.mean_face(
                ((one.pixels, one.face) for one in used),
                [one.face.landmarks for one in used],
                request.size,
                request.shape,
            )
        with watch("draw"):
            strip = [cards.portrait(one.pixels, one.face, STRIP_SIDE) for one in used[: cards.STRIP_PLACES]]
            card = cards.average(face_picture, strip, len(used))
        with watch("encode"):
            picture = encode(card, request.picture_format)
            face_only = encode(face_picture, request.picture_format)
        return AverageResult(
            method="mean",
            shape=request.shape,
            used=tuple(one.name for one in used),
            skipped=tuple(skipped),
            size=(request.size, request.size),
            picture=picture,
            face=face_only,
            stages=watch.seconds,
        )

    def close(self) -> None:
        if "_finder" in vars(self):
            self._finder.close()

    def locate(self, photo: Photo, watch: Stopwatch) -> Located:
        with watch("decode"):
            raster = decode(photo, self._settings.limits, long_side=LONG_SIDE)
        with watch("detect"):
            faces = self._finder.find(raster.pixels)
        if not faces:
            raise NoFace(photo.name)
        return Located(photo.name, raster.pixels, faces, raster.shrunk)

    def crop(self, photo: Located) -> NDArray[np.uint8]:
        spec = self.embedder.spec
        template = align.TEMPLATES[spec.template]
        return align.crop(photo.pixels, align.to_template(photo.face, template, spec.input_size), spec.input_size)
