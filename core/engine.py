"""What every answer needs: the models, loaded once, and the steps photo -> faces -> crop.

One engine belongs to one process. It loads each model when it is first needed (torch only where a heatmap is asked for,
or to be expected).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from core import heatmap, quality
from core.contracts import CoreSettings, Devices, FoundFace, ModelBroken, ModelError, NoFace, NoSuchFace, Photo
from core.detection.centerface import network_file
from core.detection.finder import FaceFinder
from core.face import Face, largest
from core.geometry import crop, transform
from core.models import device, loading
from core.models.catalog import LANDMARKS_FILE
from core.models.embedder import Embedder, describe, describe_fully
from core.models.store import Store, folder_of
from core.photo import decode
from core.quality import Quality
from core.similarity.percent import percent_curve
from core.similarity.scorer import Scorer
from core.stages import Stopwatch
from core.templates import TEMPLATES, to_template_unstretched

LONG_SIDE = 1600
"""Pixels a photo keeps, at least, of its longer side: enough for a crop of a face that fills a tenth of it."""


@dataclass(frozen=True, eq=False)
class Located:
    """A photo's pixels (uint8 RGB h x w x 3) with its faces from left to right, one at least.

    `shrunk`: how many times larger each side of the photo was before it was averaged down; `chosen`: index of the
    face to work on, None: the largest.
    """

    name: str
    pixels: NDArray[np.uint8]
    faces: tuple[Face, ...]
    shrunk: int = 1
    chosen: int | None = None

    @property
    def index(self) -> int:
        """Index of the chosen face, from the left."""
        return largest(self.faces) if self.chosen is None else self.chosen

    @property
    def face(self) -> Face:
        """The chosen face."""
        return self.faces[self.index]

    def found(self, face: Face) -> FoundFace:
        left, top, width, height = (value * self.shrunk for value in face.box)
        return FoundFace(self.name, (left, top, width, height))

    def all_found(self) -> tuple[FoundFace, ...]:
        return tuple(self.found(face) for face in self.faces)

    def choose(self, face: int | None) -> Located:
        """The same photo with another face chosen. Errors: NoSuchFace."""
        if face is not None and not 0 <= face < len(self.faces):
            raise NoSuchFace(self.name, face + 1, len(self.faces))
        return replace(self, chosen=face)


@dataclass(frozen=True, eq=False)
class Crop:
    """A face as the model sees it.

    `pixels`: uint8 RGB, the model's input size a side; `matrix`: 2 x 3, from the photo's pixels to these; `landmarks`:
    float32 (478, 2), in these pixels; `quality`: what the pixels tell about the face, without the network.
    """

    pixels: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    landmarks: NDArray[np.float32]
    quality: Quality


@dataclass(frozen=True, eq=False)
class Recognised:
    """A face as the network knows it.

    `vector`: float32 (d,), to be compared, see `describe`; `straight`: float32 (d,), the network's for the crop alone;
    `quality`: what the pixels tell about the face, and what the network does.
    """

    crop: Crop
    vector: NDArray[np.float32]
    straight: NDArray[np.float32]
    quality: Quality


class Engine:
    """The models of one process, for one request at a time. What goes wrong is raised as an error of the contracts."""

    def __init__(self, settings: CoreSettings) -> None:
        self.settings = settings
        self._folder = folder_of(settings)
        if settings.threads:
            cv2.setNumThreads(settings.threads)

    @cached_property
    def _finder(self) -> FaceFinder:
        store = Store(self._folder)
        path = store.path(LANDMARKS_FILE)
        try:
            return FaceFinder(path, partial(network_file, store), self.settings.threads, self.settings.device)
        except (RuntimeError, ValueError) as error:
            raise ModelBroken(LANDMARKS_FILE, f"{path} cannot be loaded: {error}") from error

    @cached_property
    def embedder(self) -> Embedder:
        asked = self.settings
        return loading.load(asked.model, self._folder, asked.threads, asked.device, asked.shared)

    @cached_property
    def scorer(self) -> Scorer:
        return Scorer(self.embedder.spec)

    def devices(self) -> Devices:
        """Where the networks run, and why not elsewhere."""
        return device.report(self.settings.device, self.embedder.device)

    def warm(self) -> None:
        """Load what nearly every request needs, and run it once; torch is left out."""
        self._finder.warm()
        size = self.embedder.spec.input_size
        vectors = describe(self.embedder, np.zeros((2, size, size, 3), dtype=np.uint8))
        self.scorer.all_scores(vectors)
        percent_curve(self.embedder.spec)

    def warm_for_heatmaps(self) -> None:
        """Load torch, and run it once. A model without a torch form raises only when a heatmap is asked for."""
        size = self.embedder.spec.input_size
        grey = np.full((size, size, 3), 128, dtype=np.uint8)
        with suppress(ModelError):
            heatmap.attention(self.embedder, grey, "layercam", heatmap.Dimension(0))

    def locate(self, photo: Photo, watch: Stopwatch) -> Located:
        """Read a photo and find its faces. Errors: PhotoError, NoFace among them."""
        with watch("decode", photo.name):
            raster = decode(photo, self.settings.limits, long_side=LONG_SIDE)
        with watch("detect", photo.name):
            faces = self._finder.find(raster.pixels)
        if not faces:
            raise NoFace(photo.name)
        return Located(photo.name, raster.pixels, faces, raster.shrunk)

    def crop(self, photo: Located) -> Crop:
        """The chosen face of the photo, as the model sees it."""
        spec, face = self.embedder.spec, photo.face
        template, size = TEMPLATES[spec.template], spec.input_size
        matrix = to_template_unstretched(face, template, size, quality.undone(face))
        pixels, landmarks = crop(photo.pixels, matrix, size), transform(face.landmarks, matrix)
        measured = quality.measure(photo.pixels, face, photo.shrunk, pixels, landmarks)
        return Crop(pixels, matrix, landmarks, measured)

    def recognise(self, crops: Sequence[Crop]) -> tuple[Recognised, ...]:
        """What the network says of faces, one at least."""
        found = describe_fully(self.embedder, np.stack([crop.pixels for crop in crops]))
        clear = self.embedder.spec.seen
        faces = []
        for one, vector, straight, length in zip(crops, found.vectors, found.straight, found.lengths, strict=True):
            seen = one.quality if clear is None else replace(one.quality, length=float(length / clear.length))
            faces.append(Recognised(one, vector, straight, seen))
        return tuple(faces)

    def look_closer(self, faces: Sequence[Recognised]) -> tuple[Recognised, ...]:
        """The faces, with the parts of each that the network sees: two more passes for each that is not in profile."""
        clear = self.embedder.spec.seen
        places = [place for place, one in enumerate(faces) if not one.quality.profile]
        closer = list(faces)
        if clear is not None and places:
            crops = np.stack([faces[place].crop.pixels for place in places])
            vectors = np.stack([faces[place].straight for place in places])
            parts = quality.seen_parts(self.embedder, crops, vectors, clear)
            for place, (upper, lower) in zip(places, parts.tolist(), strict=True):
                one = faces[place]
                closer[place] = replace(one, quality=replace(one.quality, upper=upper, lower=lower))
        return tuple(closer)

    def close(self) -> None:
        if "_finder" in vars(self):
            self._finder.close()
