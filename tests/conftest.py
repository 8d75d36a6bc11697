"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Several processes run tests, and threads of numpy's linear algebra wait for each other in busy loops.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of licensed test photos beside the checkout; only some machines have it."""
    if not (SHARED / "faces").is_dir():
        pytest.skip("the shared test data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def sample_faces() -> Path:
    """The committed faces of nobody (see tests/faces/README.md)."""
    return Path(__file__).parent / "faces"
