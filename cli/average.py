"""`sokkuri average`: the average face of many files, or a mixture of two averages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import click

from cli.faces import (
    PHOTOS,
    FileCompletion,
    answer_options,
    face_json,
    files_of,
    format_of,
    picture_json,
    print_json,
    progress,
    read,
    say_not_written,
    skipped_json,
)
from cli.settings import core_settings
from core.contracts import (
    AverageBatch,
    AverageMethod,
    AverageRecipe,
    AverageRequest,
    AverageRules,
    AverageSoFar,
    AverageStart,
    CoreSettings,
    FacesTaken,
    Light,
    Shape,
)

BATCH = 8
"""Photos that are read at once."""


class Weight(FileCompletion, click.ParamType[tuple[str, float]]):
    """A photo's path or name, and how much it counts."""

    name = "photo=weight"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        photo, _, number = str(value).rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = 0.0
        if not photo or not 0 < weight < float("inf"):
            self.fail(f"{value!r} is not a photo, =, and a number above 0.", param, ctx)
        return photo, weight


class AnimationFile(FileCompletion, click.ParamType[Path]):
    """A .webp file to write."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.suffix.lower() != ".webp" or not path.parent.is_dir():
            self.fail(f"{str(path)!r} must be a .webp file in a folder that exists.", param, ctx)
        return path


@click.command()
@click.argument("photos", type=PHOTOS, nargs=-1, required=True, metavar="DIR|FILE...")
@click.option(
    "--shape",
    type=click.Choice(get_args(Shape)),
    default="warp",
    show_default=True,
    help="Warp every face to the mean shape (sharp), only align eyes and mouth, or do as the article did.",
)
@click.option("--method", type=click.Choice(get_args(AverageMethod)), default="mean", show_default=True)
@click.option("--size", type=click.IntRange(64, 2048), default=768, show_default=True, help="Pixels a side.")
@click.option(
    "--light",
    type=click.Choice(get_args(Light)),
    default="linear",
    show_default=True,
    help="Average light, or the numbers in the files.",
)
@click.option(
    "--texture",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="How much of the fine detail that averaging loses to bring back.",
)
@click.option("--symmetric", is_flag=True, help="Make both halves of the face mirror images.")
@click.option("--match-colour", is_flag=True, help="Bring all faces to one colour and exposure first.")
@click.option(
    "--faces",
    type=click.Choice(get_args(FacesTaken)),
    default="largest",
    show_default=True,
    help="Which faces of each photo take part.",
)
@click.option("--one-each", is_flag=True, help="Count each person once, in however many photos they are.")
@click.option(
    "--weight",
    "weights",
    type=Weight(),
    multiple=True,
    metavar="PHOTO=WEIGHT",
    help="How much a photo counts, by its path or its name.  [default: 1]",
)
@click.option(
    "--mix-with", type=PHOTOS, multiple=True, metavar="DIR|FILE", help="Blend with the average of these, or this face."
)
@click.option(
    "--ratio",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="How much of the other average is in the blend.",
)
@click.option("--morph", type=AnimationFile(), help="Write an animation from the one average to the other (.webp).")
@answer_options
def average(
    photos: tuple[Path, ...],
    shape: Shape,
    method: AverageMethod,
    size: int,
    light: Light,
    texture: float,
    symmetric: bool,
    match_colour: bool,
    faces: FacesTaken,
    one_each: bool,
    weights: tuple[tuple[str, float], ...],
    mix_with: tuple[Path, ...],
    ratio: float,
    morph: Path | None,
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """The average of the faces in the photos; of a folder, all its files but the hidden ones."""
    from cli.words import language
    from core import tasks
    from words.average import describe_average
    from words.skipped import left_out

    if morph and not mix_with:
        raise click.UsageError("--morph leads from one average to another: say with what, by --mix-with.")
    settings = core_settings(config, model)
    recipe = AverageRecipe(shape, method, size, light, texture, match_colour, symmetric)
    rules = AverageRules(faces, one_each)
    places = [photos, mix_with] if mix_with else [photos]
    files = [files_of(paths) for paths in places]
    weighed = _weights([path for paths in files for path in paths], weights)
    with closing(tasks):
        first, *second = (_add_all(settings, paths, recipe, rules, weighed) for paths in files)
        request = AverageRequest(
            first, recipe, rules, second[0] if second else None, ratio, morph is not None, format_of(out)
        )
        result = tasks.average_finish(settings, request)
    if out:
        out.write_bytes(result.picture.data)
    if morph and result.animation:
        morph.write_bytes(result.animation.data)
    if as_json:
        print_json(
            method=result.method,
            shape=result.shape,
            used=list(result.used),
            skipped=skipped_json(result.skipped),
            size=list(result.size),
            picture=picture_json(out),
            averages=[
                {"used": list(one.used), "faces": [face_json(face) for face in one.faces], "people": one.people}
                for one in result.averaged
            ],
            ratio=result.ratio,
            animation=picture_json(morph),
        )
        return
    words = language()
    named = [", ".join(words.quote(str(path)) for path in paths) for paths in places]
    click.echo("\n".join([*describe_average(result, named, words, recipe).lines, *left_out(result.skipped, words)]))
    if not (out or morph):
        say_not_written("average.jpg", words)


def _weights(files: Sequence[Path], weights: Sequence[tuple[str, float]]) -> dict[Path, float]:
    """The weight of each named file; others count 1. Raises UsageError for a name that no photo has."""
    weighed: dict[Path, float] = {}
    for photo, weight in weights:
        named = [path for path in files if photo in (str(path), path.name)]
        if not named:
            raise click.UsageError(f"--weight {photo}: there is no such photo among those that are averaged.")
        weighed |= dict.fromkeys(named, weight)
    return weighed


def _add_all(
    settings: CoreSettings,
    files: Sequence[Path],
    recipe: AverageRecipe,
    rules: AverageRules,
    weights: dict[Path, float],
) -> AverageSoFar:
    """Add the faces a few photos at a time, so that memory holds no more of them."""
    from core import tasks

    def batches() -> Iterator[AverageBatch]:
        for at in range(0, len(files), BATCH):
            some = files[at : at + BATCH]
            yield AverageBatch(
                tuple(read(path, settings.limits) for path in some),
                tuple(range(at, at + len(some))),
                tuple(weights.get(path, 1.0) for path in some),
            )
            read_so_far(at + len(some), len(files))

    with progress("Faces", len(files)) as read_so_far:
        return tasks.average_all(settings, AverageStart(recipe, rules), batches())
