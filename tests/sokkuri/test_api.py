"""The package `sokkuri`: photos in any form, the same answers as everywhere else, and errors that say what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from documents import code_blocks
from PIL import Image

import sokkuri
from core.contracts import NoSuchDimension, NoSuchFace

ROOT = Path(__file__).resolve().parents[2]
FACES = ROOT / "sandbox" / "faces"
ANNA, ANNA_AGAIN, BELLA = (FACES / f"person_{name}.jpg" for name in ("a_1", "a_2", "b_1"))


def as_array(path: Path) -> object:
    return np.asarray(Image.open(path))


FORMS: dict[str, Callable[[Path], object]] = {
    "path": lambda path: path,
    "text": str,
    "bytes": Path.read_bytes,
    "array": as_array,
    "picture": Image.open,
}


@pytest.fixture(scope="module")
def alike() -> sokkuri.Comparison:
    return sokkuri.compare(ANNA, ANNA_AGAIN)


def test_the_example_of_the_documents_runs(tmp_path: Path) -> None:
    (example,) = code_blocks(ROOT / "docs/command-line.md", "python")
    (tmp_path / "sandbox").symlink_to(ROOT / "sandbox")
    ran = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "99.9 %\n"), ran.stderr
    assert {path.name for path in tmp_path.glob("*.png")} == {"heatmap.png", "average.png"}


def test_the_answer_is_that_of_the_command_line(alike: sokkuri.Comparison) -> None:
    program = [
        sys.executable,
        "-c",
        "from cli.main import main; main()",
        "similar",
        str(ANNA),
        str(ANNA_AGAIN),
        "--json",
    ]
    said = json.loads(subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    for key in ("metric", "same_person", "verdict", "near_line", "stranger_rank", "interval"):
        assert getattr(alike, key) == said[key], key
    for key in ("percent", "score", "threshold"):
        # The number of threads decides in which order a network adds.
        assert getattr(alike, key) == pytest.approx(said[key], rel=1e-4), key
    assert [[vars(one) for one in face] for face in alike.cautions] == said["cautions"]
    assert alike.regions == pytest.approx(said["regions"], abs=1e-3)
    assert [list(box) for box in alike.boxes] == [face["box"] for face in said["faces"]]


@pytest.mark.parametrize("form", FORMS)
def test_a_photo_may_come_in_any_form(form: str, alike: sokkuri.Comparison) -> None:
    first, second = (FORMS[form](path) for path in (ANNA, ANNA_AGAIN))
    # Two decoders of JPEG round differently.
    assert sokkuri.compare(first, second, explain=False).percent == pytest.approx(alike.percent, abs=0.05)  # type: ignore[arg-type]


def test_a_picture_that_is_turned_by_its_metadata_is_turned() -> None:
    turned, exif, file = Image.open(ANNA).rotate(90, expand=True), Image.Exif(), BytesIO()
    exif[0x0112] = 6
    turned.save(file, "JPEG", quality=95, exif=exif)
    (upright,), (face,) = sokkuri.faces(ANNA), sokkuri.faces(Image.open(file))
    assert np.abs(face.landmarks - upright.landmarks).mean() < 3


def test_results_are_frozen_and_shown_by_a_notebook(alike: sokkuri.Comparison) -> None:
    assert alike.image.mode == "RGB"
    assert alike.image.size == Image.open(BytesIO(alike._repr_png_())).size
    with pytest.raises(FrozenInstanceError):
        alike.percent = 100.0  # type: ignore[misc]
    assert "png" not in repr(alike)


def test_a_heatmap_of_any_target() -> None:
    found = sokkuri.heatmap(ANNA, method="layercam")
    assert found.method == "layercam"
    assert sum(found.regions.values()) == pytest.approx(1)
    assert sokkuri.heatmap(ANNA, method="layercam", compare_to=BELLA).regions != found.regions
    with pytest.raises(NoSuchDimension):
        sokkuri.heatmap(ANNA, target=128)


def test_an_average_names_what_it_used_and_skipped() -> None:
    landscape = FACES / "scenes" / "landscape.jpg"
    mean = sokkuri.average([ANNA, BELLA.read_bytes(), landscape], size=256)
    assert mean.image.size == (256, 256)
    assert mean.used == (str(ANNA), "photo 2")
    assert [(one.photo, one.reason) for one in mean.skipped] == [(str(landscape), "no_face")]
    with pytest.raises(sokkuri.TooFewFaces):
        sokkuri.average([ANNA])


def test_faces_are_found_from_left_to_right() -> None:
    group = sokkuri.faces(FACES / "scenes" / "group.jpg")
    lefts = [face.box[0] for face in group]
    assert len(group) > 1
    assert lefts == sorted(lefts)
    assert all(face.landmarks.shape == (478, 2) and face.landmarks.dtype == np.float32 for face in group)
    assert sokkuri.faces(FACES / "scenes" / "landscape.jpg") == ()


def test_landmarks_and_boxes_of_a_large_photo_are_in_its_own_pixels() -> None:
    large = Image.open(ANNA).resize((3200, 3200))
    (small_face,), (large_face,) = sokkuri.faces(ANNA), sokkuri.faces(large)
    scale = 3200 / Image.open(ANNA).width
    assert np.abs(large_face.landmarks - ((small_face.landmarks + 0.5) * scale - 0.5)).mean() < 3 * scale
    assert large_face.box[0] <= large_face.landmarks[:, 0].min() + scale


def test_embeddings_of_one_person_are_nearer() -> None:
    anna, again, bella = map(sokkuri.embedding, (ANNA, ANNA_AGAIN, BELLA))
    assert (anna.shape, anna.dtype) == ((128,), np.float32)
    assert np.linalg.norm(anna - again) < np.linalg.norm(anna - bella)


def test_what_is_wrong_is_said_with_what_to_do() -> None:
    with pytest.raises(sokkuri.NoFace) as caught:
        sokkuri.compare(ANNA, FACES / "scenes" / "landscape.jpg")
    (note,) = caught.value.__notes__
    assert "landscape.jpg" in note
    with pytest.raises(sokkuri.PhotoError) as broken:
        sokkuri.faces(b"no picture")
    assert "the photo" in broken.value.__notes__[0]
    with pytest.raises(NoSuchFace):
        sokkuri.embedding(ANNA, face=1)


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [
        (np.zeros((8, 8, 3)), TypeError, "uint8"),
        (np.zeros((8, 8, 2), dtype=np.uint8), ValueError, "height, width"),
        (3, TypeError, "not int"),
        ("no/such/file.jpg", FileNotFoundError, "file.jpg"),
    ],
)
def test_what_is_no_photo_is_refused(given: object, error: type[Exception], what: str) -> None:
    with pytest.raises(error, match=what):
        sokkuri.faces(given)  # type: ignore[arg-type]
