"""`sokkuri evaluate`: figures, picture and calibration, from the faces of nobody."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter
from program import Run

KEYS = [
    *("model", "metric", "pairs", "same", "lost", "auc", "eer", "accuracy", "accuracy_at_threshold", "true_matches"),
    *("false_matches", "best_threshold", "tar_at_far", "intervals", "clear", "threshold", "groups", "picture"),
    "calibration",
]


@pytest.fixture
def pairs(tmp_path: Path, sample_faces: Path) -> Path:
    """A folder a person, as many sets have it; the pairs of all photos; one photo without a face."""
    photos = []
    for person in "abcdef":
        (tmp_path / person).mkdir()
        for number in "12":
            photo = Path(person) / f"{number}.jpg"
            (tmp_path / photo).write_bytes((sample_faces / f"person_{person}_{number}.jpg").read_bytes())
            photos.append(photo)
    Image.new("RGB", (90, 90), "grey").save(tmp_path / "a" / "wall.png")
    rows = [f"{a},{b},{int(a.parent == b.parent)},{a.parent}" for a, b in combinations(photos, 2)]
    rows += ["a/1.jpg,a/wall.png,1,a"]
    file = tmp_path / "pairs.csv"
    file.write_text("\n".join(["a,b,same,first", *rows, ""]))
    (tmp_path / "people.csv").write_text("id,team\na,red\nb,red\nc,red\nd,blue\ne,blue\nf,blue\n")
    return file


def answer(sokkuri: Run, *arguments: str | Path) -> dict[str, Any]:
    done = sokkuri("evaluate", *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_figures_picture_and_a_calibration_that_the_settings_take(sokkuri: Run, pairs: Path, tmp_path: Path) -> None:
    out, calibration = tmp_path / "roc.png", tmp_path / "ours.toml"
    people = pairs.with_name("people.csv")
    found = answer(
        sokkuri, pairs, "--by", "team", "--people", people, "--out", out, "--calibrate", calibration, "--far", "0.02"
    )
    assert list(found) == KEYS
    assert (found["pairs"], found["same"], found["lost"]) == (67, 7, 1)
    # all are right but the lost one
    assert found["auc"] == pytest.approx(6 / 7)
    assert found["accuracy"] == pytest.approx(66 / 67)
    assert found["tar_at_far"] == {"0.01": pytest.approx(6 / 7), "0.001": pytest.approx(6 / 7)}
    low, high = found["intervals"]["tar_at_far"]["0.01"]
    assert low < 6 / 7 < high
    assert found["threshold"] == 0.363
    assert {name: group["pairs"] for name, group in found["groups"].items()} == {"blue": 15, "red": 16, "mixed": 36}
    assert found["groups"]["mixed"]["auc"] is None
    assert (found["picture"], found["calibration"]) == (str(out), str(calibration))
    assert Image.open(out).size == (1240, 640)

    config = tmp_path / "config.toml"
    config.write_text(f'[model]\ncalibration = "{calibration}"\n')
    again = answer(sokkuri, pairs, "--config", config)
    assert again["threshold"] != 0.363
    assert again["accuracy_at_threshold"] == pytest.approx(66 / 67)
    one, other = pairs.parent / "a/1.jpg", pairs.parent / "b/1.jpg"
    done = sokkuri("similar", one, other, "--config", config)
    assert done.returncode == 0, done.stderr
    assert "of pairs of strangers" in done.stdout


def test_a_calibration_leaves_spoiled_pairs_out(sokkuri: Run, pairs: Path, tmp_path: Path) -> None:
    """Photos that are tiny or blurred make strangers alike: they count as pairs, and not for the threshold."""
    clear = answer(sokkuri, pairs, "--calibrate", tmp_path / "clear.toml")
    assert (clear["pairs"], clear["clear"]) == (67, 66)
    folder = pairs.parent
    for person, change in (
        ("b", lambda photo: photo.resize((40, 40))),
        ("c", lambda photo: photo.filter(ImageFilter.GaussianBlur(7))),
    ):
        with Image.open(folder / person / "1.jpg") as photo:
            change(photo).save(folder / person / "spoiled.png")
    spoiled = ["a/1.jpg,b/spoiled.png,0,a", "a/1.jpg,c/spoiled.png,0,a", "b/spoiled.png,c/spoiled.png,0,b"]
    pairs.write_text(pairs.read_text() + "\n".join([*spoiled, ""]))
    both = answer(sokkuri, pairs, "--calibrate", tmp_path / "both.toml")
    assert (both["pairs"], both["clear"], both["lost"]) == (70, 66, 1)
    assert (tmp_path / "both.toml").read_text() == (tmp_path / "clear.toml").read_text()


def test_a_table_for_people(sokkuri: Run, pairs: Path) -> None:
    text = pairs.read_text().splitlines()
    few = pairs.with_name("few.csv")
    few.write_text("\n".join([text[0], *text[1:4], ""]))
    done = sokkuri("evaluate", few, "--by", "first")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Pairs of two clear faces: 3 of 3" in done.stdout
    assert "all: 3 pairs, 1 of one person, 0 lost" in done.stdout
    assert "a: 3 pairs" in done.stdout
    assert "TAR at FAR 0.001" in done.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n", "no column 'same'"),
        ("a,b,same\n", "no pair"),
        ("a,b,same\na/1.jpg,b/1.jpg,perhaps\n", "line 2: same must be 1 or 0"),
        ("a,b,same\na/1.jpg,a/2.jpg,1\na/1.jpg,nobody.jpg,0\n", "line 3: there is no file"),
        ("a,b,same\n\xff\xfe\n", "not a csv file in UTF-8"),
    ],
)
def test_a_bad_file_is_wrong_usage_and_the_line_is_named(sokkuri: Run, pairs: Path, text: str, says: str) -> None:
    bad = pairs.with_name("bad.csv")
    bad.write_bytes(text.encode("latin-1"))
    done = sokkuri("evaluate", bad)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_groups_must_be_known(sokkuri: Run, pairs: Path) -> None:
    people = pairs.with_name("people.csv")
    for arguments, says in (
        (("--by", "age"), "no column 'age'"),
        (("--by", "age", "--people", people), "no column 'age'"),
        (("--people", people), "--people needs --by"),
    ):
        done = sokkuri("evaluate", pairs, *arguments)
        assert done.returncode == 2
        assert says in done.stderr


def test_too_few_pairs_make_no_calibration(sokkuri: Run, pairs: Path, tmp_path: Path) -> None:
    few, file = pairs.with_name("few.csv"), tmp_path / "x.toml"
    few.write_text("a,b,same\na/1.jpg,a/2.jpg,1\n")
    done = sokkuri("evaluate", few, "--calibrate", file)
    assert done.returncode == 2
    assert "20 pairs of different people" in done.stderr
    assert not file.exists()
