"""The page's own texts, one JSON file per language: to add German, add `de.json`.

English is the fallback, for languages without a file and for texts that a file lacks.
"""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.commands import LOCALES
from sandbox.state import Json
from words.locales.match import best_match

FOLDER = Path(__file__).parent
FALLBACK, FALLBACK_LOCALE = "en", "en-US"


def words(browser: str) -> Json:
    """Returns the page's texts and languages, for a browser in the language `browser`.

    `texts`: by language; `languages`: the language for each of Discord's locales that has one; `locale`: which of those
    locales suits the browser.
    """
    texts = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}
    locales = sorted(LOCALES, key=lambda locale: (locale != FALLBACK_LOCALE, locale))
    languages = {locale: code for locale in locales if (code := best_match(locale, texts))}
    return {
        "texts": {code: texts[FALLBACK] | own for code, own in texts.items()},
        "languages": languages,
        "locale": best_match(browser, languages) or FALLBACK_LOCALE,
    }
