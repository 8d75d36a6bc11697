"""cli.words: which language, and answers as a terminal shows them."""

from __future__ import annotations

import pytest

from cli import words
from core.contracts import REGIONS, FoundFace, GradcamResult, ModelMissing, Picture, Skipped, TooFewFaces
from words.gradcam import describe_gradcam


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "eo"}, "en"),
        ({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "ja_JP", "LANG": "en_US"}, "ja"),
    ],
)
def test_the_language_of_the_environment(environment: dict[str, str], code: str) -> None:
    assert words.language(environment).code == code


def test_gradcam_is_told_without_marks() -> None:
    result = GradcamResult(
        model="dlib",
        method="layercam",
        target="identity",
        regions=dict.fromkeys(REGIONS, 1 / len(REGIONS)),
        faces=(FoundFace("a.jpg", (0, 0, 9, 9)), FoundFace("a.jpg", (20, 0, 5, 5))),
        face=0,
        picture=Picture(b"", "jpeg", 1, 1),
    )
    text = "\n".join(describe_gradcam(result, words.language()).lines)
    assert "cheeks" in text
    assert "a.jpg" in text
    assert "**" not in text


def test_errors_are_one_line() -> None:
    few = TooFewFaces(1, 2, (Skipped("a.txt", "not_a_picture"), Skipped("b.png", "no_face")))
    line = words.person_error_line(few)
    assert "\n" not in line
    assert "a.txt" in line
    assert "b.png" in line
    assert words.fault_line(ModelMissing("dlib", "not there;\n  remedy: get it")) == "dlib: not there; remedy: get it"
    assert words.fault_line(ValueError("two\nlines")) == "ValueError: two lines"
