"""An engine with the real models, and the faces of nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.contracts import CoreSettings, Photo
from core.engine import Engine, Located
from core.stages import Stopwatch


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """With one thread: a second one mostly waits, busily, while tests in other processes need the processor."""
    engine = Engine(CoreSettings())
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def sample(sample_faces: Path) -> Callable[[str], Photo]:
    """`sample("a_1")`: the first photo of person a."""
    return lambda name: Photo(f"person_{name}.jpg", (sample_faces / f"person_{name}.jpg").read_bytes())


@pytest.fixture(scope="session")
def locate(engine: Engine) -> Callable[[Photo], Located]:
    return lambda photo: engine.locate(photo, Stopwatch())
