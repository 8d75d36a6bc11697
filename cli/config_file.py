"""Edits config.toml and keeps people's own lines, their order and their comments.

A change is tried out before it is written, and written in one step, so that the file is never incomplete.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from cli.settings import ConfigProblem, settings_problems
from core.contracts import DEFAULT_MODEL

if TYPE_CHECKING:
    from bot.config import Settings


def config_path(named: Path | None) -> Path:
    """The file that the bot would read, whether it exists or not."""
    from_environment = os.environ.get("SOKKURI_CONFIG")
    return named or Path(from_environment or "config.toml")


class ConfigFile:
    """The file at `path`, which need not exist yet. Raises ConfigProblem if it is not TOML."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            self._document = tomlkit.parse(text)
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            raise ConfigProblem(f"{path}: cannot be read as TOML: {error}; fix it, nothing was changed") from error

    def own_models(self) -> tuple[str, ...]:
        """Names of the models that the file describes."""
        return tuple(self._document.get("models", {}))

    def describe(self, name: str, values: Mapping[str, Any]) -> None:
        """Make `[models.NAME]` say exactly `values`."""
        models = self._table("models", is_super=True)
        old = models.get(name)
        if not isinstance(old, Table):
            models[name] = old = tomlkit.table()
        for key in [key for key in old if key not in values]:
            del old[key]
        for key, value in values.items():
            old[key] = value

    def forget(self, name: str) -> None:
        """Remove `[models.NAME]`; if it was in use, switch to the default model."""
        models = self._document["models"]
        assert isinstance(models, Table)
        del models[name]
        if not models:
            del self._document["models"]
        if self._document.get("model", {}).get("name") == name:
            self._model().clear()
            self._model()["name"] = DEFAULT_MODEL

    def use(self, name: str) -> None:
        """Make `[model]` name this one. Overrides for the previous model move to `[models.PREVIOUS]`."""
        model = self._model()
        other = str(model.get("name", DEFAULT_MODEL))
        if other == name:
            return
        overrides = {key: model[key] for key in model if key != "name"}
        if overrides:
            self.describe(other, {**self._document.get("models", {}).get(other, {}), **overrides})
        for key in overrides:
            del model[key]
        model["name"] = name

    def settings(self) -> Settings:
        """What the file says now, with the environment. Raises ConfigProblem."""
        from bot.config import checked

        with settings_problems():
            return checked(self._document.unwrap(), self.path)

    def write(self) -> None:
        """Write the file. Raises ConfigProblem if that fails; the file is unchanged then."""
        target = self.path.resolve()  # of a link, what it leads to
        try:
            mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600  # it may hold a token
            handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(tomlkit.dumps(self._document))
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).chmod(mode)
                Path(temporary).replace(target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ConfigProblem(f"{self.path}: cannot be written: {error.strerror}; nothing was changed") from error

    def _model(self) -> Table:
        return self._table("model")

    def _table(self, name: str, *, is_super: bool = False) -> Table:
        if name not in self._document:
            if self._document.as_string().strip():
                self._document.add(tomlkit.nl())
            self._document[name] = tomlkit.table(is_super)
        found = self._document[name]
        if not isinstance(found, Table):
            raise ConfigProblem(f"{self.path}: {name} is not a table; fix it, nothing was changed")
        return found


def overriding_environment() -> str | None:
    """The environment variable that overrides the file's model, if it is set."""
    name = "SOKKURI_MODEL__NAME"
    return name if os.environ.get(name) else None


config_path_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The settings' file, made where there is none [default: $SOKKURI_CONFIG, or config.toml here].",
)
