"""What is measured of the face in a photo."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from core.contracts import Photo
from core.engine import Engine, Located
from core.quality import Quality


@pytest.fixture(scope="session")
def look(engine: Engine, locate: Callable[[Photo], Located]) -> Callable[[Photo], Quality]:
    """All that is measured of the largest face: what its pixels tell, and what the network sees of it."""

    @cache
    def measured(photo: Photo) -> Quality:
        (face,) = engine.look_closer(engine.recognise([engine.crop(locate(photo))]))
        return face.quality

    return measured
