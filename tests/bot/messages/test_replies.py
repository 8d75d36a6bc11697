"""bot.messages.replies: words and pictures within Discord's limits, whatever comes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NoAvatar
from bot.messages import replies
from bot.messages.layout import LAYOUT_LIMIT, TEXT_LIMIT, Reply, Shown, clip, clip_lines
from bot.messages.layout import layout as laid_out
from bot.messages.markup import DISCORD, code
from core.contracts import (
    REGIONS,
    Averaged,
    AverageRecipe,
    AverageResult,
    FoundFace,
    GradcamResult,
    ModelMissing,
    Picture,
    SimilarResult,
    Skipped,
    TooFewFaces,
    Verdict,
)
from words import locales
from words.locales import LANGUAGES, Language

PICTURE = Picture(b"x" * 1000, "jpeg", 10, 10)
WORDS = {code: Language(code, locales.source(code), markup=DISCORD) for code in LANGUAGES}
BOX = (1, 2, 3, 4)


def similar(percent: float, *, same: bool, counts: tuple[int, int] = (1, 1), name: str = "a.jpg") -> SimilarResult:
    faces = (FoundFace(name, BOX), FoundFace("b.jpg", BOX))
    found = tuple(
        (*(FoundFace(face.photo, (9, 9, 1, 1)),) * (count - 1), face) for face, count in zip(faces, counts, strict=True)
    )
    return SimilarResult(
        *("dlib", "euclidean", 0.61, percent, 90.0, same, 0.6, faces, counts, PICTURE),
        found=found,
        verdict="same" if same else "little",
    )


def average(used: int, skipped: list[Skipped], people: int | None = None) -> AverageResult:
    faces = tuple(FoundFace(f"{n}.jpg", BOX) for n in range(used))
    averaged = Averaged(tuple(face.photo for face in faces), faces, people, tuple(skipped))
    return AverageResult("mean", "warp", (averaged,), (768, 768), PICTURE, PICTURE)


def percent(share: float, code: str) -> str:
    """As the language writes it: `30%`, `30 %`, ..."""
    return WORDS[code].text("gradcam-share", region="", share=share).strip()


def told(result: AverageResult, code: str = "en", **options: Any) -> str:
    places = ["<#1>", "<#2>"][: len(result.averaged)]
    return replies.average(result, places, WORDS[code], options.pop("recipe", AverageRecipe()), **options).text


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
    assert ("most likely the same person" in text) == same


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ("same", ("most likely the same person", "同じ人の可能性")),
        ("lookalike", ("look-alikes", "よく似ています")),
        ("some", ("some likeness", "似ているところ")),
        ("little", ("little likeness", "あまり似ていません")),
    ],
)
def test_each_verdict_has_its_words(verdict: Verdict, says: tuple[str, str]) -> None:
    result = replace(similar(50, same=verdict == "same"), verdict=verdict)
    for language, words in zip(("en", "ja"), says, strict=True):
        assert words in replies.similar(result, WORDS[language]).text.splitlines()[0]


def test_the_rank_is_told_with_its_error_and_never_too_high() -> None:
    result = replace(similar(50, same=False), stranger_rank=0.98699, rank_error=0.0042)
    text = replies.similar(result, WORDS["en"]).text
    assert "More alike than **98.6%** of pairs of strangers (±0.4 points)" in text
    assert "**98.6%** よりも" in replies.similar(result, WORDS["ja"]).text
    best = replace(result, stranger_rank=1 - 0.001, rank_error=0.002)
    assert "at least 99.9%" in replies.similar(best, WORDS["en"]).text
    assert "99.9%以上" in replies.similar(best, WORDS["ja"]).text
    assert "strangers" not in replies.similar(similar(50, same=False), WORDS["en"]).text


def test_a_close_call_is_told() -> None:
    result = replace(similar(88, same=False), near_line=True)
    assert "as a maybe" in replies.similar(result, WORDS["en"]).text
    assert "参考程度" in replies.similar(result, WORDS["ja"]).text
    assert "maybe" not in replies.similar(similar(50, same=False), WORDS["en"]).text


def test_several_faces_are_mentioned_with_their_photo() -> None:
    text = replies.similar(similar(50, same=False, counts=(3, 1)), WORDS["en"]).text
    assert "`a.jpg` shows 3 faces; number 3 from the left was used" in text
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
    assert percent(0.3, code) in reply.shown[0].alt
    assert "LayerCAM" in reply.text


def explained(**shares: float) -> SimilarResult:
    regions = dict.fromkeys(REGIONS, 0.0) | shares
    return replace(similar(50, same=False), regions=regions)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    ("shares", "alike", "apart"),
    [
        ({"nose": 0.5, "chin": -0.3, "eyes": 0.15, "brows": -0.05}, ["nose", "eyes"], ["chin"]),
        ({"nose": 0.6, "eyes": 0.4}, ["nose", "eyes"], []),
        ({"cheeks": -0.2, "outside": -0.8}, [], ["outside", "cheeks"]),
    ],
)
def test_words_and_shares_agree(code: str, shares: dict[str, float], alike: list[str], apart: list[str]) -> None:
    words = WORDS[code]
    reply = replies.similar(explained(**shares), words)
    name = {region: words.text(f"region-{region}") for region in REGIONS}
    kind = "both" if alike and apart else "alike" if alike else "apart"
    start = words.text(f"similar-why-{kind}", alike="|", apart="|").partition("|")[0]
    (line,) = (line for line in reply.text.splitlines() if line.startswith(start))
    told = [
        words.text("gradcam-share", region=name[region], share=abs(shares[region]))  # type: ignore[index]
        for region in (*alike, *apart)
    ]
    for text in (line, reply.shown[0].alt):
        places = [text.index(one) for one in told]
        assert places == sorted(places), "what makes them alike before what sets them apart, the most of each first"
    assert line.count("%") == len(told)
    bold = re.findall(r"\*\*([^*]+)\*\*", line)
    assert len(bold) == bool(alike) + bool(apart)
    assert all(name[region] in bold[0] for region in alike)  # type: ignore[index]
    assert all(name[region] in bold[-1] for region in apart)  # type: ignore[index]


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_evidence_is_said_and_no_question_is_not_answered(code: str) -> None:
    none = WORDS[code].text("similar-why-none")
    assert none in replies.similar(explained(), WORDS[code]).text
    assert none in replies.similar(explained(), WORDS[code]).shown[0].alt
    assert none not in replies.similar(similar(50, same=False), WORDS[code]).text


def seen(outside: float, **changes: Any) -> GradcamResult:
    shares = dict.fromkeys(REGIONS, (1 - outside) / (len(REGIONS) - 1)) | {"outside": outside}
    face = (FoundFace("a.jpg", BOX),)
    return replace(GradcamResult("dlib", "occlusion", "identity", shares, face, 0, PICTURE), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", LANGUAGES)
def test_much_outside_the_face_is_warned_of(code: str) -> None:
    assert "⚠️" not in replies.gradcam(seen(0.29), WORDS[code]).text
    warned = replies.gradcam(seen(0.34), WORDS[code]).text
    assert percent(0.34, code) in warned.partition("⚠️")[2]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_target_has_its_words(code: str) -> None:
    cases = [
        seen(0.1),
        seen(0.1, target="largest"),
        seen(0.1, target="17"),
        seen(0.1, target="likeness", compared_to="b.jpg"),
        seen(0.1, method="eigencam"),
    ]
    lines = [replies.gradcam(case, WORDS[code]).text.splitlines()[-1] for case in cases]
    assert len(set(lines)) == len(lines)
    assert "17" in lines[2]
    assert "`b.jpg`" in lines[3]
    assert "Eigen-CAM" in lines[4]
    assert all("b.jpg" not in line for line in lines[:3])


def test_long_lists_of_what_was_left_out_are_cut() -> None:
    text = told(average(2, [Skipped(f"{n}.jpg", "no_face") for n in range(30)]))
    assert text.count("no face found") == replies.SKIPPED_SHOWN
    assert text.endswith("- … and 18 more")


def test_faces_of_one_photo_share_a_line() -> None:
    skipped = [Skipped("group.jpg", "too_small", face) for face in (1, 3, 4)]
    text = told(average(2, [*skipped, Skipped("group.jpg", "too_blurred", 2)]))
    assert "- `group.jpg`, 3 of its faces: the face is too small" in text
    assert "- `group.jpg`, face 2 from the left: the face is too blurry" in text


def test_a_reason_that_is_new_to_the_words_still_reads() -> None:
    assert "`a.jpg`: could not be used" in told(average(2, [Skipped("a.jpg", "eaten_by_dog")]))


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_average_says_what_is_not_the_usual_way(code: str) -> None:
    plain = told(average(3, []), code)
    assert len(plain.splitlines()) == 1
    recipe = AverageRecipe("align", "mode", texture=0, symmetric=True, match_colour=True)
    unusual = told(average(3, [], people=2), code, recipe=recipe, left=7)
    assert unusual.startswith(plain)
    line = unusual.splitlines()[3]
    assert line.startswith("-# ")
    for key in ("choice-align", "choice-mode", "recipe-no-texture", "recipe-symmetric", "recipe-match-colour"):
        assert WORDS[code].text(key) in line
    assert "2" in unusual.splitlines()[1]
    assert "7" in unusual.splitlines()[2]
    in_time = told(average(3, [], people=2), code, recipe=recipe, left=7, out_of_time=True)
    assert "15" in in_time.splitlines()[2]


@pytest.mark.parametrize("code", LANGUAGES)
def test_photos_that_were_chosen_need_no_place(code: str) -> None:
    words, result = WORDS[code], average(2, [])
    chosen = words.text("place-options")
    headline = replies.average(result, [""], words, AverageRecipe()).headline
    assert headline != replies.average(result, ["<#1>"], words, AverageRecipe()).headline
    assert chosen not in headline
    mixture = replace(result, averaged=(average(2, [Skipped("a.png", "no_face")]).averaged[0],) * 2, ratio=0.5)
    reply = replies.average(mixture, ["", "<#1>"], words, AverageRecipe())
    assert chosen in reply.headline
    assert [place in reply.body for place in (chosen, "<#1>")] == [True, True]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("whose", ["own", "other"])
def test_nobody_is_told_of_themselves_by_their_name(code: str, whose: Literal["own", "other"]) -> None:
    text = replies.error(NoAvatar("<@5>", whose), "abc234", WORDS[code]).text
    assert ("<@5>" in text) == (whose == "other")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_mixture_names_both_places_and_what_was_left_out_of_each(code: str) -> None:
    first, second = (average(count, [Skipped(f"{count}.png", "no_face")]).averaged[0] for count in (4, 1))
    result = replace(average(2, []), averaged=(first, second), ratio=0.3, animation=PICTURE)
    text = told(result, code)
    assert text.index(percent(0.7, code)) < text.index(percent(0.3, code))
    assert text.index("`4.png`") < text.rindex("<#2>") < text.index("`1.png`")
    reply = replies.average(result, ["<#1>", "<#2>"], WORDS[code], AverageRecipe())
    assert [shown.name for shown in reply.shown] == ["average", "morph"]


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
    assert "so it is left out" in light.text


@given(name=st.text(max_size=300), language=st.sampled_from(LANGUAGES))
def test_any_name_stays_within_the_limits_and_within_its_marks(name: str, language: str) -> None:
    quoted = code(name)
    assert quoted.count("`") == 2
    assert quoted[0] == quoted[-1] == "`"
    assert "\n" not in quoted
    reply = replies.similar(similar(50, same=False, counts=(2, 1), name=name * 20), WORDS[language])
    assert len(reply.shown[0].file().description or "") <= 1024
    assert len(reply.text) <= TEXT_LIMIT
    skipped = [Skipped(name, "no_face")] * 50
    result = average(3, skipped)
    assert len(told(result, language)) <= 2000
    assert len(told(replace(result, averaged=result.averaged * 2, ratio=0.5), language)) <= 2000


@pytest.mark.parametrize("sizes", [(6, 6, 6, 6, 6), (24, 6), (6, 24)])
def test_one_message_holds_no_more_than_discord_reads(sizes: tuple[int, ...]) -> None:
    shown = tuple(Shown(replace(PICTURE, data=bytes(size * 1_000_000)), str(at), "") for at, size in enumerate(sizes))
    reply = Reply("Many", shown[:1], numbered=shown[1:]).within(24_000_000, WORDS["en"])
    assert sum(len(one.picture.data) for one in reply.pictures) <= 25_000_000
    assert len(reply.body.splitlines()) == len(shown) - len(reply.pictures) == 1


def test_parts_of_a_reply_are_one_text() -> None:
    assert Reply("one").text == "one"
    assert Reply("one", body="two", small="three\nfour").text == "one\ntwo\n-# three\n-# four"


NAME = st.text(st.sampled_from("`*_~|\\\n") | st.characters(exclude_categories=["Cs"]), max_size=80)
LINE = st.lists(NAME, max_size=3).map(lambda names: ", ".join(["- left out:", *map(code, names)]))


@given(lines=st.lists(LINE, min_size=1, max_size=20), limit=st.integers(1, 400))
def test_markdown_is_cut_by_whole_lines(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    clipped = clip_lines(text, limit)
    assert len(clipped) <= limit
    assert clipped.count("`") % 2 == 0
    if len(text) <= limit:
        assert clipped == text
        return
    *kept, last = clipped.split("\n")
    if kept:
        assert (kept, last) == (lines[: len(kept)], "…")
        assert len("\n".join([*lines[: len(kept) + 1], "…"])) > limit, "no more lines would have had room"
    else:
        assert last.endswith("…")
        assert lines[0].startswith(last[:-1])


def test_a_first_line_that_is_too_long_is_cut_before_the_code() -> None:
    text = "`a long name`, and `**another**` that is as long, and more of that"
    for limit in range(1, len(text)):
        clipped = clip_lines(text, limit)
        assert len(clipped) <= limit
        assert clipped.endswith("…")
        assert text.startswith(clipped[:-1])
        assert clipped.count("`") % 2 == 0
    assert clip_lines(text, 25) == "`a long name`, and …"
    assert clip_lines(text, 10) == "…"


@given(st.lists(NAME, min_size=1, max_size=5))
def test_no_name_comes_to_life_in_a_body_that_is_too_long(names: list[str]) -> None:
    lines = [f"- {code(name)}" for name in names] * 800
    view = laid_out(Reply("Headline", body="\n".join(lines)), str)
    texts = [item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)]
    assert view.content_length() <= LAYOUT_LIMIT
    assert all(line.count("`") in (0, 2) for text in texts for line in text.split("\n"))


def test_text_is_cut_at_the_limit() -> None:
    assert clip("x" * 5000, 2000) == "x" * 1999 + "…"
    assert clip("short", 2000) == "short"
