"""Faces of nobody, found once, and an average of them in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.average import Average, Composite
from core.contracts import AverageRecipe, Photo
from core.engine import Located
from core.face import Face

SIZE = 256

Pair = tuple[np.ndarray, Face]
Averaged = Callable[..., Average]


@pytest.fixture(scope="session")
def people(sample: Callable[[str], Photo], locate: Callable[[Photo], Located]) -> list[Pair]:
    """Six people; some smile."""
    found = [locate(sample(name)) for name in ("a_1", "b_2", "c_1", "d_2", "e_1", "f_2")]
    return [(one.pixels, one.face) for one in found]


@pytest.fixture(scope="session")
def averaged() -> Averaged:
    """`averaged(people, weights, **recipe)`, at SIZE pixels and without texture where nothing else is said."""

    def averaged(people: Sequence[Pair], weights: Sequence[float] | None = None, **recipe: object) -> Average:
        composite = Composite(AverageRecipe(**{"size": SIZE, "texture": 0.0} | recipe))  # type: ignore[arg-type]
        for (rgb, face), weight in zip(people, weights or [1.0] * len(people), strict=True):
            composite.add(rgb, face, weight)
        return composite.finish()

    return averaged
