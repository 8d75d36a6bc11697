"""`sokkuri similar`, `gradcam` and `average`: the three questions, asked of files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from cli.settings import config_option, core_settings, model_option
from core.contracts import (
    AverageRequest,
    FileTooLarge,
    FoundFace,
    GradcamRequest,
    Limits,
    NoPhotos,
    Photo,
    PictureFormat,
    Shape,
    SimilarRequest,
)

FORMATS: dict[str, PictureFormat] = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}

Command = Callable[..., None]


class OutFile(click.ParamType[Path]):
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


@click.command()
@click.argument("first", type=PHOTO)
@click.argument("second", type=PHOTO)
@answer_options
def similar(
    first: Path,
    second: Path,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """How alike are the faces of FIRST and SECOND, and are they one person?"""
    from cli import words
    from core import tasks

    settings = core_settings(config, model)
    request = SimilarRequest(read_one(first, settings.limits), read_one(second, settings.limits), format_of(out))
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
            faces=[face_json(face) for face in result.faces],
            picture=picture_json(out),
        )
        return
    click.echo(words.of_similar(result))


@click.command()
@click.argument("photo", type=PHOTO)
@answer_options
def gradcam(
    photo: Path,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """What does the network look at in the face of PHOTO?"""
    from cli import words
    from core import tasks

    settings = core_settings(config, model)
    with closing(tasks):
        result = tasks.gradcam(settings, GradcamRequest(read_one(photo, settings.limits), format_of(out)))
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
    click.echo(words.of_gradcam(result))


@click.command()
@click.argument("photos", type=PHOTOS, nargs=-1, required=True, metavar="DIR|FILE...")
@click.option(
    "--shape",
    type=click.Choice(["warp", "align"]),
    default="warp",
    show_default=True,
    help="Warp every face to the mean shape (sharp), or only align the eyes.",
)
@click.option("--size", type=click.IntRange(64, 4096), default=768, show_default=True, help="Pixels a side.")
@answer_options
def average(
    photos: tuple[Path, ...],
    shape: Shape,
    size: int,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """The average of the faces in the photos; of a folder, all its files but the hidden ones."""
    from cli import words
    from core import tasks

    settings = core_settings(config, model)
    request = AverageRequest(
        tuple(read(path, settings.limits) for path in files_of(photos)), shape, size, format_of(out)
    )
    with (
        closing(tasks),
        click.progressbar(
            length=len(request.photos), label="Faces", file=sys.stderr, hidden=not sys.stderr.isatty(), show_pos=True
        ) as bar,
    ):
        result = tasks.average(settings, request, lambda done, _: bar.update(done - bar.pos))
    if out:
        out.write_bytes(result.picture.data)
    if as_json:
        print_json(
            method=result.method,
            shape=result.shape,
            used=list(result.used),
            skipped=[{"photo": left.photo, "reason": left.reason} for left in result.skipped],
            size=list(result.size),
            picture=picture_json(out),
        )
        return
    click.echo(words.of_average(result, ", ".join(map(str, photos))))


def read_one(path: Path, limits: Limits) -> Photo:
    """The photo at `path`. Errors: FileTooLarge, with its true size."""
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise FileTooLarge(str(path), size, limits.file_bytes)
    return read(path, limits)


def read(path: Path, limits: Limits) -> Photo:
    """The photo at `path`, but one byte past the limit at most: core refuses it then, and memory stays bounded."""
    with path.open("rb") as file:
        return Photo(str(path), file.read(limits.file_bytes + 1))


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and those directly in the folders, by name. NoPhotos: a folder without a file."""
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


def face_json(face: FoundFace) -> dict[str, Any]:
    return {"photo": face.photo, "box": list(face.box)}


def picture_json(out: Path | None) -> str | None:
    """Where the picture was written, or null where none was asked for."""
    return str(out) if out else None


def print_json(**values: Any) -> None:
    click.echo(json.dumps(values, ensure_ascii=False, allow_nan=False))
