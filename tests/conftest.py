"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

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
