"""words.locales: both languages say the same things, and everything that is asked for is there."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import discord
import pytest
from error_tree import leaves
from fluent.syntax import FluentParser, FluentSerializer
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Transformer

from bot.errors import MissingPermission
from core import contracts
from core.contracts import FileTooLarge, NoFace, Skipped, TooFewFaces
from words import locales
from words.errors import describe_error
from words.locales import LANGUAGES, Language, LanguageFileError, Languages, check
from words.locales.check import Pattern
from words.markup import Markup

ROOT = Path(__file__).parents[2]
MARKUP = Markup("**", "<{}>".format)


@cache
def patterns(code: str) -> dict[str, Pattern]:
    """Every message and attribute (`message.attribute`) of a language."""
    return check.patterns(FluentParser().parse(locales.source(code)))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    return locales.shipped(request.param, MARKUP)


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_wrong_with_a_language(code: str) -> None:
    """No message, attribute or variable is missing or too much, and Discord takes every name and description."""
    assert check.mend(locales.source(code), locales.source("en"), whole=True)[1] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_two_options_of_a_command_have_one_name(code: str) -> None:
    names: dict[str, list[str | None]] = {}
    for key, pattern in patterns(code).items():
        family, _, attribute = key.partition(".")
        if family.startswith("command-") and attribute and not attribute.endswith("description"):
            names.setdefault(family, []).append(pattern.plain)
    assert all(len(set(ones)) == len(ones) for ones in names.values())
    commands = [pattern.plain for key, pattern in patterns(code).items() if re.fullmatch("command-[^.]+", key)]
    assert len(set(commands)) == len(commands)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("stop-over = There", "stop-under = There", "stop-under is nothing that Sokkuri says"),
        ("stop-over = There", "stop-under = There", "said in English: stop-over"),
        (
            "    .photo1 = photo1\n",
            "",
            "said in English: command-similar.photo1, command-lookalikes.photo1, command-average.photo1",
        ),
        ("    .limit = limit", "    .most = limit", "command-lookalikes.most is nothing that Sokkuri says"),
        ("it shows one face", "it shows { $faces } faces", "error-no-such-face has no variable $faces"),
        ("{ $place } (", "that place (", "average-mixture lacks the variable $place"),
        ("stop = Stop", "stop = { -brand }", "stop repeats -brand, which is not in this file"),
        ("stop = Stop", "stop = { Stop", "cannot be read, from here on: stop = { Stop"),
        ("stop = Stop\n", "stop = Stop\nstop = Halt\n", "stop stands there twice; the last one counts"),
        (" = gradcam\n", " = Grad CAM\n", "command-gradcam must be one word of lower-case letters, digits, - and _"),
        (" = gradcam\n", " = " + "g" * 33 + "\n", "command-gradcam has more than 32 characters"),
        ("choice-mean = Mean", "choice-mean = " + "M" * 101, "choice-mean has more than 100 characters"),
        ("choice-mean = Mean", "choice-mean = { 5 }", "choice-mean must be plain text"),
    ],
)
def test_each_mistake_in_a_file_is_told(before: str, after: str, told: str) -> None:
    english = locales.source("en")
    assert before in english
    assert told in check.mend(english.replace(before, after), english, whole=True)[1]


class Accents(Transformer):
    def visit_TextElement(self, node: ftl.TextElement) -> ftl.TextElement:  # noqa: N802
        return ftl.TextElement(node.value.translate(str.maketrans("aeo", "áéó")))


def accented(text: str) -> str:
    """English that can be told from English."""
    resource = FluentParser().parse(text)
    for entry in resource.body:
        if isinstance(entry, ftl.Message) and not entry.id.name.startswith("command-"):
            Accents().visit(entry)
    return FluentSerializer().serialize(resource)


def test_a_third_language_is_one_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "pt-BR.ftl").write_text(accented(locales.source("en")), encoding="utf-8")
    languages = locales.load(tmp_path)
    assert set(languages.codes) == {*LANGUAGES, "pt-BR"}
    words = languages.of("pt-BR")
    assert words.text("stop-over").startswith("Théré")
    assert "117,7 MB" in describe_error(
        FileTooLarge("a.jpg", 123_456_789, 25 * 1024**2), words
    )  # numbers as Brazilians write them
    assert words.listed(["a", "b", "c"]) == "a, b e c"
    assert words.language_name("ja") == "japonês"
    assert words.duration(10) == "10 segundos"
    for leaf in leaves(contracts.SokkuriError):
        key = "error-" + leaf.code.replace("_", "-")
        if words.has(key) and "seconds" not in {field.name for field in fields(leaf)}:  # type: ignore[arg-type]
            assert re.search("[áéó]", words.text(key, **dict.fromkeys(patterns("en")[key].variables, 1)))
    assert not caplog.records


def test_a_file_of_ones_own_changes_single_messages(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "ja.ftl").write_text(
        "stop = やめる\nstop-over = { $nothing }\ncommand-about = About!\n", encoding="utf-8"
    )
    words = locales.load(tmp_path).of("ja")
    assert words.text("stop") == "やめる"
    for key in ("stop-over", "progress-stopping", "command-about", "command-about.description"):
        assert words.text(key) == locales.load().of("ja").text(key)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "stop-over has no variable $nothing",
        "command-about must be one word of lower-case letters, digits, - and _",
    ]


def test_what_a_file_of_ones_own_lacks_is_said_in_english(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "eo.ftl").write_text("stop = Haltigi\ncommand-about = pri\n", encoding="utf-8")
    words = locales.load(tmp_path).of("eo")
    assert (words.text("stop"), words.text("command-about")) == ("Haltigi", "pri")
    assert words.text("command-about.description") == locales.load().of("en").text("command-about.description")
    (record,) = caplog.records
    assert "eo.ftl: said in English: command-similar, " in record.getMessage()
    assert "command-about.description" in record.getMessage()
    with pytest.raises(KeyError):
        words.text("nothing")


@pytest.mark.parametrize(("name", "data"), [("klingon.ftl", b""), ("fr.ftl", b"\xff\xfe\xfd")])
def test_a_file_that_can_be_no_language_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LanguageFileError, match=name):
        locales.load(tmp_path)


@pytest.mark.parametrize(
    ("codes", "served"),
    [
        (("es", "pt-BR", "sv"), {"es-ES": "es", "es-419": "es", "pt-BR": "pt-BR", "sv-SE": "sv"}),
        (("es", "es-419"), {"es-ES": "es", "es-419": "es-419"}),
        (("zh-Hant", "nb"), {"zh-TW": "zh-Hant", "no": "nb"}),
        (("zh-TW", "no"), {"zh-TW": "zh-TW", "no": "no"}),
        (("zh-Hans",), {"zh-CN": "zh-Hans"}),
        (("zh",), {"zh-CN": "zh"}),
        (("zh-Hant-TW", "nb-NO"), {"zh-TW": "zh-Hant-TW"}),
        (("zh-Hant", "zh-TW", "nb", "no"), {"zh-TW": "zh-TW", "no": "no"}),
        (("zh-CN", "zh-Hant"), {"zh-CN": "zh-CN", "zh-TW": "zh-Hant"}),
        (("pt-PT", "en-GB", "es-MX"), {"en-GB": "en-GB"}),
    ],
)
def test_the_language_for_each_of_discords_locales(codes: tuple[str, ...], served: dict[str, str]) -> None:
    """Whoever reads one script of a language may not read another."""
    languages = Languages([Language(code, "stop = Stop") for code in ("en", *codes)])
    expected = {"en-US": "en", "en-GB": "en"} | served
    known = {locale.value: languages.known(locale.value) for locale in discord.Locale}
    assert {locale: language.code for locale, language in known.items() if language} == expected
    assert {languages.of(locale).code for locale, language in known.items() if not language} == {"en"}


@pytest.mark.parametrize("code", ["zh-Hant", "nb"])
def test_a_file_called_by_its_script_or_its_other_code_is_a_language(tmp_path: Path, code: str) -> None:
    (tmp_path / f"{code}.ftl").write_text("stop = !", encoding="utf-8")
    languages = locales.load(tmp_path)
    assert languages.of({"zh-Hant": "zh-TW", "nb": "no"}[code]).text("stop") == "!"


def test_words_can_be_exchanged_while_they_are_in_use() -> None:
    languages = locales.load()
    languages.update(locales.Languages([Language("en", "stop = Halt")]))
    assert languages.of("ja").text("stop") == "Halt"


def test_every_error_is_explained(language: Language, caplog: pytest.LogCaptureFixture) -> None:
    for leaf in leaves(contracts.SokkuriError):
        values = {
            field.name: {"str": "XYZ", "int": 12_345_678, "float": 1.5, "Literal": "XYZ", "CautionKind": "small"}.get(
                str(field.type).partition("[")[0], ()
            )
            for field in fields(leaf)  # type: ignore[arg-type]
        }
        text = describe_error(leaf(**values), language, job_id="abc234")
        assert len(text) > 20
        if issubclass(leaf, contracts.PhotoError):
            assert "<XYZ>" in text
        if "place" in values:
            assert "XYZ" in text
    assert not caplog.records  # no variable was missing


def test_an_error_of_no_kind_is_an_apology_with_the_id(language: Language) -> None:
    text = describe_error(ZeroDivisionError("secret detail"), language, job_id="abc234")
    assert "abc234" in text
    assert "secret" not in text


def test_numbers_are_written_for_people() -> None:
    text = describe_error(FileTooLarge("a.jpg", 123_456_789, 25 * 1024**2), locales.load().of("en-GB"))
    assert "117.7 MB" in text
    assert "25 MB" in text


def test_the_intent_is_named_where_it_is_what_is_missing(language: Language) -> None:
    assert "Message Content Intent" in describe_error(MissingPermission("message_content", "#faces"), language)


def test_words_for_the_command_line_stand_without_marks() -> None:
    words = locales.load().of("en")
    assert describe_error(NoFace("me.jpg"), words).startswith("I found no face in me.jpg.")
    assert describe_error(TooFewFaces(1, 2, (Skipped("a", "no_face"),)), words).startswith("I found only one face")


@pytest.mark.parametrize(("locale", "code"), [("ja", "ja"), ("en-US", "en"), ("en-GB", "en"), ("eo", "en"), ("", "en")])
def test_the_language_for_a_locale(locale: str, code: str) -> None:
    assert locales.load().of(locale).code == code


def test_an_unknown_key_is_an_error(language: Language) -> None:
    for key in ("nothing", "command-about.nothing"):
        with pytest.raises(KeyError):
            language.text(key)
