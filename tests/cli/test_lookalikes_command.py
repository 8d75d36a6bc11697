"""`sokkuri lookalikes`: numbers for scripts, words for people, and a picture."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image
from program import Run


def test_a_folder_in_json_and_as_a_picture(sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    folder = tmp_path / "party"
    folder.mkdir()
    for name in ("a_1", "a_2", "b_1"):
        (folder / f"{name}.jpg").write_bytes((sample_faces / f"person_{name}.jpg").read_bytes())
    (folder / "note.txt").write_text("no picture")
    out = tmp_path / "matrix.png"
    done = sokkuri("lookalikes", folder, "--json", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert [(face["number"], Path(face["photo"]).name) for face in result["faces"]] == [
        (1, "a_1.jpg"),
        (2, "a_2.jpg"),
        (3, "b_1.jpg"),
    ]
    assert result["best"]["faces"] == [1, 2]
    assert result["best"]["percent"] >= 90
    assert result["groups"] == [[1, 2]]
    assert 3 in result["strangers"]["faces"]
    assert [len(row) for row in result["scores"]] == [3, 3, 3]
    assert [left["reason"] for left in result["skipped"]] == ["not_a_picture"]
    with Image.open(out) as picture:
        assert (picture.format, result["picture"]) == ("PNG", str(out))


def test_one_face_is_too_few_and_the_others_are_named(sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("no picture")
    done = sokkuri("lookalikes", sample_faces / "person_a_1.jpg", note)
    assert done.returncode == 3
    assert "only one face" in done.stderr
    assert "note.txt" in done.stderr


def test_a_face_is_chosen_by_its_number_from_the_left(sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    canvas = Image.new("RGB", (640, 320), "white")
    for place, name in enumerate(("b_1", "a_1")):
        with Image.open(sample_faces / f"person_{name}.jpg") as one:
            canvas.paste(one.resize((320, 320)), (place * 320, 0))
    group = tmp_path / "group.png"
    canvas.save(group)
    arguments = ("similar", group, sample_faces / "person_a_2.jpg", "--no-explain", "--json", "--first-face")
    first, second = (json.loads(sokkuri(*arguments, number).stdout)["same_person"] for number in ("1", "2"))
    assert (first, second) == (False, True)
    done = sokkuri(*arguments, "3")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{group} has no face number 3: it shows 2 faces" in done.stderr
