"""The interface of every embedding network, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from core.contracts import Device
from core.models.spec import ModelSpec

if TYPE_CHECKING:
    from core.models.explainable import Explainable


class Embedder(Protocol):
    """A loaded model. `spec` says which crops it expects and how to compare its vectors."""

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def device(self) -> Device:
        """The device it really runs on."""

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 RGB crops (n, s, s, 3) in the frame of the model's template to float32 vectors (n, d).

        The vectors are those of the network, not normalised. Errors: ValueError for crops of another shape or type.
        """

    def explainable(self) -> Explainable:
        """The same network as a torch module, for heatmaps. Loads torch on the first call. Raises ModelError."""


def describe(embedder: Embedder, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 RGB crops (n, s, s, 3) to float32 vectors (n, d): the mean of each crop's vector and its mirror image's.

    So the side that the light comes from does not matter. For cosine, both are normalised to length 1 first.
    """
    return describe_fully(embedder, crops).vectors


@dataclass(frozen=True, eq=False)
class Described:
    """`vectors`: float32 (n, d), what `describe` gives; `straight`: float32 (n, d), the network's for the crops alone;
    `lengths`: float32 (n,), the mean of those that both vectors of a face had in the network.
    """

    vectors: NDArray[np.float32]
    straight: NDArray[np.float32]
    lengths: NDArray[np.float32]


def describe_fully(embedder: Embedder, crops: NDArray[np.uint8]) -> Described:
    """All that the same two passes a crop tell; see `describe`."""
    raw = embedder(np.concatenate([crops, crops[:, :, ::-1]]))
    lengths = np.linalg.norm(raw, axis=1)
    both = raw
    if embedder.spec.metric == "cosine":
        both = raw / np.maximum(lengths, np.finfo(np.float32).tiny)[:, np.newaxis]
    return Described(_mean_of_halves(both), raw[: len(crops)], _mean_of_halves(lengths))


def _mean_of_halves(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of what each crop and its mirror image have; the mirror images are the second half."""
    half = len(values) // 2
    return np.asarray((values[:half] + values[half:]) / 2, dtype=np.float32)
