"""An engine with the real models, and the faces of nobody, plain and damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.damage import KINDS
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


@pytest.fixture(scope="session")
def png() -> Callable[[NDArray[np.uint8], str], Photo]:
    """`png(pixels, name)`: a photo of these pixels (uint8 RGB, h x w x 3), without loss."""
    return lambda rgb, name: Photo(name, cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))[1].tobytes())


@pytest.fixture(scope="session")
def damaged(
    locate: Callable[[Photo], Located], png: Callable[[NDArray[np.uint8], str], Photo]
) -> Callable[[Photo, str, int], Photo]:
    """`damaged(photo, "mask", 4)`: the photo after a damage of `benchmarks.damage`, with a strength of 1 to 5."""

    @cache
    def damage(photo: Photo, kind: str, strength: int) -> Photo:
        plain = locate(photo)
        return png(KINDS[kind](plain.pixels, plain.face, strength), f"{photo.name}, {kind} {strength}")

    return damage
