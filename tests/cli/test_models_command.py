"""`sokkuri models`: what it says of whole, missing and damaged files, and that `get` mends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from program import Run

from core.models.store import default_folder


def test_list_marks_the_model_in_use(sokkuri: Run) -> None:
    done = sokkuri("models", "list", "--json", env={"SOKKURI_MODEL__NAME": "dlib"})
    assert (done.returncode, done.stderr) == (0, "")
    models = {model["name"]: model for model in json.loads(done.stdout)["models"]}
    assert set(models) == {"dlib", "sface", "japanese-face-v1", "arcface", "custom"}
    assert [name for name, model in models.items() if model["in_use"]] == ["dlib"]
    assert "sokkuri models add" in models["japanese-face-v1"]["state"]
    assert "* sface" in sokkuri("models", "list").stdout


def test_an_empty_folder_is_status_1(sokkuri: Run, tmp_path: Path) -> None:
    done = sokkuri("models", "check", "--json", env={"SOKKURI_MODEL_FOLDER": str(tmp_path / "nothing")})
    assert done.returncode == 1
    files = {file["name"]: file for file in json.loads(done.stdout)["files"]}
    assert files["face_landmarker.task"]["needed"]
    assert {file["state"] for file in files.values()} == {"missing"}


def test_get_makes_a_damaged_file_anew(sokkuri: Run, tmp_path: Path) -> None:
    assert sokkuri("models", "get").returncode == 0
    folder = tmp_path / "models"
    shutil.copytree(default_folder(), folder)
    env = {"SOKKURI_MODEL_FOLDER": str(folder)}
    assert sokkuri("models", "check", env=env).returncode == 0
    (converted,) = folder.glob("face_recognition_sface*-v*.onnx")  # made here, so that mending it needs no network
    damaged = bytearray(converted.read_bytes())
    damaged[-1000] ^= 0xFF
    converted.write_bytes(damaged)
    assert "wrong hash" in sokkuri("models", "check", env=env).stdout
    done = sokkuri("models", "get", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "sface: ready\n", "")
    assert "wrong hash" not in sokkuri("models", "check", env=env).stdout


def test_get_of_a_model_that_is_not_known(sokkuri: Run) -> None:
    done = sokkuri("models", "get", "nonesuch")
    assert done.returncode == 2
    assert "nonesuch" in done.stderr
