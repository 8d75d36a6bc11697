"""What is wrong with faces, in JSON: for each face a list, and the interval of two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from core import tasks
from core.contracts import Caution, FoundFace, Likeness, LookalikesResult, Picture, SimilarResult, Unrecognisable

FACES = tuple(FoundFace(name, (1, 2, 3, 4)) for name in ("kei.jpg", "mio.jpg"))
PICTURE = Picture(b"", "jpeg", 1, 1)
CAUTIONS = (Caution("dark", 0.5), Caution("small", 30.0)), ()
IN_JSON = [[{"kind": "dark", "value": 0.5}, {"kind": "small", "value": 30.0}], []]


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "kei.jpg"
    path.write_bytes(b"photo")
    return str(path)


def run(*arguments: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, arguments, env={"LC_ALL": "C.UTF-8"})
    assert done.exit_code == status, done.output
    return done.output


def test_similar_has_cautions_and_an_interval(photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = SimilarResult(
        *("sface", "cosine", 0.41, 93.94, 90.0, False, 0.363, (FACES[0], FACES[1]), (1, 1), PICTURE),
        verdict="unsure",
        cautions=CAUTIONS,
        interval=(41.3, 96.2),
    )
    monkeypatch.setattr(tasks, "similar", lambda *_: result)
    answer: dict[str, Any] = json.loads(run("similar", photo, photo, "--json"))
    assert (answer["cautions"], answer["interval"]) == (IN_JSON, [41.3, 96.2])
    assert (answer["verdict"], answer["same_person"], answer["stranger_rank"]) == ("unsure", False, None)
    said = run("similar", photo, photo)
    assert "The face in kei.jpg is only 30 pixels wide." in said
    assert "between 41% and 96%" in said


def test_lookalikes_has_cautions_by_face(photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = LookalikesResult(
        *("sface", "cosine", 0.363, 90.0, FACES, ((1.0, 0.2), (0.2, 1.0)), (0, 1), ()),
        pairs=(Likeness(0, 1, 0.2, 50.0),),
        strangers=None,
        skipped=(),
        picture=PICTURE,
        cautions=CAUTIONS,
    )
    monkeypatch.setattr(tasks, "lookalikes", lambda *_: result)
    assert json.loads(run("lookalikes", photo, "--json"))["cautions"] == IN_JSON
    assert "- dark: no. 1" in run("lookalikes", photo)


def test_a_face_of_which_too_little_is_seen_is_status_3(photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Unrecognisable("kei.jpg", "mouth_covered", 0.92)

    monkeypatch.setattr(tasks, "similar", refuse)
    line = run("similar", photo, photo, "--json", status=3)
    assert line.count("\n") == 1
    assert "kei.jpg" in line
    assert "92%" in line
