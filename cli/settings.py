"""The settings of a command: the bot's own file and environment, and the options of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.contracts import CoreSettings

if TYPE_CHECKING:
    from bot.config import Settings

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="The settings' file [default: $SOKKURI_CONFIG, or config.toml here].",
)


class ConfigProblem(click.ClickException):
    """The settings are wrong, which is wrong usage like a wrong option."""

    exit_code = 2


def known_models(settings: Settings) -> tuple[str, ...]:
    """Names of all models: those of the catalogue, and those that the settings describe."""
    from core.models.catalog import load_catalog

    return tuple(dict.fromkeys((*load_catalog().models, *settings.models)))


def complete_models(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The models' names that begin with `incomplete`; none if the settings are wrong."""
    try:
        settings = load_settings(context.params.get("config"))
    except ConfigProblem:
        return []
    return [name for name in known_models(settings) if name.startswith(incomplete)]


model_option = click.option(
    "--model", metavar="NAME", shell_complete=complete_models, help="A model of `sokkuri models list`."
)


@contextmanager
def settings_problems() -> Iterator[None]:
    """Turn a ConfigError into a ConfigProblem."""
    from bot.errors import ConfigError

    try:
        yield
    except ConfigError as error:
        raise ConfigProblem(str(error)) from error


def load_settings(config: Path | None) -> Settings:
    """Load the settings. Raises ConfigProblem, with one line that names the setting."""
    from bot.config import load

    with settings_problems():
        return load(config)


def core_settings(config: Path | None, model: str | None) -> CoreSettings:
    """The settings for core. `model` replaces the configured one, whose overrides do not apply to it.

    Raises ConfigProblem, and click.UsageError for an unknown model.
    """
    settings = load_settings(config)
    if model is None:
        return settings.core()
    if model not in known_models(settings):
        known = ", ".join(known_models(settings))
        raise click.UsageError(f"{model!r} is not a model that is known here: {known}.")
    return replace(settings.core(), model=settings.model_choice(model))


def needed_files(settings: CoreSettings) -> tuple[str, ...]:
    """Names of the catalogue's files that these settings need. Raises ModelMisconfigured."""
    from core.models.catalog import DETECTOR_FILE, LANDMARKS_FILE, resolve

    spec = resolve(settings.model)
    return tuple(name for name in (LANDMARKS_FILE, DETECTOR_FILE, spec.file) if name)
