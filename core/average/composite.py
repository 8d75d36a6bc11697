"""A running average: photos in, one at a time and in any order, and an average out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core import stages
from core.average import arrays, light, skin
from core.average.canvas import Average, Canvas, developed
from core.average.form import Form
from core.average.frames import article, frame
from core.average.rows import Rows, combined
from core.average.stack import Stack
from core.average.sums import Sums
from core.contracts import AverageRecipe, AverageSum, Kept
from core.face import Face


class Composite:
    """The faces of any number of photos.

    A mean is summed up, in constant memory except for 4 kB a face. The other methods keep every bent face, compressed
    without loss; so does a mean with `apart`, so that `finish` can weigh them.

    Neither order nor grouping changes the picture: what sums round off is too fine for 8 bits to show, except that a
    very few pixels may differ by one step.
    """

    def __init__(self, recipe: AverageRecipe, apart: bool = False) -> None:
        self._recipe = settled(recipe)
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
            self._sums.add(bent, _table(self._recipe, self._gains[-1]), weight)
        else:
            self._stack.add(bent, self._gains[-1])
            if self._recipe.method != "mean":  # their light is combined in the end, everything else is a mean
                self._sums.add(bent, None, weight)

    def merge(self, other: Composite) -> None:
        """Add the faces of another composite. Errors: ValueError if its recipe is another one."""
        if (other._recipe, other._stack is None) != (self._recipe, self._stack is None):
            raise ValueError(f"{self._recipe} and {other._recipe} do not add up")
        self._landmarks += other._landmarks
        self._gains += other._gains
        self._weights += other._weights
        self._sums.merge(other._sums)
        if self._stack is not None and other._stack is not None:
            self._stack.merge(other._stack)

    def finish(self, weights: Sequence[float] | None = None) -> Average:
        """The average of the faces so far; more may follow.

        `weights`: one for each face, in the order in which they were added, to override those given with them; only for
        faces that were kept apart. Errors: ValueError if there is no face, or not all kept faces are here.
        """
        if self._stack is None:
            if weights is not None:
                raise ValueError("only faces kept apart can be weighed")
            return self.developed()
        if len(self._stack) != len(self) or (weights is not None and len(weights) != len(self)):
            raise ValueError("faces kept apart can be weighed where all are here, each of them")
        sums = self._sums
        if weights is not None or self._recipe.method == "mean":
            sums = weighed_sums(self._recipe, self._stack, self._weights if weights is None else weights)
        rows = None
        if self._recipe.method != "mean":
            rows = Rows.together(self._rows(self._weights if weights is None else weights))
        return self.developed(weights, sums, rows)

    def developed(
        self, weights: Sequence[float] | None = None, sums: Sums | None = None, rows: Rows | None = None
    ) -> Average:
        """`finish`, after other processes have done most of it. `sums`: the faces' sums by these `weights` (None for
        both: those made while the faces were added); `rows`: all rows, for every method but the mean.
        """
        if not self._landmarks:
            raise ValueError("there is nothing to average")
        weights = self._weights if weights is None else weights
        sums = self._sums if sums is None else sums
        form = Form(self._frame.mean(self._landmarks, weights), sums.mean_drift() if rows is None else rows.drift)
        if self._recipe.symmetric:
            sums = sums.mirrored()
            form = self._frame.symmetric(form)
        if rows is None:
            values = light.gained(sums.mean(), self._recipe.light, 1 / skin.usual(self._gains, weights))
        else:
            values = rows.values
        whole = 255 * sum(weights) * (2 if self._recipe.symmetric else 1)
        held = np.asarray(sums.share / whole, dtype=np.float32)
        return developed(Canvas(self._recipe, values, held, sums.mean_energy()), form)

    def _rows(self, weights: Sequence[float]) -> Iterator[Rows]:
        assert self._stack is not None
        for band in self._stack.bands():
            stages.enter("average")  # with many faces, all bands together take longer than one stage may
            yield combined(band, self._recipe, weights)

    def dumps(self) -> AverageSum:
        """All of it, to travel to another process."""
        header = {"recipe": asdict(self._recipe), "apart": self._stack is not None, "weights": self._weights}
        total = arrays.dumped(
            {
                "header": np.array(json.dumps(header)),
                "landmarks": np.array(self._landmarks, dtype=np.float32),
                "gains": np.array(self._gains),
                **self._sums.arrays(),
            }
        )
        return AverageSum(total, (Kept(len(self._stack), self._stack.dumps()),) if self._stack else ())

    @classmethod
    def loads(cls, data: AverageSum) -> Self:
        """The composite that `dumps` wrote. From a total alone, only `add` and `developed` work."""
        stored = arrays.loaded(data.total)
        header = json.loads(str(stored["header"]))
        made = cls(AverageRecipe(**header["recipe"]), header["apart"])
        made._landmarks, made._gains, made._weights = (
            list(stored["landmarks"]),
            list(stored["gains"]),
            header["weights"],
        )
        made._sums = Sums.of(stored)
        for kept in data.kept:
            assert made._stack is not None
            made._stack.merge(Stack.loads(kept.bands))
        return made


def settled(recipe: AverageRecipe) -> AverageRecipe:
    """The recipe as it is carried out: the shape `article` overrides most of it."""
    return article.plain(recipe) if recipe.shape == "article" else recipe


def weighed_sums(recipe: AverageRecipe, stack: Stack, weights: Sequence[float], onto: Sums | None = None) -> Sums:
    """The sums of faces that were kept apart, added to `onto`."""
    sums = Sums.nothing(frame(recipe.shape, recipe.size).side) if onto is None else onto
    for (bent, gains), weight in zip(stack.faces(), weights, strict=True):
        sums.add(bent, _table(recipe, gains), weight)
    return sums


def _table(recipe: AverageRecipe, gains: NDArray[np.float64]) -> NDArray[np.float64]:
    return light.table(recipe.light, gains if recipe.match_colour else 1.0)
