"""`sokkuri models`: which there are, fetch them, look whether they are whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.settings import ModelName, config_option, core_settings, needed_files
from core.contracts import CoreSettings

if TYPE_CHECKING:
    from core.models.store import FileStatus

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")


@click.group()
def models() -> None:
    """The models: which there are, fetch them, look whether they are whole."""


@models.command("list")
@config_option
@json_option
def list_models(config: Path | None, as_json: bool) -> None:
    """All models of the catalogue; the one in use is marked with a star."""
    from core.models.catalog import load_catalog
    from core.models.store import Store, folder_of

    settings = core_settings(config, None)
    files = {file.name: file for file in Store(folder_of(settings)).status()}
    entries = []
    for name, table in load_catalog().models.items():
        file = files.get(table.get("file", ""))
        entries.append(
            {
                "name": name,
                "in_use": name == settings.model.name,
                "licence": table["licence"],
                "state": file.state if file else "your own file: set `path`",
            }
        )
    if as_json:
        click.echo(json.dumps({"folder": str(folder_of(settings)), "models": entries}, ensure_ascii=False))
        return
    for entry in entries:
        star = "*" if entry["in_use"] else " "
        click.echo(f"{star} {entry['name']:<17} {entry['state']:<25} {entry['licence']}")
    click.echo(f"Files are kept in {folder_of(settings)}")


@models.command()
@click.argument("names", type=ModelName(), nargs=-1, metavar="[MODEL]...")
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
        """`done` of `total` bytes of the file are there. It starts anew at 0 when another source is tried."""
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
