"""The page's own words, one JSON file a language: `de.json` beside this one is all that German takes.

English is for everybody whose own language is not here, and says what another language does not.
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
    """`texts`: by language; `languages`: by each of Discord's locales that one of them is for; `locale`: the one of
    those for a browser in this language.
    """
    texts = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}
    locales = sorted(LOCALES, key=lambda locale: (locale != FALLBACK_LOCALE, locale))
    languages = {locale: code for locale in locales if (code := best_match(locale, texts))}
    return {
        "texts": {code: texts[FALLBACK] | own for code, own in texts.items()},
        "languages": languages,
        "locale": best_match(browser, languages) or FALLBACK_LOCALE,
    }
