"""Targets: which aspect of an embedding a heatmap explains.

An embedding has no classes. `Identity` explains what makes it this face: how near a vector stays to the face's own one.
`Similarity` explains what makes it similar to another face: how near a vector is to that one's. `Dimension` is a single
number; the largest is pytorch-grad-cam's default.

There are two ways to ask a target. Methods that hide parts of a crop ask how much is lost, in the model's own metric
(`of`). Gradients only see an infinitesimal change (call the target with the output). The nearness to itself has none,
so `Identity` is then the length along its own direction, and `Similarity` is the cosine similarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from core.contracts import Metric

if TYPE_CHECKING:
    import torch

Vector = NDArray[np.float32]


class Target(Protocol):
    def of(self, vectors: Vector) -> Vector:
        """A number for each of n vectors, float32 (n, d): (n,), larger is nearer."""

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        """The value to differentiate, for one vector (d,)."""


@dataclass(frozen=True, eq=False)
class Identity:
    """What makes it this face. `vector`: its embedding, (d,); None, for gradients only: the output itself."""

    vector: Vector | None
    metric: Metric

    def of(self, vectors: Vector) -> Vector:
        if self.vector is None:
            raise ValueError("the loss of identity can be measured only with the face's own vector")
        return _nearness(vectors, self.vector, self.metric)

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        direction = output.detach() if self.vector is None else output.new_tensor(self.vector)
        along: torch.Tensor = (output * direction).sum() / direction.norm()
        return along


@dataclass(frozen=True, eq=False)
class Similarity:
    """What makes it similar to another face. `other`: that one's embedding, (d,)."""

    other: Vector
    metric: Metric

    def of(self, vectors: Vector) -> Vector:
        return _nearness(vectors, self.other, self.metric)

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        other = output.new_tensor(self.other)
        cosine: torch.Tensor = (output * other).sum() / (output.norm() * other.norm())
        return cosine


@dataclass(frozen=True)
class Dimension:
    """One number of the embedding, the one at `index`."""

    index: int

    def of(self, vectors: Vector) -> Vector:
        return vectors[:, self.index]

    def __call__(self, output: torch.Tensor) -> torch.Tensor:
        return output[self.index]


def _nearness(vectors: Vector, to: Vector, metric: Metric) -> Vector:
    if metric == "euclidean":
        return np.asarray(-np.linalg.norm(vectors - to, axis=1), dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(to)
    return np.asarray(vectors @ to / lengths, dtype=np.float32)
