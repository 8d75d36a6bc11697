"""`sokkuri evaluate`: how well a model tells the people of labelled pairs apart, and a calibration from them."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.faces import answer_options, format_of, picture_json, print_json, read
from cli.settings import core_settings
from core.contracts import Limits, Photo
from words.markup import printable

if TYPE_CHECKING:
    from core.similarity.verification import Figures, Measured

_SAME = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True)
class Pair:
    """Two photos, whether they show one person, and the group that the pair is counted in."""

    a: Path
    b: Path
    same: bool
    group: str


@click.command()
@click.argument(
    "pairs", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path), metavar="PAIRS.csv"
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder that the photos' paths start from [default: the one of PAIRS.csv].",
)
@click.option("--by", metavar="COLUMN", help="Give every figure for each value of this column, too.")
@click.option(
    "--people",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="A csv with a column id, the photos' first folder, and --by's column: groups are then those of both people.",
)
@click.option(
    "--calibrate",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE.toml",
    help="Write threshold, percentages and ranks measured with these pairs, for `calibration` in the settings.",
)
@click.option(
    "--far",
    type=click.FloatRange(0.0, 0.5, min_open=True),
    default=0.01,
    show_default=True,
    help="The part of the strangers that --calibrate's threshold may let pass.",
)
@answer_options
def evaluate(
    pairs: Path,
    root: Path | None,
    by: str | None,
    people: Path | None,
    calibrate: Path | None,
    far: float,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """How well does the model tell the people of PAIRS.csv apart? Columns: a, b (photos), same (1 or 0).

    A pair with a photo in which no face is found counts as the least alike of all. All intervals are of 95 %.
    """
    from core import tasks

    if people and not by:
        raise click.UsageError("--people needs --by, the column that makes the groups.")
    rows = read_pairs(pairs, root or pairs.parent, by, people)
    settings = core_settings(config, model)
    files = sorted({path for pair in rows for path in (pair.a, pair.b)})
    place = {path: index for index, path in enumerate(files)}
    with (
        closing(tasks),
        click.progressbar(
            length=len(files), label="Photos", file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True
        ) as bar,
    ):
        done = tasks.evaluate(
            settings,
            _photos(files, settings.limits),
            [(place[pair.a], place[pair.b]) for pair in rows],
            [pair.same for pair in rows],
            [pair.group for pair in rows] if by else None,
            format_of(out) if out else None,
            lambda: bar.update(1),
        )
    if out and done.picture:
        out.write_bytes(done.picture.data)
    if calibrate:
        from core.similarity.calibration import TooFewPairs
        from core.similarity.calibration import calibrate as measure

        try:
            calibration = measure(
                done.model,
                done.metric,
                pairs.name,
                done.likeness[done.clear],
                done.same[done.clear],
                [(str(pair.a), str(pair.b)) for pair, clear in zip(rows, done.clear, strict=True) if clear],
                far,
            )
        except TooFewPairs as error:
            raise click.UsageError(f"{pairs}: {error}.") from error
        calibrate.write_text(calibration.toml(), encoding="utf-8")
    if as_json:
        print_json(
            model=done.model,
            metric=done.metric,
            **figures_json(done.figures, done.metric),
            clear=int(done.clear.sum()),
            threshold=done.threshold,
            groups={name: figures_json(figures, done.metric) for name, figures in done.groups.items()},
            picture=picture_json(out if done.picture else None),
            calibration=str(calibrate) if calibrate else None,
        )
        return
    click.echo(f"Model {done.model}, {done.metric}, threshold {done.threshold:g}")
    click.echo(f"Pairs of two clear faces: {int(done.clear.sum())} of {len(done.clear)}")
    for name, figures in {"all": done.figures, **done.groups}.items():
        click.echo()
        click.echo("\n".join(table(name, figures, done.metric)))


def read_pairs(path: Path, root: Path, by: str | None, people: Path | None) -> list[Pair]:
    """Read the rows of the file. Raises UsageError, which names the line and what is wrong with it."""
    needed = ["a", "b", "same", *([by] if by and not people else [])]
    values = {row["id"]: row[by] for _, row in _rows(people, ["id", by])} if by and people else None
    found = []
    for line, row in _rows(path, needed):
        same = _SAME.get(row["same"].strip().lower())
        if same is None:
            raise click.UsageError(f"{path}, line {line}: same must be 1 or 0, and is {row['same']!r}.")
        photos = [root / row["a"], root / row["b"]]
        for photo in photos:
            if not photo.is_file():
                raise click.UsageError(f"{path}, line {line}: there is no file {photo}.")
        group = ""
        if values is not None:
            folders = [Path(row[key]).parts[0] for key in ("a", "b")]
            for folder in folders:
                if folder not in values:
                    raise click.UsageError(f"{path}, line {line}: {people} has no id {folder!r}.")
            group = values[folders[0]] if values[folders[0]] == values[folders[1]] else "mixed"
        elif by:
            group = row[by]
        found.append(Pair(photos[0], photos[1], same, group))
    if not found:
        raise click.UsageError(f"{path}: there is no pair in it.")
    return found


def _rows(path: Path, needed: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows with their line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            for column in needed:
                if column not in (reader.fieldnames or ()):
                    names = ", ".join(reader.fieldnames or ()) or "none"
                    raise click.UsageError(f"{path}: there is no column {column!r}; its columns: {names}.")
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"{path}: not a csv file in UTF-8: {error}.") from error


def _photos(files: list[Path], limits: Limits) -> Iterator[Photo]:
    """Read the photos one at a time, so that only one is in memory."""
    for path in files:
        yield read(path, limits)


def figures_json(figures: Figures, metric: str) -> dict[str, Any]:
    """The figures, and under `intervals` those of 95 %, by the same names."""
    named: dict[str, Measured | None] = {
        "auc": figures.auc,
        "eer": figures.eer,
        "accuracy": figures.accuracy,
        "accuracy_at_threshold": figures.at_line,
        "true_matches": figures.true_matches,
        "false_matches": figures.false_matches,
    }
    tar = {f"{far:g}": measured for far, measured in figures.tar_at_far.items()}
    return {
        "pairs": figures.pairs,
        "same": figures.same,
        "lost": figures.lost,
        **{name: measured and measured.value for name, measured in named.items()},
        "best_threshold": figures.best_line if metric == "cosine" else -figures.best_line,
        "tar_at_far": {name: measured and measured.value for name, measured in tar.items()},
        "intervals": {
            **{name: measured and [measured.low, measured.high] for name, measured in named.items()},
            "tar_at_far": {name: measured and [measured.low, measured.high] for name, measured in tar.items()},
        },
    }


def table(name: str, figures: Figures, metric: str) -> list[str]:
    """The figures of one group, a line each."""
    best = figures.best_line if metric == "cosine" else -figures.best_line
    lines: list[tuple[str, Measured | None]] = [
        ("AUC", figures.auc),
        ("equal error rate", figures.eer),
        (f"accuracy at the best threshold, {best:.4g}", figures.accuracy),
        ("accuracy at the model's threshold", figures.at_line),
        ("  true matches", figures.true_matches),
        ("  false matches", figures.false_matches),
        *((f"TAR at FAR {far:g}", measured) for far, measured in figures.tar_at_far.items()),
    ]
    head = f"{printable(name)}: {figures.pairs} pairs, {figures.same} of one person, {figures.lost} lost"
    return [head, *(f"  {label:<44} {_with_interval(measured)}" for label, measured in lines)]


def _with_interval(measured: Measured | None) -> str:
    return f"{measured.value:.4f}  ({measured.low:.4f} to {measured.high:.4f})" if measured else "-"
