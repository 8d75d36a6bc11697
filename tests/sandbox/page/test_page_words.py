"""The page's own words: one file per language, listed nowhere else."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from page_client import open_page

from sandbox import Sandbox
from sandbox.commands import LOCALES
from sandbox.page import words

STATIC = Path(words.FOLDER).parent / "static"
TEXTS: dict[str, dict[str, str]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in words.FOLDER.glob("*.json")
}
ENGLISH = TEXTS["en"]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_a_language_says_what_english_says_and_no_more(code: str) -> None:
    assert TEXTS[code].keys() == ENGLISH.keys()
    for key, text in TEXTS[code].items():
        assert text.strip(), key
        assert placeholders(text) == placeholders(ENGLISH[key]), key


def test_every_text_is_asked_for_and_every_text_that_is_asked_for_is_there() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in STATIC.glob("*.js"))
    assert set(re.findall(r"""\bt\(\s*["']([^"']+)["']""", code)) <= ENGLISH.keys()
    families = tuple(set(re.findall(r"\bt\(`([\w.]+)\$\{", code)))
    assert all(any(key.startswith(family) for key in ENGLISH) for family in families)
    written = set(re.findall(r"""["']([\w.]+)["']""", code))
    assert {key for key in ENGLISH if key not in written and not key.startswith(families)} == set(), "nobody asks"


async def test_the_page_is_told_all_texts_and_whose_they_are(sandbox: Sandbox) -> None:
    told = await told_to(sandbox, "ja-JP")
    assert told["locale"] == "ja"
    assert told["languages"].items() >= {"en-US": "en", "en-GB": "en", "ja": "ja"}.items()
    assert told["texts"]["ja"]["send"] == "送信"
    assert (await told_to(sandbox, "tlh"))["locale"] == "en-US"


async def test_a_further_language_is_one_file(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in words.FOLDER.glob("*.json"):
        shutil.copy(file, tmp_path)
    (tmp_path / "zh-Hant.json").write_text('{"send": "傳送"}', encoding="utf-8")
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    told = await told_to(sandbox, "zh-Hant-TW")
    assert told["locale"] == "zh-TW"
    assert told["languages"]["zh-TW"] == "zh-Hant"
    assert "zh-CN" not in told["languages"]
    assert told["languages"].keys() <= LOCALES
    assert told["texts"]["zh-Hant"] == ENGLISH | {"send": "傳送"}


async def told_to(sandbox: Sandbox, browser: str) -> dict[str, Any]:
    async with open_page(sandbox) as page, page.session.get("words", params={"browser": browser}) as answer:
        assert answer.status == 200
        told: dict[str, Any] = await answer.json()
        return told
