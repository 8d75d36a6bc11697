"""Makes core/models/dlib_cohort.npy: `python -m benchmarks.make_cohort OUT FOLDER...`

Each folder holds portraits, one person a file (of the Face Research Lab London Set: the files neutral_front.jpg). Each
person is averaged with those who are most alike, so that the cohort has nobody in it, and yet has faces wherever there
are people: averages of people drawn at random all lie in the middle. Only the vectors are written.

Then it prints what catalog.toml says of strangers, measured on the same people: each pair against the cohort without
the averages that either of the two went into.
"""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np

from core import calibration
from core.average import mean_face, trimmed
from core.cohort import Cohort
from core.comparison import describe
from core.contracts import CoreSettings, Photo, PhotoError
from core.photo import encode
from core.pipeline import Located, Pipeline, Stopwatch

SIDE = 256
PARTNERS = 7
NEIGHBOURS = 10
LINE = 0.6
FAR = 0.0075
"""The scale is chosen so that dlib's own threshold lets this part of the strangers pass."""

MAYBE_ONE_PERSON = 0.5
"""Two portraits closer than this are not averaged: they may be of one person, and the average be somebody."""


def people_of(pipeline: Pipeline, folder: Path) -> tuple[list[Located], np.ndarray]:
    people, crops = [], []
    for file in sorted(folder.rglob("neutral_front.jpg")) or sorted(folder.glob("*.jpg")):
        try:
            located = pipeline.locate(Photo(file.name, file.read_bytes()), Stopwatch())
        except PhotoError:
            continue
        crops.append(pipeline.crop(located))
        pixels, face = trimmed(located.pixels, located.face, SIDE)
        people.append(Located(file.name, pixels, (face,)))
    return people, describe(pipeline.embedder, np.stack(crops))


def averages_of(
    pipeline: Pipeline, people: list[Located], vectors: np.ndarray
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Crops of the averages, and which two people are in each."""
    distances = np.linalg.norm(vectors[:, np.newaxis] - vectors[np.newaxis], axis=2)
    distances[distances < MAYBE_ONE_PERSON] = np.inf
    pairs = sorted({(min(i, j), max(i, j)) for i, row in enumerate(distances) for j in np.argsort(row)[:PARTNERS]})
    crops, members = [], []
    for pair in pairs:
        two = [people[index] for index in pair]
        picture = mean_face(((one.pixels, one.face) for one in two), [one.face.landmarks for one in two], SIDE)
        try:
            average = Photo("average", encode(picture, "png").data)
            crops.append(pipeline.crop(pipeline.locate(average, Stopwatch())))
        except PhotoError:
            continue
        members.append((int(pair[0]), int(pair[1])))
    return crops, members


def strangers_of(vectors: np.ndarray, cohort: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of people (n, 2) and their scores (n,) before scaling, without those who may be one person.

    Each against the part of the cohort that neither of them is in.
    """
    pairs, scores = [], []
    for i, j in combinations(range(len(vectors)), 2):
        distance = float(np.linalg.norm(vectors[i] - vectors[j]))
        apart = Cohort(cohort[~np.isin(members, (i, j)).any(axis=1)], NEIGHBOURS, 1.0)
        first, second = apart.surroundings(vectors[[i, j]])
        pairs.append((i, j))
        scores.append(float(distance * apart.factors(first, second)))
    return np.array(pairs), np.array(scores)


def main() -> None:
    out, *folders = map(Path, sys.argv[1:])
    pipeline = Pipeline(CoreSettings())
    vectors, crops, members = [], [], []
    for folder in folders:
        people, found = people_of(pipeline, folder)
        averages, pairs = averages_of(pipeline, people, found)
        crops += averages
        members += [(i + sum(map(len, vectors)), j + sum(map(len, vectors))) for i, j in pairs]
        vectors.append(found)
    cohort = describe(pipeline.embedder, np.stack(crops)).astype(np.float16)
    np.save(out, cohort, allow_pickle=False)
    pipeline.close()
    print(f"{len(cohort)} faces of nobody")
    report(np.concatenate(vectors).astype(np.float64), cohort.astype(np.float64), np.array(members))


def report(vectors: np.ndarray, cohort: np.ndarray, members: np.ndarray) -> None:
    pairs, scores = strangers_of(vectors, cohort, members)
    scale = LINE / float(np.quantile(scores, FAR))
    names = [(str(i), str(j)) for i, j in pairs]
    print(f"scale = {scale:.4f}")
    print(calibration.measure_strangers("", scores * scale, names, "euclidean"))


if __name__ == "__main__":
    main()
