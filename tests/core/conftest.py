"""A pipeline with the real models, and the faces of nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.contracts import CoreSettings, Photo
from core.pipeline import Located, Pipeline, Stopwatch


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    pipeline = Pipeline(CoreSettings(threads=2))
    yield pipeline
    pipeline.close()


@pytest.fixture(scope="session")
def sample(sample_faces: Path) -> Callable[[str], Photo]:
    """`sample("a_1")`: the first photo of person a."""
    return lambda name: Photo(f"person_{name}.jpg", (sample_faces / f"person_{name}.jpg").read_bytes())


@pytest.fixture(scope="session")
def locate(pipeline: Pipeline) -> Callable[[Photo], Located]:
    return lambda photo: pipeline.locate(photo, Stopwatch())
