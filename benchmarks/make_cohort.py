"""Makes a model's cohort: `python -m benchmarks.make_cohort MODEL OUT LONDON FOLDER...`

OUT is core/models/dlib_cohort.npy or sface_cohort.npy. LONDON is the Face Research Lab London Set, with all its views;
each other folder holds portraits, one person a file. Each person, seen from the front, is averaged with those who are
most alike, so that the cohort has nobody in it, and yet has faces wherever there are people: averages of people drawn
at random all lie in the middle. Profiles cannot be averaged: the cohort in profile is the same vectors, moved and drawn
together as all the London people's vectors are when they turn their heads. Only the vectors are written.

Then it prints what catalog.toml says of the cohort and of strangers, measured on the same people: each pair against the
cohort without the averages that either of the two went into. How well that holds for others it measures on a fifth of
the Londoners at a time, with what the other four say of profiles.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from pathlib import Path

import numpy as np

from core.average import Composite
from core.contracts import AverageRecipe, CoreSettings, Metric, ModelChoice, Photo, PhotoError
from core.engine import Engine, Located
from core.models.embedder import describe
from core.models.spec import ModelSpec
from core.photo import encode
from core.similarity import calibration
from core.similarity.cohort import Cohort
from core.similarity.scores import all_scores
from core.similarity.verification import line_at
from core.stages import Stopwatch

SIDE = 256
PARTNERS = 7
NEIGHBOURS = 10
FAR = {"dlib": 0.0075, "sface": 0.005}
"""The scales are chosen so that the model's own threshold lets this part of the strangers pass."""
FOLDS = 5
BATCH = 32
KINDS = ("no profile", "one", "two")

MAYBE_ONE_PERSON = 5 / 6
"""Two portraits closer than this part of the line may be of one person: they are not averaged, since that might be
somebody, and do not count as strangers."""


def line_of(spec: ModelSpec) -> float:
    """The threshold as a distance: for a cosine, that of unit vectors."""
    return spec.threshold if spec.metric == "euclidean" else float(np.sqrt(2 - 2 * spec.threshold))


def comparable(vectors: np.ndarray, metric: Metric) -> np.ndarray:
    """Vectors whose distances count: for a cosine, those of length 1."""
    exact = vectors.astype(np.float64)
    return exact if metric == "euclidean" else exact / np.linalg.norm(exact, axis=-1, keepdims=True)


def vectors_of(engine: Engine, crops: list[np.ndarray]) -> np.ndarray:
    parts = [np.stack(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
    found = np.concatenate([describe(engine.embedder, part) for part in parts])
    return comparable(found, engine.embedder.spec.metric)


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
    return people, vectors_of(engine, crops)


def averages_of(
    engine: Engine, people: list[Located], vectors: np.ndarray
) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Crops of the averages, and which two people are in each."""
    distances = np.linalg.norm(vectors[:, np.newaxis] - vectors[np.newaxis], axis=2)
    distances[distances < MAYBE_ONE_PERSON * line_of(engine.embedder.spec)] = np.inf
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
    return Views(vectors_of(engine, crops), np.array(people), np.array(front), np.array(profile))


def in_both_views(cohort: np.ndarray, views: Views, metric: Metric) -> np.ndarray:
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
    turned = profile + (cohort - front) * spread_profile / spread_front
    return comparable(np.stack([cohort, turned]), metric)


@dataclass(frozen=True, eq=False)
class Pairs:
    """`who`: (n, 2), the people; `profiles`: (n,), how many of the two faces are in profile; `plain`, `ratio`: (n,),
    the distance, and the same before scaling, divided by the mean one to the part of the cohort that neither is in.
    """

    who: np.ndarray
    profiles: np.ndarray
    plain: np.ndarray
    ratio: np.ndarray

    def scales(self, spec: ModelSpec) -> np.ndarray:
        """For each of `KINDS`, if these are strangers."""
        kinds = [self.ratio[self.profiles == kind] for kind in range(3)]
        return line_of(spec) / np.array([np.quantile(ratio, FAR[spec.name]) for ratio in kinds])


def pairs_of(views: Views, cohort: np.ndarray, members: np.ndarray, *, same: bool = False) -> Pairs:
    """All pairs of two people's faces, or of the `same` person's."""
    who, profiles, plain, ratio = [], [], [], []
    everyone = np.unique(views.people)
    for two in [(one, one) for one in everyone] if same else combinations(everyone, 2):
        here = views.of(np.array(two))
        apart = Cohort(cohort[:, ~np.isin(members, two).any(axis=1)], NEIGHBOURS, (1.0, 1.0, 1.0))
        distances = all_scores(here.vectors, "euclidean")
        factors = apart.factors(here.vectors, here.profile)
        i, j = np.triu_indices(len(distances), 1)
        wanted = (here.people[i] == here.people[j]) == same
        i, j = i[wanted], j[wanted]
        who += [two] * len(i)
        profiles.append(here.profile[i].astype(int) + here.profile[j])
        plain.append(distances[i, j])
        ratio.append(distances[i, j] * factors[i, j])
    return Pairs(np.array(who), *map(np.concatenate, (profiles, plain, ratio)))


def main() -> None:
    model, *paths = sys.argv[1:]
    out, *folders = map(Path, paths)
    engine = Engine(CoreSettings(model=ModelChoice(model)))
    vectors, crops, members = [], [], []
    for folder in folders:
        people, found = people_of(engine, folder)
        averages, pairs = averages_of(engine, people, found)
        crops += averages
        members += [(i + sum(map(len, vectors)), j + sum(map(len, vectors))) for i, j in pairs]
        vectors.append(found)
    views, front, spec = views_of(engine, folders[0]), vectors_of(engine, crops), engine.embedder.spec
    engine.close()
    cohort = in_both_views(front, views, spec.metric).astype(np.float16)
    np.save(out, cohort, allow_pickle=False)
    print(f"{len(front)} faces of nobody")
    everyone = np.concatenate(vectors)
    yes, no = np.ones(len(everyone), dtype=bool), np.zeros(len(everyone), dtype=bool)
    known = Views(everyone, np.arange(len(everyone)), yes, no)
    report(spec, known, views, cohort.astype(np.float64), np.array(members))
    report_unseen(spec, views, front, np.array(members))


def report(spec: ModelSpec, people: Views, views: Views, cohort: np.ndarray, members: np.ndarray) -> None:
    line = line_of(spec)
    pairs = pairs_of(people, cohort, members)
    apart = pairs.plain >= MAYBE_ONE_PERSON * line
    print(f"{(~apart).sum()} pairs of portraits may be of one person, and are left out")
    pairs = Pairs(pairs.who[apart], pairs.profiles[apart], pairs.plain[apart], pairs.ratio[apart])
    scale = line / float(np.quantile(pairs.ratio, FAR[spec.name]))
    turned = pairs_of(views, cohort, members).scales(spec)[1:]
    print("scales (0 for a kind that is better left as it is) =", np.round([scale, *turned], 4).tolist())
    names = [(str(i), str(j)) for i, j in pairs.who]
    for what, distances in (("normalised", pairs.ratio * scale), ("plain", pairs.plain)):
        scores = distances if spec.metric == "euclidean" else 1 - distances**2 / 2
        print(f"from the front, {what}:", calibration.measure_strangers("", scores, names, spec.metric))


def report_unseen(spec: ModelSpec, views: Views, front: np.ndarray, members: np.ndarray) -> None:
    """How many pairs pass the line, when nothing that was fitted knows either of the two people."""
    line = line_of(spec)
    found = {same: [*unseen(spec, views, front, members, same=same)] for same in (False, True)}
    kinds, plain, scaled = (
        {same: np.concatenate([part[which] for part in parts]) for same, parts in found.items()} for which in range(3)
    )
    for kind, name in enumerate(KINDS):
        for same, what in ((False, "false"), (True, "true")):
            here = kinds[same] == kind
            shares = [float((values[same][here] <= line).mean()) for values in (plain, scaled)]
            print(f"{what} matches, {name}: plain {shares[0]:.2%}, normalised {shares[1]:.2%} of {here.sum()}")
    for normalised in ((), (2,), (1, 2), (0, 1, 2)):
        scores = {same: -np.where(np.isin(kinds[same], normalised), scaled[same], plain[same]) for same in found}
        share = float((scores[True] >= line_at(scores[False], 0.001)).mean())
        which = ", ".join(KINDS[kind] for kind in normalised) or "nothing"
        print(f"true matches at a false match rate of 0.1 % over all views, {which} normalised: {share:.2%}")


def unseen(
    spec: ModelSpec, views: Views, front: np.ndarray, members: np.ndarray, *, same: bool
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The kinds of pairs, and their distances, plain and normalised by what the other folds say."""
    parts = np.array_split(np.random.default_rng(0).permutation(np.unique(views.people)), FOLDS)
    for first, second in combinations_with_replacement(range(FOLDS), 2):
        if same and first != second:
            continue
        known = views.of(np.concatenate([part for n, part in enumerate(parts) if n not in (first, second)]))
        cohort = in_both_views(front, known, spec.metric)
        scales = pairs_of(known, cohort, members).scales(spec)
        pairs = pairs_of(views.of(np.concatenate([parts[first], parts[second]])), cohort, members, same=same)
        inside = [np.isin(pairs.who[:, side], parts[first]) for side in (0, 1)]
        now = inside[0] != inside[1] if first != second else np.ones(len(pairs.who), dtype=bool)
        yield pairs.profiles[now], pairs.plain[now], (pairs.ratio * scales[pairs.profiles])[now]


if __name__ == "__main__":
    main()
