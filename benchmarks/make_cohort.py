"""Makes core/models/dlib_cohort.npy: `python -m benchmarks.make_cohort OUT LONDON FOLDER...`

LONDON is the Face Research Lab London Set, with all its views; each other folder holds portraits, one person a file.
Each person, seen from the front, is averaged with those who are most alike, so that the cohort has nobody in it, and
yet has faces wherever there are people: averages of people drawn at random all lie in the middle. Profiles cannot be
averaged: the cohort in profile is the same vectors, moved and drawn together as all the London people's vectors are
when they turn their heads. Only the vectors are written.

Then it prints what catalog.toml says of the cohort and of strangers, measured on the same people: each pair against the
cohort without the averages that either of the two went into. How well that holds for others it measures on a fifth of
the Londoners at a time, with what the other four say of profiles.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from pathlib import Path

import numpy as np

from core.average import Composite
from core.contracts import AverageRecipe, CoreSettings, Photo, PhotoError
from core.engine import Engine, Located
from core.models.embedder import describe
from core.photo import encode
from core.similarity import calibration
from core.similarity.cohort import Cohort
from core.similarity.scores import all_scores
from core.stages import Stopwatch

SIDE = 256
PARTNERS = 7
NEIGHBOURS = 10
LINE = 0.6
FAR = 0.0075
"""The scales are chosen so that dlib's own threshold lets this part of the strangers pass."""
FOLDS = 5
BATCH = 32

MAYBE_ONE_PERSON = 0.5
"""Two portraits closer than this are not averaged: they may be of one person, and the average be somebody."""


def people_of(engine: Engine, folder: Path) -> tuple[list[Located], np.ndarray]:
    people, crops = [], []
    for file in sorted(folder.rglob("neutral_front.jpg")) or sorted(folder.glob("*.jpg")):
        try:
            located = engine.locate(Photo(file.name, file.read_bytes()), Stopwatch())
        except PhotoError:
            continue
        if located.face.profile is not None:
            continue
        crops.append(engine.crop(located).pixels)
        people.append(located)
    return people, describe(engine.embedder, np.stack(crops))


def averages_of(
    engine: Engine, people: list[Located], vectors: np.ndarray
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Crops of the averages, and which two people are in each."""
    distances = np.linalg.norm(vectors[:, np.newaxis] - vectors[np.newaxis], axis=2)
    distances[distances < MAYBE_ONE_PERSON] = np.inf
    pairs = sorted({(min(i, j), max(i, j)) for i, row in enumerate(distances) for j in np.argsort(row)[:PARTNERS]})
    crops, members = [], []
    for pair in pairs:
        composite = Composite(AverageRecipe(size=SIDE, texture=0.0))
        for index in pair:
            composite.add(people[index].pixels, people[index].face)
        picture = composite.finish().pixels
        try:
            average = Photo("average", encode(picture, "png").data)
            crops.append(engine.crop(engine.locate(average, Stopwatch())).pixels)
        except PhotoError:
            continue
        members.append((int(pair[0]), int(pair[1])))
    return crops, members


@dataclass(frozen=True, eq=False)
class Views:
    """Faces that are known. `vectors`: (n, d); `people`: (n,), whose; `front`, `profile`: (n,), whether seen so."""

    vectors: np.ndarray
    people: np.ndarray
    front: np.ndarray
    profile: np.ndarray

    def of(self, people: np.ndarray) -> Views:
        kept = np.isin(self.people, people)
        return Views(self.vectors[kept], self.people[kept], self.front[kept], self.profile[kept])


def views_of(engine: Engine, london: Path) -> Views:
    """All photos of the London people, in the order of `people_of`."""
    crops, people, front, profile = [], [], [], []
    for person, file in enumerate(sorted(london.rglob("neutral_front.jpg"))):
        for view in sorted(file.parent.glob("*.jpg")):
            try:
                located = engine.locate(Photo(view.name, view.read_bytes()), Stopwatch())
            except PhotoError:
                continue
            crops.append(engine.crop(located).pixels)
            people.append(person)
            front.append(view.stem.endswith("front"))
            profile.append(located.face.profile is not None)
    parts = [np.stack(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
    vectors = np.concatenate([describe(engine.embedder, part) for part in parts])
    return Views(vectors.astype(np.float64), np.array(people), np.array(front), np.array(profile))


def in_both_views(cohort: np.ndarray, views: Views) -> np.ndarray:
    """The cohort (n, d) with the same faces in profile, (2, n, d): the people's mean of the one view goes to that of
    the other, and the distances from it shrink as those of the people do.
    """
    people = np.unique(views.people)
    means = [
        np.stack([views.vectors[seen & (views.people == person)].mean(axis=0) for person in people])
        for seen in (views.front, views.profile)
    ]
    front, profile = (each.mean(axis=0) for each in means)
    spread_front, spread_profile = (float(np.linalg.norm(each - each.mean(axis=0))) for each in means)
    return np.stack([cohort, profile + (cohort - front) * spread_profile / spread_front])


def scores_of(
    views: Views, cohort: np.ndarray, members: np.ndarray, *, same: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Before scaling, of all pairs of two people's faces, or of the `same` person's: who they are (n, 2), how many of
    the two faces are in profile (n,), and the score (n,).

    Each against the part of the cohort that neither of them is in.
    """
    pairs, profiles, scores = [], [], []
    everyone = np.unique(views.people)
    for two in [(one, one) for one in everyone] if same else combinations(everyone, 2):
        here = views.of(np.array(two))
        apart = Cohort(cohort[:, ~np.isin(members, two).any(axis=1)], NEIGHBOURS, (1.0, 1.0, 1.0))
        found = all_scores(here.vectors, "euclidean") * apart.factors(here.vectors, here.profile)
        i, j = np.triu_indices(len(found), 1)
        wanted = (here.people[i] == here.people[j]) == same
        i, j = i[wanted], j[wanted]
        pairs += [two] * len(i)
        profiles.append(here.profile[i].astype(int) + here.profile[j])
        scores.append(found[i, j])
    return np.array(pairs), np.concatenate(profiles), np.concatenate(scores)


def scales_of(profiles: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """For pairs with one profile and with two, from the scores of strangers."""
    return np.array([LINE / np.quantile(scores[profiles == count], FAR) for count in (1, 2)])


def main() -> None:
    out, *folders = map(Path, sys.argv[1:])
    engine = Engine(CoreSettings())
    vectors, crops, members = [], [], []
    for folder in folders:
        people, found = people_of(engine, folder)
        averages, pairs = averages_of(engine, people, found)
        crops += averages
        members += [(i + sum(map(len, vectors)), j + sum(map(len, vectors))) for i, j in pairs]
        vectors.append(found)
    views = views_of(engine, folders[0])
    front = describe(engine.embedder, np.stack(crops)).astype(np.float64)
    engine.close()
    cohort = in_both_views(front, views).astype(np.float16)
    np.save(out, cohort, allow_pickle=False)
    print(f"{len(front)} faces of nobody")
    everyone = np.concatenate(vectors).astype(np.float64)
    yes, no = np.ones(len(everyone), dtype=bool), np.zeros(len(everyone), dtype=bool)
    report(Views(everyone, np.arange(len(everyone)), yes, no), views, cohort.astype(np.float64), np.array(members))
    report_unseen(views, front, np.array(members))


def report(people: Views, views: Views, cohort: np.ndarray, members: np.ndarray) -> None:
    pairs, _, scores = scores_of(people, cohort, members)
    scale = LINE / float(np.quantile(scores, FAR))
    _, profiles, others = scores_of(views, cohort, members)
    print("scales =", np.round([scale, *scales_of(profiles, others)], 4).tolist())
    names = [(str(i), str(j)) for i, j in pairs]
    print(calibration.measure_strangers("", scores * scale, names, "euclidean"))


def report_unseen(views: Views, front: np.ndarray, members: np.ndarray) -> None:
    """Of pairs with profiles: how many pass the line, when nothing that was fitted knows either of the two people."""
    parts = np.array_split(np.random.default_rng(0).permutation(np.unique(views.people)), FOLDS)
    passed: dict[tuple[bool, int], list[np.ndarray]] = {}
    for first, second in combinations_with_replacement(range(FOLDS), 2):
        known = views.of(np.concatenate([part for n, part in enumerate(parts) if n not in (first, second)]))
        cohort = in_both_views(front, known)
        scales = scales_of(*scores_of(known, cohort, members)[1:])
        unseen = views.of(np.concatenate([parts[first], parts[second]]))
        for same in (False, True):
            pairs, profiles, scores = scores_of(unseen, cohort, members, same=same)
            where = [np.isin(pairs[:, side], parts[first]) for side in (0, 1)]
            now = where[0] != where[1] if first != second else np.ones(len(pairs), dtype=bool)
            for count in (1, 2):
                chosen = scores[now & (profiles == count)] * scales[count - 1]
                passed.setdefault((same, count), []).append(chosen <= LINE)
    for (same, count), shares in passed.items():
        every = np.concatenate(shares)
        print(f"{'true' if same else 'false'} matches with {count} in profile: {every.mean():.2%} of {len(every)}")


if __name__ == "__main__":
    main()
