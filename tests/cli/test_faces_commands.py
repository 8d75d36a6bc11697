"""`sokkuri similar`, `gradcam` and `average`: answers, JSON, files, exit statuses."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from program import PROGRAM, Run, environment

SIGNATURES = {".jpg": b"\xff\xd8\xff", ".png": b"\x89PNG", ".webp": b"RIFF"}


@pytest.fixture
def no_face(tmp_path: Path) -> Path:
    path = tmp_path / "wall.png"
    Image.new("RGB", (320, 240), (120, 130, 140)).save(path)
    return path


@pytest.fixture
def no_picture(tmp_path: Path) -> Path:
    path = tmp_path / "letter.jpg"
    path.write_text("Dear reader")
    return path


def one_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON object that is all there is on standard output; standard error is empty."""
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def one_line(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The one line on standard error; standard output is empty."""
    assert (done.returncode, done.stdout) == (status, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_similar_in_json(sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    first, second, other = (sample_faces / f"person_{name}.jpg" for name in ("a_1", "a_2", "b_1"))
    same = one_object(sokkuri("similar", first, second, "--json"))
    assert list(same) == [
        *("model", "metric", "score", "percent", "same_person", "threshold", "stranger_rank", "rank_error", "verdict"),
        *("near_line", "raw_score", "cautions", "interval", "faces", "regions", "picture"),
    ]
    assert same["model"] == "sface"
    assert same["same_person"] is True
    assert (same["verdict"], same["near_line"], same["stranger_rank"]) == ("same", False, 0.999)
    assert same["threshold"] < same["raw_score"] == same["score"] < 1
    assert 90 < same["percent"] <= 100
    assert [face["photo"] for face in same["faces"]] == [str(first), str(second)]
    assert all(len(face["box"]) == 4 for face in same["faces"])
    assert (same["cautions"], same["interval"]) == ([[], []], None)
    assert same["picture"] is None
    out = tmp_path / "picture.webp"
    different = one_object(sokkuri("similar", first, other, "--json", "--out", out))
    assert different["picture"] == str(out)
    assert out.read_bytes().startswith(SIGNATURES[".webp"])
    assert different["same_person"] is False
    assert different["percent"] < 90


def test_similar_in_the_words_of_the_terminals_language(sokkuri: Run, sample_faces: Path) -> None:
    photos = sample_faces / "person_a_1.jpg", sample_faces / "person_a_2.jpg"
    done = sokkuri("similar", *photos, env={"LC_ALL": "ja_JP.UTF-8"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "同じ人の可能性" in done.stdout
    assert "90%" in done.stdout
    assert "**" not in done.stdout


def test_gradcam_in_json(sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "heatmap.jpg"
    photo = sample_faces / "person_e_1.jpg"
    answer = one_object(sokkuri("gradcam", photo, "--json", "--out", out))
    assert list(answer) == ["model", "method", "target", "regions", "outside_face", "faces", "picture"]
    assert sum(answer["regions"].values()) == pytest.approx(1)
    assert answer["outside_face"] == answer["regions"]["outside"]
    assert [face["photo"] for face in answer["faces"]] == [str(photo)]
    assert out.read_bytes().startswith(SIGNATURES[".jpg"])


def test_gradcam_with_choices(loaded_sokkuri: Run, sample_faces: Path) -> None:
    photo, other = sample_faces / "person_e_1.jpg", sample_faces / "person_e_2.jpg"
    like = one_object(loaded_sokkuri("gradcam", photo, "--json", "--compare-to", other))
    assert (like["method"], like["target"]) == ("occlusion", "likeness")
    number = one_object(loaded_sokkuri("gradcam", photo, "--json", "--target", "5", "--method", "eigencam"))
    assert (number["method"], number["target"]) == ("eigencam", "5")
    assert "128" in one_line(loaded_sokkuri("gradcam", photo, "--target", "128"), 3)
    refused = loaded_sokkuri("gradcam", photo, "--target", "smallest")
    assert refused.returncode == 2
    assert "identity, largest" in refused.stderr


def test_similar_says_why_unless_told_not_to(loaded_sokkuri: Run, sample_faces: Path) -> None:
    photos = sample_faces / "person_c_1.jpg", sample_faces / "person_f_1.jpg"
    why = one_object(loaded_sokkuri("similar", *photos, "--json"))["regions"]
    assert sum(map(abs, why.values())) == pytest.approx(1)
    back = one_object(loaded_sokkuri("similar", *photos[::-1], "--json"))["regions"]
    assert back == pytest.approx(why, abs=1e-4)
    assert one_object(loaded_sokkuri("similar", *photos, "--json", "--no-explain"))["regions"] == {}


def test_average_of_a_folder_and_a_file(
    sokkuri: Run, sample_faces: Path, tmp_path: Path, no_picture: Path, no_face: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("person_b_1.jpg", "person_a_1.jpg"):
        shutil.copy(sample_faces / name, folder)
    shutil.copy(no_picture, folder)
    shutil.copy(no_picture, folder / ".hidden.jpg")
    (folder / "deeper").mkdir()
    extra = sample_faces / "person_c_1.jpg"
    out = tmp_path / "average.png"
    done = sokkuri("average", folder, extra, no_face, "--shape", "align", "--size", "200", "--json", "--out", out)
    answer = one_object(done)
    assert list(answer) == [
        *("method", "shape", "used", "skipped", "size", "picture", "averages", "ratio", "animation"),
    ]
    assert answer["used"] == [str(folder / "person_a_1.jpg"), str(folder / "person_b_1.jpg"), str(extra)]
    assert answer["skipped"] == [
        {"photo": str(folder / "letter.jpg"), "reason": "not_a_picture"},
        {"photo": str(no_face), "reason": "no_face"},
    ]
    assert (answer["shape"], answer["size"]) == ("align", [200, 200])
    assert out.read_bytes().startswith(SIGNATURES[".png"])
    words = sokkuri("average", folder, extra)
    assert "3 faces in 3 photos" in words.stdout
    assert f"{folder / 'letter.jpg'}: not an image" in words.stdout


def test_an_answer_without_its_picture_says_how_to_get_it(
    loaded_sokkuri: Run, sample_faces: Path, tmp_path: Path
) -> None:
    first, second = sample_faces / "person_a_1.jpg", sample_faces / "person_b_1.jpg"
    for command, example in ((("gradcam", first), "heatmap.jpg"), (("average", first, second), "average.jpg")):
        without = loaded_sokkuri(*command)
        assert without.returncode == 0
        assert without.stderr == f"No picture was written: add --out {example} to get one.\n"
        written = loaded_sokkuri(*command, "--out", tmp_path / example)
        assert (written.returncode, written.stderr, written.stdout) == (0, "", without.stdout)
        assert (tmp_path / example).is_file()
    morph = loaded_sokkuri("average", first, "--mix-with", second, "--morph", tmp_path / "morph.webp")
    assert (morph.returncode, morph.stderr) == (0, "")
    japanese = loaded_sokkuri("gradcam", first, env={"LC_ALL": "ja_JP.UTF-8"})
    assert "--out heatmap.jpg" in japanese.stderr
    assert "保存していません" in japanese.stderr


def test_average_with_all_that_can_be_asked_for(loaded_sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    photos = [sample_faces / f"person_{name}.jpg" for name in ("a_1", "a_2", "b_1")]
    other, morph = sample_faces / "person_c_1.jpg", tmp_path / "morph.webp"
    options = [
        "--method",
        "trimmed",
        "--size",
        "128",
        "--texture",
        "0",
        "--symmetric",
        "--match-colour",
        "--light",
        "srgb",
    ]
    rules = ["--faces", "every", "--one-each", "--weight", f"{photos[2]}=2.5", "--weight", "person_a_1.jpg=0.5"]
    mixture = ["--mix-with", other, "--ratio", "0.25", "--morph", morph]
    answer = one_object(loaded_sokkuri("average", *photos, *options, *rules, *mixture, "--json"))
    assert (answer["method"], answer["size"], answer["ratio"]) == ("trimmed", [128, 128], 0.25)
    first, second = answer["averages"]
    assert (first["used"], first["people"]) == (list(map(str, photos)), 2)
    assert (second["used"], second["people"]) == ([str(other)], 1)
    assert answer["used"] == [*first["used"], *second["used"]]
    assert answer["animation"] == str(morph)
    assert morph.read_bytes().startswith(SIGNATURES[".webp"])


def test_average_with_what_makes_no_sense(loaded_sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    photo = sample_faces / "person_a_1.jpg"
    for arguments, named in (
        (("--weight", "nobody.jpg=2"), "nobody.jpg"),
        (("--weight", f"{photo}=0"), "above 0"),
        (("--weight", f"{photo}"), "above 0"),
        (("--morph", tmp_path / "morph.webp"), "--mix-with"),
        (("--mix-with", photo, "--morph", tmp_path / "morph.gif"), ".webp"),
        (("--ratio", "1.5"), "ratio"),
    ):
        done = loaded_sokkuri("average", photo, photo, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert named in " ".join(done.stderr.split())


def test_progress_shows_on_a_terminal_alone(sample_faces: Path) -> None:
    controller, terminal = pty.openpty()
    command = [PROGRAM, "average", sample_faces / "person_a_1.jpg", sample_faces / "person_b_1.jpg", "--json"]
    with subprocess.Popen(command, env=environment(TERM="xterm"), stdout=subprocess.PIPE, stderr=terminal) as process:
        os.close(terminal)
        assert process.stdout is not None
        json.loads(process.stdout.read())
    shown = os.read(controller, 65536).decode()
    os.close(controller)
    assert "Faces" in shown
    assert "2/2" in shown


def test_what_the_person_can_mend_is_status_3_and_names_the_photo(
    loaded_sokkuri: Run, sample_faces: Path, no_face: Path, no_picture: Path
) -> None:
    fine = sample_faces / "person_a_1.jpg"
    assert str(no_face) in one_line(loaded_sokkuri("similar", fine, no_face, "--json"), 3)
    assert str(no_picture) in one_line(loaded_sokkuri("gradcam", no_picture), 3)
    line = one_line(loaded_sokkuri("average", fine, no_face, no_picture), 3)
    assert str(no_face) in line
    assert str(no_picture) in line


def test_a_cut_photo_and_a_file_past_the_limit(loaded_sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    whole = sample_faces / "person_a_1.jpg"
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[:5000])
    assert str(cut) in one_line(loaded_sokkuri("gradcam", cut), 3)
    small = {"SOKKURI_LIMITS__FILE_BYTES": "1000"}
    line = one_line(loaded_sokkuri("similar", whole, whole, env=small), 3)
    assert str(whole) in line
    assert "too large" in line
    assert "too large" in one_line(loaded_sokkuri("average", whole, whole, env=small), 3)


def test_an_empty_folder(loaded_sokkuri: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert str(empty) in one_line(loaded_sokkuri("average", empty), 3)


def test_wrong_usage_is_status_2_and_names_the_path(loaded_sokkuri: Run, sample_faces: Path, tmp_path: Path) -> None:
    photo = sample_faces / "person_a_1.jpg"
    absent = tmp_path / "absent.jpg"
    settings = tmp_path / "wrong.toml"
    settings.write_text("[limits]\npixel = 3\n")
    for arguments, named in (
        (("similar", photo, absent), absent),
        (("similar", photo, tmp_path), tmp_path),
        (("gradcam", absent), absent),
        (("average", absent), absent),
        (("gradcam", photo, "--out", tmp_path / "picture.tif"), "picture.tif"),
        (("gradcam", photo, "--out", tmp_path / "nowhere" / "picture.png"), tmp_path / "nowhere"),
        (("gradcam", photo, "--model", "nonesuch"), "nonesuch"),
        (("gradcam", photo, "--config", absent), absent),
        (("gradcam", photo, "--config", settings), settings),
        (("average",), "DIR|FILE"),
        (("similar", photo), "SECOND"),
    ):
        done = loaded_sokkuri(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert str(named) in " ".join(done.stderr.split()), arguments


def test_our_fault_is_status_1_in_one_line_and_a_traceback_only_with_debug(
    sokkuri: Run, sample_faces: Path, tmp_path: Path
) -> None:
    absent = tmp_path / "absent.onnx"
    settings = tmp_path / "own.toml"
    settings.write_text(f'[model]\nname = "custom"\npath = "{absent}"\ninput_size = 112\nthreshold = 0.4\n')
    arguments = ("gradcam", sample_faces / "person_a_1.jpg", "--config", settings)
    assert str(absent) in one_line(sokkuri(*arguments), 1)
    debug = sokkuri("--debug", *arguments)
    assert debug.returncode == 1
    assert "Traceback" in debug.stderr
