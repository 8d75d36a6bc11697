"""What every network that embeds can do, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from core.contracts import Device
from core.models.spec import ModelSpec

if TYPE_CHECKING:
    from core.models.explainable import Explainable


class Embedder(Protocol):
    """A loaded model. `spec` says what crops it wants and how its vectors are compared."""

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def device(self) -> Device:
        """Where it really runs."""

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 RGB crops (n, s, s, 3) in the frame of the model's template to float32 vectors (n, d).

        The vectors are as the network gives them, not normalised. ValueError for crops of another shape or type.
        """

    def explainable(self) -> Explainable:
        """The same network as a torch module, for heatmaps. Loads torch on the first call. Raises ModelError."""


def describe(embedder: Embedder, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 RGB crops (n, s, s, 3) to float32 vectors (n, d): the mean of a crop's and its mirror image's.

    Nobody is known by the side that the light came from. For cosine the two are brought to length 1 first.
    """
    both = embedder(np.concatenate([crops, crops[:, :, ::-1]]))
    if embedder.spec.metric == "cosine":
        both = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray((both[: len(crops)] + both[len(crops) :]) / 2, dtype=np.float32)
