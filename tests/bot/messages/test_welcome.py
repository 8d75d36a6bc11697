"""What /about and the greeting say, in every language."""

from __future__ import annotations

import pytest

from bot.config import AboutSection
from bot.messages import replies
from bot.messages.markup import DISCORD
from core import tasks
from core.contracts import CoreSettings, ModelChoice
from words.locales import LANGUAGES, load

NAMES = ("similar", "lookalikes", "gradcam", "average")
FULL = AboutSection(
    operator="N" * 100,
    website="https://example.com/website",
    privacy="https://example.com/privacy",
    support="https://example.com/support",
)


def mention(name: str) -> str:
    return f"</{name}:1574837650076991492>"


@pytest.mark.parametrize("code", LANGUAGES)
def test_about_names_all_and_fits_into_a_message(code: str) -> None:
    words = load(markup=DISCORD).of(code)
    models = tasks.models(CoreSettings())
    text = replies.about("10.20.30", models, FULL, ["en", "ja", "pt-BR"], mention, words).text
    assert len(text) <= replies.TEXT_LIMIT
    for name in NAMES:
        assert mention(name) in text
    for link in (FULL.website, FULL.privacy, FULL.support):
        assert f"](<{link}>)" in text
    for fact in (
        "10.20.30",
        "sface",
        "MediaPipe FaceLandmarker",
        "Apache-2.0",
        "CenterFace",
        FULL.operator,
        words.language_name("pt-BR"),
    ):
        assert fact in text
    bare = replies.about("1", models, AboutSection(), ["en"], mention, words).text
    assert "http" not in bare
    assert words.text("about-operator", operator="") not in bare


@pytest.mark.parametrize("code", LANGUAGES)
def test_that_the_training_of_sface_is_not_documented_is_said_of_sface_alone(code: str) -> None:
    words = load(markup=DISCORD).of(code)
    both = [tasks.models(CoreSettings(model=ModelChoice(name))) for name in ("sface", "dlib")]
    texts = [replies.about("1", models, AboutSection(), ["en"], mention, words).text for models in both]
    assert ["SFace" in text for text in texts] == [True, False]
    assert not any("  " in text for text in texts)


def test_a_model_of_ones_own_has_no_licence_that_is_known() -> None:
    own = ModelChoice("mine", {"path": "/nowhere.onnx", "input_size": 112, "threshold": 0.4}, "custom")
    model, *_ = tasks.models(CoreSettings(model=own))
    assert (model.name, model.licence) == ("mine", "")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_greeting_is_short_and_names_all(code: str) -> None:
    text = replies.welcome(mention, load(markup=DISCORD).of(code))
    assert len(text) <= 1000
    for name in (*NAMES, "about"):
        assert mention(name) in text
