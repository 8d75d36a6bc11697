"""Emphasis and names, as a terminal shows them and as Discord does."""

from __future__ import annotations

import pytest

from bot.messages import replies
from bot.messages.markup import DISCORD
from core.contracts import FoundFace, NoFace, Picture, SimilarResult, Skipped
from words.errors import describe_error
from words.locales import LANGUAGES, load
from words.similar import describe_similar
from words.skipped import left_out

BOX = (1, 2, 3, 4)
HOSTILE = ("**me**.jpg", "a`b.jpg", "_x_ **`**.png", "<@1> [a](http://b).jpg")


def similar(name: str) -> SimilarResult:
    used, other = FoundFace(name, BOX), FoundFace("b.jpg", BOX)
    return SimilarResult(
        *("dlib", "euclidean", 0.61, 50.0, 90.0, False, 0.6, (used, other), (2, 1), Picture(b"", "jpeg", 1, 1)),
        found=((FoundFace(name, (9, 9, 1, 1)), used), (other,)),
        verdict="little",
    )


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_terminal_shows_every_name_as_it_is_and_no_marks(code: str, name: str) -> None:
    words = load().of(code)
    text = describe_similar(similar(name), words)
    (line,) = (line for line in text.lines if name in line)
    assert "*" not in "".join(text.lines).replace(name, "")
    assert "`" not in line.replace(name, "")
    assert name in text.alt
    assert name in describe_error(NoFace(name), words)
    assert name in left_out([Skipped(name, "no_face")], words)[1]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_discord_shows_every_name_as_code_and_emphasis_in_bold(code: str, name: str) -> None:
    words = load(markup=DISCORD).of(code)
    reply = replies.similar(similar(name), words)
    quoted = f"`{name.replace('`', 'ˋ')}`"
    assert quoted in reply.body
    assert "**50" in reply.headline
    assert name in reply.shown[0].alt
    assert "*" not in reply.shown[0].alt.replace(name, "")
    assert quoted in replies.error(NoFace(name), "abc234", words).text


def test_no_name_steers_a_terminal() -> None:
    assert "\x1b" not in describe_error(NoFace("a\x1b[31m.jpg"), load().of("en"))
