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
