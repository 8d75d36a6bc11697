"""bot.config: the file, the environment, and mistakes in either."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.config import Settings, load
from bot.errors import ConfigError
from core.contracts import ModelChoice

EXAMPLE = Path(__file__).resolve().parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a config.toml, and no setting in the environment."""
    for name in ("SOKKURI_TOKEN", "SOKKURI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(model: type[BaseModel]) -> dict[str, object]:
    """Names of all fields, nested as in the file; without the tables whose entries people name."""
    return {
        name: names(field.annotation)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        else shape(field.default)
        for name, field in model.model_fields.items()
        if field.default_factory is not dict
    }


def shape(value: object) -> object:
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else None


def test_example_holds_every_setting_with_its_default() -> None:
    assert shape(tomllib.loads(EXAMPLE.read_text())) == names(Settings)
    assert load(EXAMPLE) == Settings()


def test_each_setting_of_the_example_has_a_comment_of_its_own() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("# "), line


def test_a_file_here_is_found_and_the_environment_goes_before_it(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "config.toml").write_text('[limits]\npixels = 1000\nwaiting = 3\n[discord]\ntoken = "from the file"\n')
    monkeypatch.setenv("SOKKURI_LIMITS__PIXELS", "2000")
    settings = load()
    assert (settings.limits.pixels, settings.limits.waiting) == (2000, 3)
    assert settings.discord.token.get_secret_value() == "from the file"
    monkeypatch.setenv("SOKKURI_TOKEN", "from the environment")
    assert load().discord.token.get_secret_value() == "from the environment"


def test_the_file_named_by_the_environment(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = nowhere / "other.toml"
    other.write_text('log_level = "DEBUG"')
    monkeypatch.setenv("SOKKURI_CONFIG", str(other))
    assert load().log_level == "DEBUG"


def test_core_is_given_the_model_with_what_overrides_it(nowhere: Path) -> None:
    file = nowhere / "mine.toml"
    file.write_text('[model]\nname = "japanese-face-v1"\npath = "face.onnx"\nmean = [0.5, 0.5, 0.5]\nthreshold = 0.4\n')
    core = load(file).core()
    assert core.model == ModelChoice(
        "japanese-face-v1", {"path": "face.onnx", "mean": (0.5, 0.5, 0.5), "threshold": 0.4}
    )
    assert core.model_folder is None


def test_a_model_can_be_described_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKKURI_MODEL__NAME", "sface")
    monkeypatch.setenv("SOKKURI_MODEL__PATH", "sface.onnx")
    monkeypatch.setenv("SOKKURI_MODEL__MEAN", "[0.1, 0.2, 0.3]")
    monkeypatch.setenv("SOKKURI_MODEL__THRESHOLD", "0.4")
    assert load().core().model == ModelChoice(
        "sface", {"path": "sface.onnx", "mean": (0.1, 0.2, 0.3), "threshold": 0.4}
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[limits]\npixel = 3",
            "limits.pixel ({file} or SOKKURI_LIMITS__PIXEL): unknown setting, did you mean pixels",
        ),
        ("[limits]\npixels = 0", "limits.pixels ({file} or SOKKURI_LIMITS__PIXELS): input should be greater"),
        ('[heatmap]\ncolormap = "rainbow"', "'cividis', 'viridis', 'inferno' or 'jet'"),
        ("[discord]\nshard_ids = [0]", "discord.shard_ids ({file} or SOKKURI_DISCORD__SHARD_IDS): set shards, too"),
        ("[discord]\nshards = 2\nshard_ids = [1, 2]", "there is no shard 2 where shards = 2: the last is 1"),
        ("[discord]\nshards = 2\nshard_ids = [1, 1]", "a shard is named twice"),
        ("[discord]\nshards = 2\nshard_ids = [-1]", "discord.shard_ids.0 ({file}"),
        ("colour = 1", "colour ({file} or SOKKURI_COLOUR): unknown setting; known here: model_folder"),
        ("[limits", "{file}: not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_setting(nowhere: Path, text: str, says: str) -> None:
    file = nowhere / "wrong.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert says.format(file=file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_not_there(nowhere: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read"):
        load(nowhere / "absent.toml")


def test_the_token_shows_nowhere(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKKURI_TOKEN", "top-secret")
    settings = load()
    assert "top-secret" not in repr(settings) + str(settings) + settings.model_dump_json()
    file = nowhere / "wrong.toml"
    file.write_text('[discord]\ntoken = ["top-secret"]')
    monkeypatch.delenv("SOKKURI_TOKEN")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert "top-secret" not in str(caught.value)
