"""A running average: photos in, one at a time and in any order, and an average out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from io import BytesIO
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from core import stages
from core.average import light, ranked, skin
from core.average.canvas import Average, Canvas, developed
from core.average.form import Form
from core.average.frames import article, frame
from core.average.stack import Stack
from core.average.sums import Sums
from core.contracts import AverageRecipe
from core.faces import Face

_LENGTH_BYTES = 8


class Composite:
    """The faces of any number of photos.

    A mean is summed up: its memory stays the same, but for 4 kB a face. The other methods keep every bent face,
    compressed without loss; so does a mean that is told to keep them `apart`, for `finish` to weigh them.

    Neither order nor grouping changes the picture: what sums round off is too fine for 8 bits to show, unless it turns
    a rounding: by one step, in a pixel of very many.
    """

    def __init__(self, recipe: AverageRecipe, apart: bool = False) -> None:
        self._recipe = article.plain(recipe) if recipe.shape == "article" else recipe
        self._frame = frame(self._recipe.shape, self._recipe.size)
        self._landmarks: list[NDArray[np.float32]] = []
        self._gains: list[NDArray[np.float64]] = []
        self._weights: list[float] = []
        self._sums = Sums.nothing(self._frame.side)
        self._stack = Stack() if apart or recipe.method != "mean" else None

    def __len__(self) -> int:
        """Faces in it."""
        return len(self._landmarks)

    def add(self, rgb: NDArray[np.uint8], face: Face, weight: float = 1.0) -> None:
        """A face of a photo (uint8 RGB h x w x 3). `weight`: above 0; what counts are the ratios of weights."""
        bent, landmarks = self._frame.bent(rgb, face.landmarks)
        self._landmarks.append(landmarks)
        self._gains.append(skin.gains(rgb, face.landmarks) if self._recipe.match_colour else np.ones(3))
        self._weights.append(weight)
        if self._stack is None:
            self._sums.add(bent, self._table(self._gains[-1]), weight)
        else:
            self._stack.add(bent)
            if self._recipe.method != "mean":  # the light of these is combined in the end, all else is a mean
                self._sums.add(bent, None, weight)

    def merge(self, other: Composite) -> None:
        """Take over the faces of another composite, made by the same recipe. Errors: ValueError where it is not."""
        if (other._recipe, other._stack is None) != (self._recipe, self._stack is None):
            raise ValueError(f"{self._recipe} and {other._recipe} do not add up")
        self._landmarks += other._landmarks
        self._gains += other._gains
        self._weights += other._weights
        self._sums.merge(other._sums)
        if self._stack is not None and other._stack is not None:
            self._stack.merge(other._stack)

    def finish(self, weights: Sequence[float] | None = None) -> Average:
        """The average of what was added so far; more may follow.

        `weights`: one for each face, in the order in which they were added, in place of those given with them; only of
        faces that were kept apart. Errors: ValueError when there is no face.
        """
        if not self._landmarks:
            raise ValueError("there is nothing to average")
        if weights is not None and (self._stack is None or len(weights) != len(self)):
            raise ValueError("only faces kept apart can be weighed, each of them")
        as_given = weights is None
        weights = self._weights if weights is None else weights
        usual = np.exp(np.average(np.log(self._gains), axis=0, weights=weights))
        sums = (
            self._sums
            if self._stack is None or (as_given and self._recipe.method != "mean")
            else self._weighed(weights)
        )
        form = Form(self._frame.mean(self._landmarks, weights), sums.mean_drift())
        if self._stack is not None and self._recipe.method != "mean":
            form = replace(form, drift=self._stack.median_drift(np.array(weights)))
        if self._recipe.symmetric:
            sums = sums.mirrored()
            form = self._frame.symmetric(form)
        if self._recipe.method == "mean":
            values = light.gained(sums.mean(), self._recipe.light, 1 / usual)
        else:
            values = self._ranked(weights, usual)
        whole = 255 * sum(weights) * (2 if self._recipe.symmetric else 1)
        held = np.asarray(sums.share / whole, dtype=np.float32)
        return developed(Canvas(self._recipe, values, held, sums.mean_energy()), form)

    def _table(self, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        return light.table(self._recipe.light, gains if self._recipe.match_colour else 1.0)

    def _weighed(self, weights: Sequence[float]) -> Sums:
        """The sums of the faces that were kept apart, by other weights."""
        assert self._stack is not None
        sums = Sums.nothing(self._frame.side)
        for bent, own, weight in zip(self._stack, self._gains, weights, strict=True):
            sums.add(bent, self._table(own), weight)
        return sums

    def _ranked(self, weights: Sequence[float], usual: NDArray[np.float64]) -> NDArray[np.float32]:
        """`usual` (3,): the mean gain, which is not to change the colour of the whole."""
        assert self._stack is not None
        parts = np.array(weights) / max(weights)
        recoloured = [self._recoloured(own / usual) for own in self._gains]
        table = light.table(self._recipe.light)[:, 0].astype(np.float32)
        rows = []
        for band in self._stack.bands():
            stages.enter("average")  # of very many faces, all bands together take longer than one stage may
            pixels = np.array([cv2.LUT(one[..., :3], lut) for one, lut in zip(band, recoloured, strict=True)], np.uint8)
            shares = np.array(
                [cv2.convertScaleAbs(one[..., 3], alpha=part) for one, part in zip(band, parts, strict=True)]
            )
            if self._recipe.symmetric:
                pixels = np.concatenate([pixels, pixels[:, :, ::-1]])
                shares = np.concatenate([shares, shares[:, :, ::-1]])
            count, height, width, _ = pixels.shape
            places = height * width
            flat = ranked.combined(
                pixels.reshape(count, places, 3), shares.reshape(count, places), self._recipe.method, table
            )
            rows.append(flat.reshape(height, width, 3))
        return np.concatenate(rows)

    def _recoloured(self, gains: NDArray[np.float64]) -> NDArray[np.uint8]:
        """What the numbers of a photo become, (1, 256, 3), whose channels are multiplied by `gains`."""
        linear = light.table("linear", gains)
        return light.to_pixels(light.to_numbers(linear.astype(np.float32), "linear"))[np.newaxis]

    def dumps(self) -> bytes:
        """All there is, to travel to another process."""
        header = {"recipe": asdict(self._recipe), "apart": self._stack is not None, "weights": self._weights}
        arrays: dict[str, Any] = {
            "header": np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            "landmarks": np.array(self._landmarks, dtype=np.float32),
            "gains": np.array(self._gains),
        }
        arrays |= {f"sum{number}": one for number, one in enumerate(self._sums.arrays()) if one.any()}
        if self._stack is not None:
            arrays |= self._stack.arrays()
        file = BytesIO()
        np.savez(file, **arrays)
        packed = () if self._stack is None else self._stack.packed()
        return b"".join([file.tell().to_bytes(_LENGTH_BYTES), file.getbuffer(), *packed])

    @classmethod
    def loads(cls, data: bytes) -> Self:
        """What `dumps` wrote. Faces kept apart stay where they are in `data`."""
        end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES])
        with np.load(BytesIO(data[_LENGTH_BYTES:end]), allow_pickle=False) as file:
            header = json.loads(file["header"].tobytes())
            made = cls(AverageRecipe(**header["recipe"]), header["apart"])
            made._landmarks, made._gains, made._weights = (
                list(file["landmarks"]),
                list(file["gains"]),
                header["weights"],
            )
            sums: list[Any] = [file.get(f"sum{at}", empty) for at, empty in enumerate(made._sums.arrays())]
            made._sums = Sums(*sums)
            if made._stack is not None:
                made._stack = Stack.of_arrays(file, np.frombuffer(data, dtype=np.uint8, offset=end))
        return made
