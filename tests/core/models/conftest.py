"""Fixtures: the real files, once into the user's cache, and a JAPANESE-FACE-like network with random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from efficientnet import Efficientnet, save_efficientnet

from core.models.store import Store, default_folder

DLIB = "dlib_face_recognition_resnet_model_v1.dat"


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """The user's own folder of models, so that what is there already is not fetched again."""
    return default_folder()


@pytest.fixture(scope="session")
def dlib_dat(model_folder: Path) -> Path:
    return Store(model_folder).path(DLIB)


@pytest.fixture(scope="session")
def efficientnet(tmp_path_factory: pytest.TempPathFactory) -> Efficientnet:
    return save_efficientnet(tmp_path_factory.mktemp("efficientnet"))
