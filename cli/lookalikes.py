"""`sokkuri lookalikes`: who looks like whom, among all faces of many files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from cli.faces import (
    PHOTOS,
    answer_options,
    cautions_json,
    face_json,
    files_of,
    format_of,
    picture_json,
    print_json,
    progress,
    read,
    skipped_json,
)
from cli.settings import core_settings
from core.contracts import Likeness, LookalikesRequest


@click.command()
@click.argument("photos", type=PHOTOS, nargs=-1, required=True, metavar="DIR|FILE...")
@answer_options
def lookalikes(
    photos: tuple[Path, ...],
    out: Path | None,
    as_json: bool,
    model: str | None,
    config: Path | None,
) -> None:
    """Who looks like whom, among all faces in the photos; of a folder, all its files but the hidden ones.

    Faces are numbered from 1, photo by photo and from the left. Those that are most likely one person make a group.
    """
    from cli.words import language
    from core import tasks
    from words.lookalikes import describe_lookalikes
    from words.skipped import left_out

    settings = core_settings(config, model)
    request = LookalikesRequest(tuple(read(path, settings.limits) for path in files_of(photos)), format_of(out))
    with closing(tasks), progress("Photos", len(request.photos)) as read_so_far:
        result = tasks.lookalikes(settings, request, read_so_far)
    if out:
        out.write_bytes(result.picture.data)
    if as_json:
        print_json(
            model=result.model,
            metric=result.metric,
            threshold=result.threshold,
            faces=[{"number": number, **face_json(face)} for number, face in enumerate(result.faces, start=1)],
            best=_likeness_json(result.best),
            pairs=[_likeness_json(pair) for pair in result.pairs],
            strangers=_likeness_json(result.strangers) if result.strangers else None,
            groups=[[index + 1 for index in group] for group in result.groups],
            scores=[list(row) for row in result.scores],
            cautions=cautions_json(result.cautions),
            skipped=skipped_json(result.skipped),
            picture=picture_json(out),
        )
        return
    words = language()
    click.echo("\n".join([*describe_lookalikes(result, words).lines, *left_out(result.skipped, words)]))


def _likeness_json(likeness: Likeness) -> dict[str, Any]:
    return {
        "faces": [likeness.first + 1, likeness.second + 1],
        "score": likeness.score,
        "percent": likeness.percent,
    }
