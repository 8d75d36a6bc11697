"""bot.replies: words and pictures within Discord's limits, whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import locales, replies
from bot.locales import LANGUAGES, Language
from bot.replies import Reply
from core.contracts import (
    REGIONS,
    AverageResult,
    FoundFace,
    GradcamResult,
    ModelMissing,
    Picture,
    SimilarResult,
    Skipped,
    TooFewFaces,
)

PICTURE = Picture(b"x" * 1000, "jpeg", 10, 10)
WORDS = {code: Language(code, locales.source(code)) for code in LANGUAGES}
BOX = (1, 2, 3, 4)


def similar(percent: float, *, same: bool, counts: tuple[int, int] = (1, 1), name: str = "a.jpg") -> SimilarResult:
    faces = (FoundFace(name, BOX), FoundFace("b.jpg", BOX))
    return SimilarResult("dlib", "euclidean", 0.61, percent, 90.0, same, 0.6, faces, counts, PICTURE)


def average(used: int, skipped: list[Skipped]) -> AverageResult:
    names = tuple(f"{n}.jpg" for n in range(used))
    return AverageResult("mean", "warp", names, tuple(skipped), (768, 768), PICTURE, PICTURE)


@pytest.mark.parametrize(
    ("percent", "same", "says"),
    [
        (89.94, False, "89.9%"),
        (90.0, True, "90.0%"),
        (99.97, True, "99.9%"),
        (100.0, True, "100.0%"),
        (0.04, False, "0.0%"),
    ],
)
def test_the_percentage_is_the_pictures(percent: float, same: bool, says: str) -> None:
    text = replies.similar(similar(percent, same=same), WORDS["en"]).text
    assert f"**{says}" in text
    assert ("one and the same person" in text) == same


def test_several_faces_are_mentioned_with_their_photo() -> None:
    text = replies.similar(similar(50, same=False, counts=(3, 1)), WORDS["en"]).text
    assert "`a.jpg` shows 3 faces" in text
    assert "`b.jpg`" not in text


@pytest.mark.parametrize("code", LANGUAGES)
def test_gradcam_goes_from_the_most_looked_at_down(code: str) -> None:
    shares = [0.05, 0.3, 0.2, 0.1, 0.1, 0.1, 0.149, 0.001]
    result = GradcamResult(
        "dlib", "layercam", "identity", dict(zip(REGIONS, shares, strict=True)), (FoundFace("a.jpg", BOX),), 0, PICTURE
    )
    reply = replies.gradcam(result, WORDS[code])
    eyes, nose, outside = (WORDS[code].text(f"region-{region}") for region in ("eyes", "nose", "outside"))
    assert f"**{eyes}**" in reply.text
    assert reply.text.index(eyes) < reply.text.index(nose)
    assert outside not in reply.text  # nothing to speak of
    assert "30%" in reply.shown[0].alt
    assert "LayerCAM" in reply.text


def test_long_lists_of_what_was_left_out_are_cut() -> None:
    skipped = [Skipped(f"{n}.jpg", "no_face") for n in range(30)]
    text = replies.average(average(2, skipped), [Skipped("big.jpg", "no_room")], "<#1>", WORDS["en"]).text
    assert "31 photos were left out" in text
    assert text.count("no face found") == replies.SKIPPED_SHOWN
    assert text.endswith("- and 21 more")


def test_a_reason_that_is_new_to_the_words_still_reads() -> None:
    text = replies.average(average(2, [Skipped("a.jpg", "eaten_by_dog")]), [], "<#1>", WORDS["en"]).text
    assert "`a.jpg`: could not be used" in text


def test_too_few_faces_says_what_became_of_the_others() -> None:
    problem = TooFewFaces(1, 2, (Skipped("wall.png", "no_face"),))
    assert "`wall.png`: no face found" in replies.error(problem, "abc234", WORDS["en"]).text


def test_a_fault_shows_its_id_and_nothing_of_its_insides() -> None:
    text = replies.error(ModelMissing("dlib", "/home/me/models"), "abc234", WORDS["en"]).text
    assert "abc234" in text
    assert "/home" not in text


def test_a_picture_becomes_a_file_with_its_alt_text() -> None:
    (shown,) = replies.similar(similar(50, same=False), WORDS["en"]).shown
    file = shown.file()
    assert (file.filename, file.fp.read()) == ("similar.jpg", PICTURE.data)
    assert file.description == shown.alt


def test_pictures_beyond_the_limit_are_left_out_with_a_word() -> None:
    reply = replies.similar(similar(50, same=False), WORDS["en"])
    assert reply.within(1000, WORDS["en"]) == reply
    light = reply.within(999, WORDS["en"])
    assert not light.shown
    assert "so you get the words alone" in light.text


@given(name=st.text(max_size=300), code=st.sampled_from(LANGUAGES))
def test_any_name_stays_within_the_limits_and_within_its_marks(name: str, code: str) -> None:
    quoted = replies.code(name)
    assert quoted.count("`") == 2
    assert quoted[0] == quoted[-1] == "`"
    assert "\n" not in quoted
    reply = replies.similar(similar(50, same=False, counts=(2, 1), name=name * 20), WORDS[code])
    assert len(reply.shown[0].file().description or "") <= 1024
    assert len(reply.within(10**6, WORDS[code]).text) <= 2000
    skipped = [Skipped(name, "no_face")] * 50
    assert len(replies.average(average(3, skipped), skipped, "<#1>", WORDS[code]).text) <= 2000


def test_text_is_cut_at_the_limit() -> None:
    assert len(Reply("x" * 5000).within(1, WORDS["en"]).text) == 2000
