"""Sokkuri, a few photos at a time, as the bot and the command line do it. One more argument: how much texture (0-1)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from report import run

from core import tasks
from core.contracts import AverageBatch, AverageRecipe, AverageRequest, AverageStart, CoreSettings, Photo

BATCH = 4

settings = CoreSettings()
texture = float(sys.argv.pop())


def average(folder: Path, size: int, out: Path) -> int:
    return averaged(sorted(folder.iterdir()), size, out)


def averaged(paths: Sequence[Path], size: int, out: Path) -> int:
    recipe = AverageRecipe(size=size, texture=texture)
    batches = (AverageBatch(read(paths[at : at + BATCH])) for at in range(0, len(paths), BATCH))
    so_far = tasks.average_all(settings, AverageStart(recipe), batches)
    out.write_bytes(tasks.average_finish(settings, AverageRequest(so_far, recipe, picture_format="png")).face.data)
    return len(so_far.faces)


def read(paths: Sequence[Path]) -> tuple[Photo, ...]:
    return tuple(Photo(path.name, path.read_bytes()) for path in paths)


folder, size, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
averaged(sorted(folder.iterdir())[:2], size, out)  # loads the models
run(average)
tasks.close()
