"""The way of a request through the faces' rooms: photo -> faces -> align -> embedding -> answer -> card.

One pipeline belongs to one process: it holds the models, loaded once, and each is loaded when it is first needed
(torch only where a heatmap is asked for, or to be expected).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from core import (
    align,
    comparison,
    embedding,
    heatmap,
    lookalikes,
    meaning,
    similarity,
    stages,
)
from core.cards import comparison as comparison_card
from core.cards import matrix as matrix_card
from core.cards import numbered as numbered_card
from core.cards import overlay as overlay_card
from core.cards import portraits as portraits_card
from core.contracts import (
    CoreSettings,
    Devices,
    FoundFace,
    GradcamRequest,
    GradcamResult,
    HeatmapMethod,
    Likeness,
    LookalikesRequest,
    LookalikesResult,
    ModelBroken,
    ModelError,
    NoFace,
    NoSuchDimension,
    NoSuchFace,
    NumberedPhoto,
    OnlyOneFace,
    Photo,
    PhotoError,
    PictureFormat,
    SimilarRequest,
    SimilarResult,
    Skipped,
    TooFewFaces,
)
from core.detection.centerface import network_file
from core.faces import Face, FaceFinder, largest
from core.models import device
from core.models.catalog import LANDMARKS_FILE
from core.models.embedder import Embedder
from core.models.store import Store, folder_of
from core.photo import decode, encode

LONG_SIDE = 1600
"""Pixels a photo keeps, at least, of its longer side: enough for a crop of a face that fills a tenth of it."""

PAIRS_TOLD = 10
"""How many of the most alike pairs are named."""


class Stopwatch:
    """Seconds by stage; a stage entered again adds up. Each is told to `core.stages`, with its photo."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str, photo: str = "") -> Iterator[None]:
        stages.enter(stage, photo)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, eq=False)
class Located:
    """A photo's pixels (uint8 RGB h x w x 3) with its faces from left to right, one at least.

    `shrunk`: the photo as it came was so many times larger each way; `chosen`: which face is meant, None: the largest.
    """

    name: str
    pixels: NDArray[np.uint8]
    faces: tuple[Face, ...]
    shrunk: int = 1
    chosen: int | None = None

    @property
    def index(self) -> int:
        """Of the face that is meant."""
        return largest(self.faces) if self.chosen is None else self.chosen

    @property
    def face(self) -> Face:
        """The one that is meant."""
        return self.faces[self.index]

    def found(self, face: Face) -> FoundFace:
        left, top, width, height = (value * self.shrunk for value in face.box)
        return FoundFace(self.name, (left, top, width, height))

    def all_found(self) -> tuple[FoundFace, ...]:
        return tuple(self.found(face) for face in self.faces)

    def choose(self, face: int | None) -> Located:
        """The same photo with another face meant. Errors: NoSuchFace."""
        if face is not None and not 0 <= face < len(self.faces):
            raise NoSuchFace(self.name, face + 1, len(self.faces))
        return replace(self, chosen=face)


def in_profile(photo: Located) -> bool:
    """Whether the face that is meant is seen from the side."""
    return align.profile(photo.face) is not None


class Pipeline:
    """Answers requests, one at a time. What goes wrong comes as the errors of `core.contracts`."""

    def __init__(self, settings: CoreSettings) -> None:
        self._settings = settings
        self._folder = folder_of(settings)
        if settings.threads:
            cv2.setNumThreads(settings.threads)

    @cached_property
    def _finder(self) -> FaceFinder:
        store = Store(self._folder)
        path = store.path(LANDMARKS_FILE)
        try:
            return FaceFinder(path, partial(network_file, store), self._settings.threads, self._settings.device)
        except (RuntimeError, ValueError) as error:
            raise ModelBroken(LANDMARKS_FILE, f"{path} cannot be loaded: {error}") from error

    @cached_property
    def embedder(self) -> Embedder:
        asked = self._settings
        return embedding.load(asked.model, self._folder, asked.threads, asked.device, asked.shared)

    @cached_property
    def comparer(self) -> comparison.Comparer:
        return comparison.Comparer(self.embedder.spec)

    def devices(self) -> Devices:
        """Where the networks run, and why not elsewhere."""
        return device.report(self._settings.device, self.embedder.device)

    def warm(self) -> None:
        """Load what nearly every request needs, and run it once; torch is left out."""
        blank = np.zeros((256, 256, 3), dtype=np.uint8)
        self._finder.find(blank)
        size = self.embedder.spec.input_size
        vectors = comparison.describe(self.embedder, np.zeros((2, size, size, 3), dtype=np.uint8))
        self.comparer.all_scores(vectors)
        similarity.percent_curve(self.embedder.spec)

    def warm_for_heatmaps(self) -> None:
        """Load torch, and run it once. A model that has no form in torch says so to who asks for a heatmap."""
        size = self.embedder.spec.input_size
        grey = np.full((size, size, 3), 128, dtype=np.uint8)
        with suppress(ModelError):
            heatmap.attention(self.embedder, grey, "layercam", heatmap.Dimension(0))

    def similar(self, request: SimilarRequest) -> SimilarResult:
        watch = Stopwatch()
        spec = self.embedder.spec
        first = self.locate(request.first, watch).choose(request.first_face)
        # two faces of one photo are compared as well as those of two
        again = first if request.second == request.first else self.locate(request.second, watch)
        second = again.choose(request.second_face)
        with watch("align"):
            crops = np.stack([self.crop(photo) for photo in (first, second)])
        with watch("embed"):
            vectors = comparison.describe(self.embedder, crops)
        score = self.comparer.score(vectors[0], vectors[1], (in_profile(first), in_profile(second)))
        rank = meaning.rank(score, spec)
        curve = similarity.percent_curve(spec)
        percent, line = curve(score), curve(spec.threshold)
        same = similarity.same_person(score, spec.threshold, spec.metric)
        evidence = why = None
        if request.explain:
            with watch("explain"):
                evidence = heatmap.evidence(
                    self.embedder, (crops[0], crops[1]), (self.landmarks(first), self.landmarks(second))
                )
                why = (
                    comparison_card.Why(evidence.maps[0], self._to_crop(first)),
                    comparison_card.Why(evidence.maps[1], self._to_crop(second)),
                )
        with watch("draw"):
            card = comparison_card.similar(
                (first.pixels, second.pixels),
                (first.face, second.face),
                percent,
                line,
                same,
                why,
            )
        with watch("encode"):
            picture = encode(card, request.picture_format)
        both = (first,) if again is first else (first, second)
        numbered = self._numbered(both, request.picture_format, watch) if request.numbered else ()
        return SimilarResult(
            model=spec.name,
            metric=spec.metric,
            score=score,
            raw_score=similarity.score(vectors[0], vectors[1], spec.metric),
            percent=percent,
            line=line,
            same_person=same,
            verdict=meaning.verdict(score, spec),
            near_line=meaning.near_line(score, spec),
            stranger_rank=rank.part if rank else None,
            rank_error=rank.error if rank else None,
            threshold=spec.threshold,
            faces=(first.found(first.face), second.found(second.face)),
            face_counts=(len(first.faces), len(second.faces)),
            found=(first.all_found(), second.all_found()),
            numbered=numbered,
            regions=evidence.shares if evidence else {},
            picture=picture,
            stages=watch.seconds,
        )

    def gradcam(self, request: GradcamRequest) -> GradcamResult:
        watch = Stopwatch()
        spec = self.embedder.spec
        photo = self.locate(request.photo, watch).choose(request.face)
        with watch("align"):
            crop = self.crop(photo)
        method = request.method or spec.heatmap.method
        target_name, target = self._target(request, crop, method, watch)
        if heatmap.METHODS[method].needs_torch:
            with watch("load"):
                self.embedder.explainable()
        with watch("explain"):
            values = heatmap.attention(self.embedder, crop, method, target)
        shares = heatmap.regions(values, self.landmarks(photo))
        with watch("draw"):
            card = overlay_card.gradcam(
                photo.pixels,
                photo.face,
                values,
                align.invert(self._to_crop(photo)),
                self._settings.colormap,
                mark=len(photo.faces) > 1,
            )
        with watch("encode"):
            picture = encode(card, request.picture_format)
        numbered = self._numbered((photo,), request.picture_format, watch) if request.numbered else ()
        return GradcamResult(
            model=spec.name,
            method=method,
            target=target_name,
            compared_to=request.compare_to.name if request.compare_to else None,
            regions=shares,
            faces=photo.all_found(),
            face=photo.index,
            numbered=numbered,
            picture=picture,
            stages=watch.seconds,
        )

    def _target(
        self, request: GradcamRequest, crop: NDArray[np.uint8], method: HeatmapMethod, watch: Stopwatch
    ) -> tuple[str, heatmap.Target]:
        """What of `crop` is to be explained, and its name as in GradcamResult."""
        metric = self.embedder.spec.metric
        if request.compare_to is not None:
            other = self.locate(request.compare_to, watch)
            return "likeness", heatmap.Likeness(self.embedder(self.crop(other)[np.newaxis])[0], metric)
        target = self.embedder.spec.heatmap.target if request.target is None else request.target
        if target == "identity" and not heatmap.METHODS[method].hides_parts:
            return target, heatmap.Identity(None, metric)
        (vector,) = self.embedder(crop[np.newaxis])
        if target == "identity":
            return target, heatmap.Identity(vector, metric)
        if target == "largest":
            return target, heatmap.Dimension(int(vector.argmax()))
        if not 0 <= target < len(vector):
            raise NoSuchDimension(target, len(vector))
        return str(target), heatmap.Dimension(target)

    def lookalikes(
        self, request: LookalikesRequest, progress: Callable[[int, int], None] | None = None
    ) -> LookalikesResult:
        """`progress` is called with the photos that were read, and all there are."""
        watch = Stopwatch()
        spec = self.embedder.spec
        faces: list[FoundFace] = []
        crops: list[NDArray[np.uint8]] = []
        profiles: list[bool] = []
        portraits: list[NDArray[np.uint8]] = []
        skipped: list[Skipped] = []
        numbered: tuple[NumberedPhoto, ...] = ()
        for done, photo in enumerate(request.photos, start=1):
            try:
                located = self.locate(photo, watch)
            except PhotoError as error:
                if request.numbered:  # the one photo is all there is
                    raise
                skipped.append(Skipped(photo.name, error.code))
            else:
                room = matrix_card.MOST_FACES - len(faces)
                if room < len(located.faces):
                    skipped.append(Skipped(photo.name, "too_many_faces"))
                # only what the picture can show of it is kept, so that a hundred photos fit in memory
                for index, face in enumerate(located.faces[:room]):
                    faces.append(located.found(face))
                    with watch("align"):
                        chosen = located.choose(index)
                        crops.append(self.crop(chosen))
                        profiles.append(in_profile(chosen))
                        portraits.append(portraits_card.portrait(located.pixels, face, matrix_card.PORTRAIT_SIDE))
                if request.numbered:
                    numbered = self._numbered((located,), request.picture_format, watch)
            if progress is not None:
                progress(done, len(request.photos))
        if len(faces) < 2:
            if request.numbered:
                raise OnlyOneFace(request.photos[0].name)
            raise TooFewFaces(len(faces), 2, tuple(skipped))
        with watch("embed"):
            vectors = comparison.describe(self.embedder, np.stack(crops))
        with watch("compare"):
            scores = self.comparer.all_scores(vectors, np.array(profiles))
            curve = similarity.percent_curve(spec)
            percents = np.zeros_like(scores)
            for row, column in zip(*np.tril_indices(len(scores)), strict=True):
                percents[row, column] = percents[column, row] = curve(float(scores[row, column]))
            clusters = lookalikes.clusters(scores, spec.metric, spec.threshold)
            pairs = lookalikes.most_alike(scores, spec.metric)
            strangers = lookalikes.most_alike(scores, spec.metric, clusters.groups) if clusters.groups else pairs
        line = curve(spec.threshold)
        with watch("draw"):
            card = matrix_card.lookalikes(portraits, percents, clusters.order, clusters.groups, pairs[0], line)
        with watch("encode"):
            picture = encode(card, request.picture_format)

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
            pairs=tuple(map(likeness, pairs[:PAIRS_TOLD])),
            strangers=likeness(strangers[0]) if strangers else None,
            skipped=tuple(skipped),
            picture=picture,
            numbered=numbered,
            stages=watch.seconds,
        )

    def _numbered(
        self, photos: Iterable[Located], picture_format: PictureFormat, watch: Stopwatch
    ) -> tuple[NumberedPhoto, ...]:
        """Those of the photos that show several faces, with numbers."""
        several = [photo for photo in photos if len(photo.faces) > 1]
        with watch("number"):
            return tuple(
                NumberedPhoto(
                    photo.name,
                    len(photo.faces),
                    encode(numbered_card.numbered(photo.pixels, photo.faces), picture_format),
                )
                for photo in several
            )

    def close(self) -> None:
        if "_finder" in vars(self):
            self._finder.close()

    def locate(self, photo: Photo, watch: Stopwatch) -> Located:
        with watch("decode", photo.name):
            raster = decode(photo, self._settings.limits, long_side=LONG_SIDE)
        with watch("detect", photo.name):
            faces = self._finder.find(raster.pixels)
        if not faces:
            raise NoFace(photo.name)
        return Located(photo.name, raster.pixels, faces, raster.shrunk)

    def landmarks(self, photo: Located) -> NDArray[np.float32]:
        """The face's landmarks, (478, 2), in the pixels of its crop."""
        return align.transform(photo.face.landmarks, self._to_crop(photo))

    def crop(self, photo: Located) -> NDArray[np.uint8]:
        """The face as the model wants to see it: uint8 RGB, the model's input size a side."""
        return align.crop(photo.pixels, self._to_crop(photo), self.embedder.spec.input_size)

    def _to_crop(self, photo: Located) -> NDArray[np.float64]:
        """The 2 x 3 matrix from the photo's pixels to those of the face's crop."""
        spec = self.embedder.spec
        return align.to_template(photo.face, align.TEMPLATES[spec.template], spec.input_size)
