"""What the sample faces say about a model of one's own, until somebody measures it on photos of real people."""

from __future__ import annotations

from contextlib import closing
from itertools import combinations
from typing import TYPE_CHECKING, Any

import click

from core.contracts import CoreSettings, Photo

if TYPE_CHECKING:
    from core.similarity.calibration import Calibration

UNMEASURED = ("arcface", "custom")
"""Presets for networks that nobody has measured."""

ANY_THRESHOLD = 0.5
"""A model needs one to be loaded, also where it is about to be measured."""


def described(measured: Calibration) -> dict[str, Any]:
    """What it measured, as a model's keys."""
    strangers = {
        key: list(value) if isinstance(value, tuple) else value for key, value in vars(measured.strangers).items()
    }
    return {"threshold": measured.threshold, "percent": measured.percent, "strangers": strangers}


def on_sample_faces(settings: CoreSettings) -> Calibration:
    """All pairs of the faces of nobody, two photos of each: the threshold is the loosest that no pair of two passes.

    Raises ModelError, and ClickException if the model finds all of them about equally alike.
    """
    from core import tasks
    from core.similarity.calibration import TooFewPairs, calibrate
    from sandbox.samples import FACES

    files = sorted(FACES.glob("person_*.jpg"))
    people = [file.stem[: -len("_1")] for file in files]
    pairs = list(combinations(range(len(files)), 2))
    same = [people[a] == people[b] for a, b in pairs]
    named = [(people[a], people[b]) for a, b in pairs]
    photos = (Photo(file.name, file.read_bytes()) for file in files)
    with closing(tasks):
        done = tasks.evaluate(settings, photos, pairs, same)
    try:
        return calibrate(done.model, done.metric, "sample faces", done.likeness, done.same, named, halfway=False)
    except TooFewPairs as error:
        raise click.ClickException(
            f"{done.model}: expected a network that tells the sample faces apart, found none ({error}); remedy: check "
            "how it is fed, or say with --threshold from which score on two faces are one person"
        ) from error
