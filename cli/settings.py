"""Which settings a command works with: the bot's own file and environment, and what was said on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.contracts import CoreSettings, ModelChoice

if TYPE_CHECKING:
    from bot.config import Settings

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="The settings' file [default: $SOKKURI_CONFIG, or config.toml here].",
)


class ConfigProblem(click.ClickException):
    """The settings are wrong: wrong usage, as a wrong option is."""

    exit_code = 2


class ModelName(click.ParamType[str]):
    """A model of the catalogue."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from core.models.catalog import load_catalog

        known = load_catalog().models
        if value not in known:
            self.fail(f"{value!r} is not in the catalogue: {', '.join(known)}.", param, ctx)
        return str(value)


model_option = click.option("--model", type=ModelName(), help="A model of `sokkuri models list`.")


@contextmanager
def settings_problems() -> Iterator[None]:
    """Makes a ConfigError a ConfigProblem."""
    from bot.config import ConfigError

    try:
        yield
    except ConfigError as error:
        raise ConfigProblem(str(error)) from error


def load_settings(config: Path | None) -> Settings:
    """The settings. Errors: ConfigProblem, with one line that names the setting."""
    from bot.config import load

    with settings_problems():
        return load(config)


def core_settings(config: Path | None, model: str | None) -> CoreSettings:
    """What core is told. `model` takes the place of the configured one, whose overrides are not its own."""
    settings = load_settings(config).core()
    if model is None or model == settings.model.name:
        return settings
    return replace(settings, model=ModelChoice(model))


def needed_files(settings: CoreSettings) -> tuple[str, ...]:
    """Names of the catalogue's files that these settings cannot do without. Errors: ModelMisconfigured."""
    from core.models.catalog import LANDMARKS_FILE, resolve

    spec = resolve(settings.model)
    return tuple(name for name in (LANDMARKS_FILE, spec.file) if name)
