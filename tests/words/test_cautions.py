"""What is wrong with faces, in words: every kind in every language, with its number, its photo, and what would help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.messages import replies
from bot.messages.markup import DISCORD
from core.contracts import (
    CAUTION_KINDS,
    Caution,
    CautionKind,
    FoundFace,
    Likeness,
    LookalikesResult,
    Picture,
    SimilarResult,
    Skipped,
    Unrecognisable,
    Verdict,
)
from words.cautions import MOST_CAUTIONS, MOST_FACES
from words.errors import describe_error
from words.locales import LANGUAGES, Language, load
from words.lookalikes import describe_lookalikes
from words.similar import describe_similar
from words.skipped import left_out

PICTURE = Picture(b"", "jpeg", 1, 1)
BOX = (1, 2, 3, 4)
WORDS = {code: load().of(code) for code in LANGUAGES}

MEASURED: dict[CautionKind, tuple[float, str, float, str]] = {
    "profile": (81.6, "", 70, ""),  # too rough to be told
    "turned": (41.2, "41", 33, "33"),
    "small": (30, "30", 41, "41"),
    "blurred": (22.4, "22", 18, "18"),
    "pixelated": (14, "14", 12, "12"),
    "overexposed": (0.42, "42%", 0.34, "34%"),
    "dark": (0.634, "63%", 0.5, "50%"),
    "stretched": (1.43, "1.4", 0.625, "1.6"),
    "cut_off": (0.31, "31%", 0.25, "25%"),
    "eyes_covered": (0.8, "80%", 0.64, "64%"),
    "mouth_covered": (0.92, "92%", 0.74, "74%"),
    "unclear": (0.58, "58%", 0.46, "46%"),
}
"""By kind, the values of two faces, and how people read them."""


def similar(
    first: tuple[Caution, ...] = (), second: tuple[Caution, ...] = (), names: tuple[str, str] = ("kei.jpg", "mio.jpg")
) -> SimilarResult:
    faces = (FoundFace(names[0], BOX), FoundFace(names[1], BOX))
    return SimilarResult(
        *("sface", "cosine", 0.41, 93.94, 90.0, False, 0.363, faces, (1, 1), PICTURE),
        found=((faces[0],), (faces[1],)),
        verdict="unsure",
        near_line=True,
        cautions=(first, second),
        interval=(41.3, 96.2),
    )


def cautions(*kinds: CautionKind) -> tuple[Caution, ...]:
    return tuple(Caution(kind, MEASURED[kind][0]) for kind in kinds)


def test_every_kind_is_measured_here() -> None:
    assert tuple(MEASURED) == CAUTION_KINDS


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", CAUTION_KINDS)
def test_a_flaw_is_told_with_its_photo_its_number_and_what_would_help(kind: CautionKind, code: str) -> None:
    value, read, *_ = MEASURED[kind]
    words = WORDS[code]
    told, then = describe_similar(similar(second=(Caution(kind, value),)), words).body
    assert "mio.jpg" in told
    assert read in told
    assert "kei.jpg" not in told + then
    assert "mio.jpg" in then
    assert words.text(f"better-{kind.replace('_', '-')}") in then
    assert "41%" in then
    assert "96%" in then


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", CAUTION_KINDS)
def test_a_flaw_of_both_faces_is_one_line_with_both_numbers(kind: CautionKind, code: str) -> None:
    first, read, second, read_too = MEASURED[kind]
    told, then = describe_similar(similar((Caution(kind, first),), (Caution(kind, second),)), WORDS[code]).body
    assert 0 <= told.index(read) < told.rindex(read_too)
    assert "jpg" not in told + then


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_two_kinds_are_told_alike(code: str) -> None:
    words = WORDS[code]
    told = {describe_similar(similar(cautions(kind)), words).body[0] for kind in CAUTION_KINDS}
    errors = {describe_error(Unrecognisable("kei.jpg", kind, 0.5), words) for kind in CAUTION_KINDS}
    assert len(told) == len(errors) == len(CAUTION_KINDS)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_stretch_says_in_which_direction(code: str) -> None:
    wide, tall = (
        describe_similar(similar((Caution("stretched", value),)), WORDS[code]).body[0] for value in (1.5, 2 / 3)
    )
    assert wide != tall
    assert "1.5" in wide
    assert "1.5" in tall


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_worst_of_both_faces_comes_first_and_the_rest_is_left_out(code: str) -> None:
    words = WORDS[code]
    result = similar(cautions("dark", "small", "turned", "stretched"), cautions("mouth_covered", "small"))
    *told, then = describe_similar(result, words).body
    assert len(told) == MOST_CAUTIONS == 3
    alone = [
        describe_similar(similar(cautions("dark")), words).body[0],
        describe_similar(similar((), cautions("mouth_covered")), words).body[0],
        describe_similar(similar(cautions("small"), cautions("small")), words).body[0],
    ]
    assert told == alone
    helpful = [words.text(f"better-{kind}") for kind in ("dark", "mouth-covered", "small")]
    assert words.listed(helpful) in then
    assert words.text("better-stretched") not in then


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_would_help_is_said_once(code: str) -> None:
    words = WORDS[code]
    then = describe_similar(similar(cautions("profile"), cautions("turned")), words).body[-1]
    assert then.count(words.text("better-profile")) == 1


@pytest.mark.parametrize("code", LANGUAGES)
def test_photos_of_one_name_are_told_apart(code: str) -> None:
    words, names = WORDS[code], ("image.png", "image.png")
    left, right = (
        describe_similar(similar(first, second, names), words).body[0]
        for first, second in ((cautions("dark"), ()), ((), cautions("dark")))
    )
    assert left != right
    assert words.text("caution-on-left", photo="image.png") in left
    assert words.text("caution-on-right", photo="image.png") in right


@pytest.mark.parametrize(
    ("ends", "read"),
    [
        ((89.7, 95.2), ("89%", "95%")),  # the line is inside
        ((20.4, 89.9), ("20%", "89%")),  # it is not
        ((90.04, 99.97), ("90%", "99%")),
        ((97.21, 97.89), ("97.2%", "97.8%")),
    ],
)
def test_the_ends_of_the_interval_never_cross_the_line(ends: tuple[float, float], read: tuple[str, str]) -> None:
    then = describe_similar(replace(similar(cautions("dark")), interval=ends), WORDS["en"]).body[-1]
    assert "between {} and {}".format(*read) in then


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("verdict", ["same", "lookalike", "some", "little"])
def test_a_verdict_that_holds_despite_flaws_has_its_usual_headline(verdict: Verdict, code: str) -> None:
    flawed = replace(similar(cautions("dark")), verdict=verdict)
    clear = replace(flawed, cautions=((), ()), interval=None)
    assert describe_similar(flawed, WORDS[code]).headline == describe_similar(clear, WORDS[code]).headline
    assert describe_similar(flawed, WORDS[code]).small != describe_similar(clear, WORDS[code]).small


@pytest.mark.parametrize(("code", "says"), [("en", "not good enough to tell"), ("ja", "判断できません")])
def test_who_is_unsure_says_so_and_adds_no_other_doubt(code: str, says: str) -> None:
    text = describe_similar(similar(cautions("dark")), WORDS[code])
    assert "93.9%" in text.headline
    assert says in text.headline
    assert WORDS[code].text("similar-near") not in text.body
    assert len(text.body) == 2


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_alt_text_says_the_same(code: str) -> None:
    result = similar(cautions("dark", "turned"), cautions("mouth_covered"))
    text = describe_similar(result, WORDS[code])
    *told, _ = text.body
    assert all(line in text.alt for line in told)
    assert WORDS[code].text("similar-interval-alt", low=41, high=96) in text.alt
    reached = describe_similar(replace(result, percent=89.99), WORDS[code]).alt
    assert reached.replace("89.9", "93.9") != text.alt, "which side of the mark the gauge ends on"


@pytest.mark.parametrize("code", LANGUAGES)
def test_discord_shows_photos_as_code_and_doubt_in_grey(code: str) -> None:
    words = load(markup=DISCORD).of(code)
    reply = replies.similar(similar(cautions("dark")), words)
    assert "`kei.jpg`" in reply.body
    assert "**" in reply.headline
    assert "`" not in reply.shown[0].alt
    assert "*" not in reply.shown[0].alt
    assert reply.colour == replies.UNSURE
    assert replies.similar(replace(similar(cautions("dark")), verdict="some"), words).colour == replies.APART


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", CAUTION_KINDS)
def test_a_face_that_shows_too_little_is_an_error_with_its_number(kind: CautionKind, code: str) -> None:
    value, read, *_ = MEASURED[kind]
    told = describe_error(Unrecognisable("kei.jpg", kind, value), WORDS[code])
    assert "kei.jpg" in told
    assert read in told
    assert "`kei.jpg`" in replies.error(Unrecognisable("kei.jpg", kind, value), "", load(markup=DISCORD).of(code)).text


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_is_a_reason_to_leave_a_face_out(code: str) -> None:
    words = WORDS[code]
    _, *lines = left_out([Skipped("a.jpg", kind) for kind in CAUTION_KINDS], words)
    assert len(set(lines)) == len(CAUTION_KINDS)
    assert not any(words.text("reason-other") in line for line in lines)


def lookalikes(*kinds: tuple[CautionKind, ...]) -> LookalikesResult:
    faces = tuple(FoundFace(f"{at}.jpg", BOX) for at in range(len(kinds)))
    return LookalikesResult(
        *("sface", "cosine", 0.363, 90.0, faces, (), tuple(range(len(kinds))), ()),
        pairs=(Likeness(0, 1, 0.2, 50.0),),
        strangers=None,
        skipped=(),
        picture=PICTURE,
        cautions=tuple(cautions(*ones) for ones in kinds),
    )


def unclear(result: LookalikesResult, words: Language) -> list[str]:
    """The lines about faces that are not seen clearly."""
    clear = describe_lookalikes(replace(result, cautions=()), words).body
    body = describe_lookalikes(result, words).body
    assert body[: len(clear)] == clear
    return list(body[len(clear) :])


@pytest.mark.parametrize("code", LANGUAGES)
def test_faces_with_one_flaw_share_a_line_by_their_numbers(code: str) -> None:
    words = WORDS[code]
    lines = unclear(lookalikes(("dark", "small"), (), ("profile",), ("profile", "dark")), words)
    numbers = [words.text("lookalikes-face", number=number) for number in (1, 3, 4)]
    assert lines == [
        words.text("lookalikes-cautions"),
        words.text("lookalikes-caution", flaw=words.text("flaw-profile"), faces=words.listed(numbers[1:])),
        words.text("lookalikes-caution", flaw=words.text("flaw-dark"), faces=numbers[0]),
    ]
    assert unclear(lookalikes((), ()), words) == []
    marked = words.text("lookalikes-cautions-alt")
    assert marked in describe_lookalikes(lookalikes(("dark",), ()), words).alt
    assert marked not in describe_lookalikes(lookalikes((), ()), words).alt


@pytest.mark.parametrize("code", LANGUAGES)
def test_many_flaws_and_many_faces_stay_four_lines(code: str) -> None:
    words = WORDS[code]
    worst: list[CautionKind] = ["dark"] * (MOST_FACES + 2)
    worst += ["small", "small", "turned", "profile", "blurred"]
    lines = unclear(lookalikes(*((kind,) for kind in worst)), words)
    assert len(lines) == 4
    assert words.text("lookalikes-more-faces", count=2) in lines[1]
    assert words.text("flaw-small") in lines[2]
    rest = [words.text("lookalikes-face", number=number) for number in (13, 14, 15)]
    assert lines[3] == words.text("lookalikes-caution-other", faces=words.listed(rest))
