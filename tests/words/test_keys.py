"""Every message that is asked for is there, and every message that is there is asked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import get_args

import aiohttp
from error_tree import leaves
from fluent.syntax import FluentParser

from bot.access import permissions
from bot.app import Client, build_services
from bot.config import Settings
from bot.registration import CommandTranslator, payloads
from bot.requests.jobs import Stage
from bot.workers import engine
from core.contracts import (
    CAUTION_KINDS,
    REGIONS,
    AverageMethod,
    Flaw,
    PersonError,
    PhotoError,
    Shape,
    Unrecognisable,
    Verdict,
)
from words import locales
from words.locales import Language, Languages, check
from words.locales.check import Pattern

ROOT = Path(__file__).parents[2]


@cache
def patterns() -> dict[str, Pattern]:
    """Every English message and attribute (`message.attribute`)."""
    return check.patterns(FluentParser().parse(locales.source("en")))


DEFINED = {name for name in patterns() if "." not in name}
PREFIXES = {name.partition("-")[0] for name in DEFINED}
"""`error`, `menu`, ...: whatever begins like a message is one."""


def dashed(names: Iterable[str]) -> set[str]:
    return {name.replace("_", "-") for name in names}


RULES = dashed(get_args(Flaw)) | {"duplicate", "no-room", "too-many-faces", "not-on-discord"}
"""Why a photo can be left out that has nothing wrong with it as a photo."""

KINDS = dashed(CAUTION_KINDS)

FAMILIES: dict[str, set[str]] = {
    "similar-": set(get_args(Verdict)),
    "region-": set(REGIONS),
    "choice-": {*get_args(AverageMethod), *get_args(Shape)},
    "progress-": {"own", "line", *get_args(Stage)} - {"queue", "reply"},
    "caution-": KINDS,
    "flaw-": KINDS,
    "better-": KINDS,
    "reason-": dashed(leaf.code for leaf in leaves(PhotoError) if leaf is not Unrecognisable)
    | RULES
    | KINDS
    | {"worker-lost", "deadline-exceeded"},
    "error-": dashed(leaf.code for leaf in leaves(PersonError) if leaf is not Unrecognisable)
    | {"stopping", "deadline-exceeded", "start-too-slow", "worker-lost"},
    "error-unrecognisable-": KINDS,
    "error-missing-": {"attach-files", "message-content"},
    "permission-": dashed(permissions.READING) | {"connect", "attach-files"},
}
"""Names that the code puts together, by how they begin, and how they go on. Those of commands: see `registered`."""


class Recorder(Language):
    """A language that remembers which messages it was asked for."""

    def __init__(self) -> None:
        super().__init__("ja", locales.source("ja"))
        self.asked: set[str] = set()

    def text(self, key: str, **values: locales.Value) -> str:
        self.asked.add(key)
        return super().text(key, **values)


async def registered() -> set[str]:
    """What is asked for to tell Discord all commands, with their options and choices, and all entries of menus."""
    recorder, settings = Recorder(), Settings()
    languages = Languages([Language("en", locales.source("en")), recorder])
    async with aiohttp.ClientSession() as session:
        client = Client(build_services(settings, languages, session, engine.local(settings)))
        await payloads(client.tree, CommandTranslator(languages))
    return recorder.asked


@cache
def nodes() -> list[ast.AST]:
    files = (file for folder in ("bot", "words", "cli") for file in (ROOT / folder).rglob("*.py"))
    return [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]


def texts(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def written() -> set[str]:
    """Names that stand in the code as they are: what `text` is called with, and all else that looks like a name."""
    called = [node.args[0] for node in nodes() if isinstance(node, ast.Call) and is_text(node.func) and node.args]
    alike = {text for text in texts(nodes()) if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", text) and is_known(text)}
    return texts(node for node in called if isinstance(node, ast.Constant)) | alike | (texts(nodes()) & DEFINED)


def is_text(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "text"


def is_known(text: str) -> bool:
    return text.partition("-")[0] in PREFIXES


def beginnings() -> set[str]:
    """How names begin that the code puts together."""
    firsts = texts(node.values[0] for node in nodes() if isinstance(node, ast.JoinedStr) and node.values)
    return {text for text in firsts if re.fullmatch("([a-z]+-)+", text) and is_known(text)}


def asked_for() -> set[str]:
    return written() | {prefix + name for prefix, names in FAMILIES.items() for name in names}


async def test_every_message_is_asked_for() -> None:
    assert DEFINED - asked_for() - await registered() == set(), "nobody asks for these"


def test_every_message_that_is_asked_for_is_there() -> None:
    assert asked_for() - DEFINED == set(), "these are missing"


def test_all_names_that_the_code_puts_together_are_known() -> None:
    assert beginnings() == {*FAMILIES, "command-"}


async def test_commands_options_and_choices_have_the_words_of_their_names_and_no_others() -> None:
    asked = await registered()
    prefixes = ("command-", "choice-", "context-")
    assert asked == {name for name in patterns() if name.startswith(prefixes)}


def test_english_calls_commands_and_options_by_their_names() -> None:
    """Discord shows an English reader the name that the program gave it, and not the one in the file."""
    for key, pattern in patterns().items():
        family, _, option = key.partition(".")
        if family.startswith("command-") and not option.endswith("description"):
            assert pattern.plain == (option or family.removeprefix("command-"))
