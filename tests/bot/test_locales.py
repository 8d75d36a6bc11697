"""bot.locales: both languages say the same things, and everything that is asked for is there."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from bot import locales
from bot.app import COMMANDS
from bot.jobs import Stage
from bot.locales import LANGUAGES, Language
from core import contracts
from core.contracts import (
    REGIONS,
    AverageMethod,
    FacesTaken,
    FileTooLarge,
    Flaw,
    HeatmapTarget,
    MissingPermission,
    NoFace,
    PersonError,
    Shape,
    Skipped,
    TooFewFaces,
    Verdict,
)

BOT = Path(locales.__file__).parents[1]


class Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802
        self.names.add(node.id.name)


def patterns(code: str) -> dict[str, set[str]]:
    """Every message and attribute (`message.attribute`) of a language, with its variables."""
    found: dict[str, set[str]] = {}
    for entry in FluentParser().parse(locales.source(code)).body:
        assert not isinstance(entry, ftl.Junk), f"{code}: cannot be read: {entry.content}"
        if isinstance(entry, ftl.Message):
            named = [(entry.id.name, entry.value)]
            named += [(f"{entry.id.name}.{attribute.id.name}", attribute.value) for attribute in entry.attributes]
            for name, pattern in named:
                assert name not in found, f"{code}: {name} stands there twice"
                variables = Variables()
                variables.visit(pattern)
                found[name] = variables.names
    return found


def leaves(branch: type[contracts.SokkuriError]) -> Iterator[type[contracts.SokkuriError]]:
    below = branch.__subclasses__()
    if not below:
        yield branch
    for child in below:
        yield from leaves(child)


RULES = {flaw.replace("_", "-") for flaw in get_args(Flaw)} | {"duplicate", "no-room", "too-many-faces"}
"""Why a photo can be left out that has nothing wrong with it as a photo."""


def asked_for() -> set[str]:
    """Keys that the code asks for: those that stand in it as they are, and the families that it makes up."""
    literal = {
        node.value
        for file in BOT.rglob("*.py")
        if "sandbox" not in file.parts
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    photo_codes = {leaf.code.replace("_", "-") for leaf in leaves(contracts.PhotoError)}
    person_codes = {leaf.code.replace("_", "-") for leaf in leaves(PersonError)}
    faults = {"stopping", "deadline-exceeded", "worker-lost"}
    return (
        literal
        | {f"command-{module.__name__.rpartition('.')[2]}" for module in COMMANDS}
        | {f"region-{region}" for region in REGIONS}
        | {f"choice-{target}" for target in get_args(HeatmapTarget)}
        | {f"choice-{name}" for name in (*get_args(AverageMethod), *get_args(Shape))}
        | {f"choice-{faces}-face" for faces in get_args(FacesTaken)}
        | {f"similar-{verdict}" for verdict in get_args(Verdict)}
        | {f"reason-{code}" for code in photo_codes | RULES | {"worker-lost", "deadline-exceeded"}}
        | {f"error-{code}" for code in person_codes | faults}
        | {f"progress-{phase}" for phase in ("own", "line", *(set(get_args(Stage)) - {"queue", "reply"}))}
        | {"permission-view-channel", "permission-read-message-history"}
    )


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    return Language(request.param, locales.source(request.param))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_the_same_messages_with_the_same_variables(code: str) -> None:
    assert patterns(code) == patterns("en")


def test_nothing_is_missing_and_nothing_is_there_for_nobody() -> None:
    asked = asked_for()
    defined = {name for name in patterns("en") if "." not in name}
    assert defined <= asked, "nobody asks for these"
    prefixes = ("command-", "region-", "reason-", "error-", "permission-", "similar-", "gradcam-", "average-", "about-")
    known_not_keys = {"similar-", "error-", "command-", "reason-", "permission-", "region-"}
    missing = {key for key in asked if key.startswith(prefixes) and re.fullmatch(r"[a-z-]+", key)}
    assert missing - defined <= known_not_keys


def test_every_error_is_explained(language: Language, caplog: pytest.LogCaptureFixture) -> None:
    for leaf in leaves(contracts.SokkuriError):
        values = {
            field.name: {"str": "XYZ", "int": 12_345_678, "float": 1.5, "Literal": "XYZ"}.get(
                str(field.type).partition("[")[0], ()
            )
            for field in fields(leaf)  # type: ignore[arg-type]
        }
        text = language.error(leaf(**values), job_id="abc234", quote="<{}>".format)
        assert len(text) > 20
        if issubclass(leaf, contracts.PhotoError):
            assert "<XYZ>" in text
        if "place" in values:
            assert "XYZ" in text
    assert not caplog.records  # no variable was missing


def test_an_error_of_no_kind_is_an_apology_with_the_id(language: Language) -> None:
    text = language.error(ZeroDivisionError("secret detail"), job_id="abc234")
    assert "abc234" in text
    assert "secret" not in text


def test_numbers_are_written_for_people() -> None:
    text = locales.load().of("en-GB").error(FileTooLarge("a.jpg", 123_456_789, 25 * 1024**2))
    assert "117.7 MB" in text
    assert "25 MB" in text


def test_the_intent_is_named_where_it_is_what_is_missing(language: Language) -> None:
    assert "Message Content Intent" in language.error(MissingPermission("message_content", "#faces"))


def test_words_for_the_command_line_stand_without_marks() -> None:
    words = locales.load().of("en")
    assert words.error(NoFace("me.jpg")).startswith("I found no face in me.jpg.")
    assert words.error(TooFewFaces(1, 2, (Skipped("a", "no_face"),))).startswith("I found only one face")


@pytest.mark.parametrize(("locale", "code"), [("ja", "ja"), ("en-US", "en"), ("en-GB", "en"), ("de", "en"), ("", "en")])
def test_the_language_for_a_locale(locale: str, code: str) -> None:
    assert locales.load().of(locale).code == code


def test_an_unknown_key_is_an_error(language: Language) -> None:
    for key in ("nothing", "command-about.nothing"):
        with pytest.raises(KeyError):
            language.text(key)


@pytest.mark.parametrize("code", LANGUAGES)
def test_names_and_descriptions_of_commands_obey_discord(code: str) -> None:
    words = Language(code, locales.source(code))
    for key in (key for key in patterns(code) if key.startswith("command-")):
        text = words.text(key)
        if key.endswith("description"):
            assert 1 <= len(text) <= 100, key
        else:
            assert 1 <= len(text) <= 32, key
            assert text == text.lower(), key
            assert all(c in "-_'" or unicodedata.category(c)[0] in "LN" for c in text), key
