"""`sokkuri models`: which there are, fetch them, look whether they are whole, and take up your own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.config_file import ConfigFile, config_path, config_path_option, overriding_environment
from cli.group import Group
from cli.sample_faces import ANY_THRESHOLD, UNMEASURED, described, on_sample_faces
from cli.settings import complete_models, config_option, core_settings, known_models, load_settings, needed_files
from core.contracts import CoreSettings

if TYPE_CHECKING:
    from core.models.spec import ModelSpec
    from core.models.store import FileStatus


def complete_presets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from core.models.catalog import load_catalog

    return [name for name in load_catalog().models if name.startswith(incomplete)]


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")


@click.group(cls=Group)
def models() -> None:
    """The models: which there are, fetch them, look whether they are whole, and take up your own."""


@models.command("list")
@config_option
@json_option
def list_models(config: Path | None, as_json: bool) -> None:
    """All models, the catalogue's and your own; the one in use is marked with a star."""
    from core.models.catalog import load_catalog
    from core.models.store import Store, folder_of

    configured = load_settings(config)
    settings = configured.core()
    files = {file.name: file for file in Store(folder_of(settings)).status()}
    catalog = load_catalog().models
    entries = []
    for name in known_models(configured):
        choice = configured.model_choice(name)
        table = catalog.get(choice.preset or name, {})
        file = files.get(table.get("file", ""))
        own = choice.overrides.get("path")
        if own is not None:
            state = "ready" if Path(own).expanduser().is_file() else "missing"
        else:
            state = file.state if file else "your own file: `sokkuri models add`"
        entries.append(
            {
                "name": name,
                "in_use": name == settings.model.name,
                "licence": choice.overrides.get("licence", table.get("licence", "unknown")),
                "state": state,
                "path": own,
            }
        )
    if as_json:
        click.echo(json.dumps({"folder": str(folder_of(settings)), "models": entries}, ensure_ascii=False))
        return
    for entry in entries:
        star = "*" if entry["in_use"] else " "
        click.echo(f"{star} {entry['name']:<17} {entry['state']:<36} {entry['path'] or entry['licence']}")
    click.echo(f"Files are kept in {folder_of(settings)}")


@models.command()
@click.argument("names", nargs=-1, metavar="[MODEL]...", shell_complete=complete_models)
@config_option
def get(names: tuple[str, ...], config: Path | None) -> None:
    """Fetch what MODEL needs, and try it out. Without MODEL: the configured one.

    What is there and whole already is not fetched again.
    """
    choices = [core_settings(config, name) for name in names] or [core_settings(config, None)]
    for settings in choices:
        fetch(settings)
        click.echo(f"{settings.model.name}: ready")


def fetch(settings: CoreSettings) -> None:
    """Fetch the files that are missing or damaged, and load the model once."""
    from core import tasks
    from core.models.store import Store, folder_of

    with DownloadBars() as bars:
        store = Store(folder_of(settings), progress=bars.show)
        needed = needed_files(settings)
        for file in store.check():
            if file.state == "wrong hash" and (file.name in needed or file.made_here):
                file.path.unlink()  # of the right size, so that the store would keep it
        for name in needed:
            store.path(name)
    with closing(tasks):
        tasks.warm(settings)


@models.command()
@click.argument("name", shell_complete=complete_presets)
@click.option(
    "--path",
    required=True,
    type=click.Path(path_type=Path),
    help="The model's file: ONNX, or a state dict for a preset of kind timm.",
)
@click.option(
    "--preset",
    shell_complete=complete_presets,
    help="What it is fed and compared like [default: NAME where that is a preset, else arcface].",
)
@click.option(
    "--threshold",
    type=float,
    help="From which score on two faces are one person [default: the preset's, or measured on the sample faces].",
)
@click.option("--input-size", type=int, help="Pixels a side of a crop.")
@click.option("--sha256", help="What the file must be; refused if it is another.")
@config_path_option
def add(
    name: str,
    path: Path,
    preset: str | None,
    threshold: float | None,
    input_size: int | None,
    sha256: str | None,
    config: Path | None,
) -> None:
    """Try out your own model's file, write it into the settings as NAME, and use it.

    Presets are the names of the catalogue: japanese-face-v1, arcface, sface, custom (your own figures). A file that
    does not work, for a comparison as for a heatmap, is refused, and the settings stay as they are.
    """
    from core.models.catalog import load_catalog
    from core.models.loading import sha256_of

    presets = load_catalog().models
    chosen = preset or (name if name in presets else "arcface")
    if chosen not in presets:
        raise click.UsageError(f"--preset {chosen!r} is not in the catalogue: {', '.join(presets)}.")
    if not path.expanduser().is_file():
        raise click.UsageError(f"--path: expected the model's file, found none at {path}.")
    full = path.expanduser().resolve()
    values = {
        "preset": chosen,
        "path": str(full),
        "sha256": sha256 or sha256_of(full),
        "threshold": threshold,
        "input_size": input_size,
    }
    known = {key: value for key, value in values.items() if value is not None}
    file = ConfigFile(config_path(config))
    measured = threshold is None and chosen in UNMEASURED
    file.describe(name, {**known, "threshold": ANY_THRESHOLD} if measured else known)
    file.use(name)
    spec = try_out(_settings(file, name))
    if measured:
        found = on_sample_faces(_settings(file, name))
        file.describe(name, {**known, **described(found)})
    _write(file, name)
    if spec.may_normalise and not any(spec.mean):
        click.echo("It shifts and scales its input itself, so it gets plain pixels.")
    if measured:
        click.echo(
            f"Its threshold of {found.threshold:.3g}, percentages and ranks come from the sample faces, "
            f"{found.strangers.pairs} pairs of two and {found.same} of one, which are averages of people: that is very "
            "little. Measure it with photos like yours: `sokkuri evaluate PAIRS.csv --calibrate FILE`."
        )


@models.command()
@click.argument("name", shell_complete=complete_models)
@config_path_option
def use(name: str, config: Path | None) -> None:
    """Compare faces by NAME from now on, one of `sokkuri models list`. It is tried out first."""
    file = ConfigFile(config_path(config))
    known = known_models(file.settings())
    if name not in known:
        raise click.UsageError(f"{name!r} is not a model that is known here: {', '.join(known)}.")
    file.use(name)
    try_out(_settings(file, name))
    _write(file, name)


@models.command()
@click.argument("name", shell_complete=complete_models)
@config_path_option
def remove(name: str, config: Path | None) -> None:
    """Take your own model NAME out of the settings; where it was in use, the default one is. Its file stays."""
    file = ConfigFile(config_path(config))
    if name not in file.own_models():
        known = ", ".join(file.own_models()) or "none"
        raise click.UsageError(f"{name!r} is not a model that {file.path} describes: {known}.")
    file.forget(name)
    settings = file.settings()
    file.write()
    click.echo(f"{name}: removed from {file.path}; {settings.model.name} is in use")


def _settings(file: ConfigFile, name: str) -> CoreSettings:
    """Those of the file, with this model."""
    settings = file.settings()
    return replace(settings.core(), model=settings.model_choice(name))


def _write(file: ConfigFile, name: str) -> None:
    file.write()
    click.echo(f"{name}: works, and is in use by {file.path}. A running bot uses it after a restart.")
    if variable := overriding_environment():
        click.echo(f"But {variable} is set, and overrides the file.", err=True)


def try_out(settings: CoreSettings) -> ModelSpec:
    """Load the model, run it once, and turn it into what heatmaps need. Returns how it is fed. Raises ModelError."""
    from core.models import loading
    from core.models.store import folder_of

    embedder = loading.load(settings.model, folder_of(settings), settings.threads)
    embedder.explainable()
    return embedder.spec


@models.command()
@config_option
@json_option
@click.pass_context
def check(context: click.Context, config: Path | None, as_json: bool) -> None:
    """Read every file and compare it with its hash. Exit status 1: one that the configured model needs is not whole."""
    from core.models.store import Store, folder_of

    settings = core_settings(config, None)
    needed = needed_files(settings)
    files = Store(folder_of(settings)).check()
    if as_json:
        click.echo(json.dumps({"files": [file_json(file, needed) for file in files]}, ensure_ascii=False))
    else:
        for file in files:
            word = "needed" if file.name in needed else ""
            click.echo(f"{file.state:<11} {word:<7} {file.size / 1e6:6.1f} MB  {file.name} ({file.holds})")
    if any(file.name in needed and file.state != "ready" for file in files):
        context.exit(1)


def file_json(file: FileStatus, needed: Iterable[str]) -> dict[str, Any]:
    return {
        "name": file.name,
        "holds": file.holds,
        "licence": file.licence,
        "path": str(file.path),
        "size": file.size,
        "state": file.state,
        "needed": file.name in needed or file.made_here,
    }


class DownloadBars:
    """One progress bar a file, on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._name = ""
        self._bar: Any = None

    def show(self, name: str, done: int, total: int) -> None:
        """`done` of `total` bytes of the file are there. It starts again at 0 when another source is tried."""
        if name != self._name or done < self._bar.pos:
            self._end()
            self._name = name
            self._bar = click.progressbar(
                length=total, label=name, file=sys.stderr, hidden=not sys.stderr.isatty(), update_min_steps=1 << 20
            )
            self._bar.__enter__()
        self._bar.update(done - self._bar.pos)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)

    def __enter__(self) -> DownloadBars:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
