"""`sokkuri similar` and `sokkuri gradcam`, and what all commands about photos share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click
from click.shell_completion import CompletionItem

from cli.settings import config_option, core_settings, model_option
from core.contracts import (
    Caution,
    FileTooLarge,
    FoundFace,
    GradcamRequest,
    HeatmapMethod,
    HeatmapTarget,
    Limits,
    NoPhotos,
    Photo,
    PictureFormat,
    SimilarRequest,
    Skipped,
)

if TYPE_CHECKING:
    from words.locales import Language

FORMATS: dict[str, PictureFormat] = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}

Command = Callable[..., None]


class FileCompletion:
    """Mixed into a type: the shell completes names of files."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


class OutFile(FileCompletion, click.ParamType[Path]):
    """A file to write a picture to; its suffix says in which format."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.suffix.lower() not in FORMATS:
            self.fail(f"{str(path)!r} must end in {', '.join(FORMATS)}: that says which format to write.", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"The folder {str(path.parent)!r} does not exist.", param, ctx)
        if path.is_dir():
            self.fail(f"{str(path)!r} is a folder.", param, ctx)
        return path


class HeatmapTargetName(click.ParamType["HeatmapTarget | int"]):
    """A target by its name, or a dimension by its number."""

    name = "target"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> HeatmapTarget | int:
        if value in get_args(HeatmapTarget):
            return cast(HeatmapTarget, value)
        if not str(value).isdecimal():
            names = ", ".join(get_args(HeatmapTarget))
            self.fail(f"{value!r} is neither one of {names} nor the number of a dimension.", param, ctx)
        return int(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(name) for name in get_args(HeatmapTarget) if name.startswith(incomplete)]


PHOTO = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
PHOTOS = click.Path(exists=True, readable=True, path_type=Path)


def answer_options(command: Command) -> Command:
    """The options of every command that answers with a picture."""
    for option in (
        config_option,
        model_option,
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else."),
        click.option("--out", type=OutFile(), help="Write the picture here (.jpg, .png or .webp)."),
    ):
        command = option(command)
    return command


def face_option(name: str) -> Callable[[Command], Command]:
    return click.option(
        name, type=click.IntRange(min=1), help="Which face of the photo, from the left.  [default: the largest]"
    )


def face_index(number: int | None) -> int | None:
    """The index of a face that a person chose by its number, counted from 1."""
    return None if number is None else number - 1


@click.command()
@click.argument("first", type=PHOTO)
@click.argument("second", type=PHOTO)
@click.option("--explain/--no-explain", default=True, help="Look for the parts that decide.  [default: explain]")
@face_option("--first-face")
@face_option("--second-face")
@answer_options
def similar(
    first: Path,
    second: Path,
    first_face: int | None,
    second_face: int | None,
    explain: bool,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """How alike are the faces of FIRST and SECOND, and are they one person?"""
    from cli.words import language
    from core import tasks
    from words.similar import describe_similar

    settings = core_settings(config, model)
    request = SimilarRequest(
        read_one(first, settings.limits),
        read_one(second, settings.limits),
        format_of(out),
        first_face=face_index(first_face),
        second_face=face_index(second_face),
        explain=explain,
    )
    with closing(tasks):
        result = tasks.similar(settings, request)
    if out:
        out.write_bytes(result.picture.data)
    if as_json:
        print_json(
            model=result.model,
            metric=result.metric,
            score=result.score,
            percent=result.percent,
            same_person=result.same_person,
            threshold=result.threshold,
            stranger_rank=result.stranger_rank,
            rank_error=result.rank_error,
            verdict=result.verdict,
            near_line=result.near_line,
            raw_score=result.raw_score,
            cautions=cautions_json(result.cautions),
            interval=list(result.interval) if result.interval else None,
            faces=[face_json(face) for face in result.faces],
            regions=dict(result.regions),
            picture=picture_json(out),
        )
        return
    click.echo("\n".join(describe_similar(result, language()).lines))


@click.command()
@click.argument("photo", type=PHOTO)
@click.option(
    "--method",
    type=click.Choice(get_args(HeatmapMethod)),
    metavar="METHOD",
    help=f"How to find out: {', '.join(get_args(HeatmapMethod))}.  [default: the model's own]",
)
@click.option(
    "--target",
    type=HeatmapTargetName(),
    help="What to explain: identity, largest (the largest dimension), or the number of a dimension, from 0."
    "  [default: the model's own]",
)
@click.option("--compare-to", type=PHOTO, help="Explain what makes the face like the one in this photo.")
@face_option("--face")
@answer_options
def gradcam(
    photo: Path,
    face: int | None,
    method: HeatmapMethod | None,
    target: HeatmapTarget | int | None,
    compare_to: Path | None,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """What does the network look at in the face of PHOTO?"""
    from cli.words import language
    from core import tasks
    from words.gradcam import describe_gradcam

    settings = core_settings(config, model)
    with closing(tasks):
        request = GradcamRequest(
            read_one(photo, settings.limits),
            format_of(out),
            face=face_index(face),
            method=method,
            target=target,
            compare_to=read_one(compare_to, settings.limits) if compare_to else None,
        )
        result = tasks.gradcam(settings, request)
    if out:
        out.write_bytes(result.picture.data)
    if as_json:
        print_json(
            model=result.model,
            method=result.method,
            target=result.target,
            regions=dict(result.regions),
            outside_face=result.outside_face,
            faces=[face_json(face) for face in result.faces],
            picture=picture_json(out),
        )
        return
    words = language()
    click.echo("\n".join(describe_gradcam(result, words).lines))
    if not out:
        say_not_written("heatmap.jpg", words)


def read_one(path: Path, limits: Limits) -> Photo:
    """Read the photo at `path`. Raises FileTooLarge, with its true size."""
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise FileTooLarge(str(path), size, limits.file_bytes)
    return read(path, limits)


def read(path: Path, limits: Limits) -> Photo:
    """Read the photo at `path`, at most one byte past the limit: core refuses it then, and memory stays bounded."""
    with path.open("rb") as file:
        return Photo(str(path), file.read(limits.file_bytes + 1))


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files, and those directly in the folders, sorted by name. Raises NoPhotos: a folder without a file."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
            if not inside:
                raise NoPhotos(str(path), 0)
            files += inside
        else:
            files.append(path)
    return files


def format_of(out: Path | None) -> PictureFormat:
    return FORMATS[out.suffix.lower()] if out else "jpeg"


def say_not_written(example: str, words: Language) -> None:
    """Say on standard error that the picture, which is most of the answer, was not written, and how to get it."""
    click.echo(words.text("picture-not-written", file=example), err=True)


@contextmanager
def progress(label: str, photos: int) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's standard error, moved by what it gives: the photos that were read, and all there are."""
    with click.progressbar(
        length=photos, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True
    ) as bar:
        yield lambda done, _: bar.update(done - bar.pos)


def skipped_json(skipped: Iterable[Skipped]) -> list[dict[str, Any]]:
    """`face`: the number from the left of the face that was left out, if it was not the whole photo."""
    return [
        {"photo": left.photo, "reason": left.reason} | ({} if left.face is None else {"face": left.face})
        for left in skipped
    ]


def cautions_json(cautions: Iterable[Iterable[Caution]]) -> list[list[dict[str, Any]]]:
    """What is wrong with each face, the worst first."""
    return [[{"kind": one.kind, "value": one.value} for one in face] for face in cautions]


def face_json(face: FoundFace) -> dict[str, Any]:
    return {"photo": face.photo, "box": list(face.box)}


def picture_json(out: Path | None) -> str | None:
    """Where the picture was written, or null if none was asked for."""
    return str(out) if out else None


def print_json(**values: Any) -> None:
    click.echo(json.dumps(values, ensure_ascii=False, allow_nan=False))
