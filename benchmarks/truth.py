"""How true the answers of `/similar` are: `make bench-truth`, on the sets at hand.

LONDON is the Face Research Lab London Set (a folder a person, ten views, `people.csv`), PORTRAITS has one portrait a
person. Neither is in the repository. Each photo is also damaged in every way of `benchmarks.damage`, in five strengths.
Two people must not be called one, whatever was done to both photos; plain photos must have no caution.

    python -m benchmarks.truth LONDON PORTRAITS [--twins 005.jpg,007.jpg] [--only mask,dark] [--model sface]

`--twins`: portraits that may be of one person, and are not counted as strangers.
"""

from __future__ import annotations

import argparse
import atexit
import csv
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from benchmarks.damage import KINDS, STRENGTHS
from core import quality
from core.contracts import CoreSettings, Limits, ModelChoice, Photo, PhotoError
from core.engine import LONG_SIDE, Engine
from core.photo import decode
from core.quality import Quality
from core.similarity import doubt
from core.similarity.doubt import Effects
from core.similarity.percent import percent_curve
from core.similarity.scorer import Scorer
from core.similarity.scores import same_person
from core.similarity.verdict import rank, verdict
from core.similarity.verification import Measured, line_at, wilson
from core.stages import Stopwatch

RARE = 0.99


@dataclass(frozen=True, eq=False)
class Seen:
    """A photo of `person`, plain ("") or with this `damage` of this `strength`. `vector`: None if no face was found."""

    person: str
    view: str
    damage: str
    strength: int
    vector: np.ndarray | None
    quality: Quality | None

    @cached_property
    def found(self) -> tuple[quality.Found, ...]:
        """What is wrong with the face."""
        return () if self.quality is None else quality.find(self.quality)

    @cached_property
    def effects(self) -> Effects:
        return quality.effects(self.found)

    @cached_property
    def refused(self) -> bool:
        """Whether nothing is said about it."""
        return self.quality is None or quality.too_little(self.found) is not None


@cache
def engine_of(model: str) -> Engine:
    """One a process."""
    cv2.setNumThreads(1)
    engine = Engine(CoreSettings(model=ModelChoice(model), threads=1))
    atexit.register(engine.close)
    return engine


def look(file: Path, person: str, kinds: Collection[str], model: str) -> list[Seen]:
    """The photo as it is, and damaged in these ways."""
    engine, data = engine_of(model), file.read_bytes()
    found = [_look_at(engine, Photo(file.name, data), person, file.stem, "", 0)]
    if not kinds or found[0].vector is None:
        return found
    photo = decode(Photo(file.name, data), Limits(), long_side=LONG_SIDE).pixels
    face = engine.locate(Photo(file.name, data), Stopwatch()).face
    for kind in kinds:
        for strength in STRENGTHS:
            encoded = cv2.imencode(".png", KINDS[kind](photo, face, strength)[..., ::-1])[1].tobytes()
            found.append(_look_at(engine, Photo(file.name, encoded), person, file.stem, kind, strength))
    return found


def _look_at(engine: Engine, photo: Photo, person: str, view: str, damage: str, strength: int) -> Seen:
    try:
        crops = [engine.crop(engine.locate(photo, Stopwatch()))]
    except PhotoError:
        return Seen(person, view, damage, strength, None, None)
    (face,) = engine.look_closer(engine.recognise(crops))
    return Seen(person, view, damage, strength, face.vector, face.quality)


@dataclass(frozen=True, eq=False)
class Pairs:
    """What is said about n pairs.

    `words`: verdicts, or `refused`; `plain`: whether it is said without a caution; `scores`: NaN where refused.
    """

    words: np.ndarray
    plain: np.ndarray
    scores: np.ndarray

    def same_without_caution(self) -> Measured:
        return wilson(int(((self.words == "same") & self.plain).sum()), len(self.words))

    def share(self, word: str) -> float:
        return float((self.words == word).mean())


class Judge:
    """Says of two faces what `/similar` says."""

    def __init__(self, model: str) -> None:
        self.spec = engine_of(model).embedder.spec
        self._scorer = Scorer(self.spec)
        self.curve = percent_curve(self.spec)

    def pairs(self, faces: Sequence[tuple[Seen, Seen]]) -> Pairs:
        words, plain, scores = [], [], []
        for first, second in faces:
            word, clear, score = self._one(first, second)
            words.append(word)
            plain.append(clear)
            scores.append(score)
        return Pairs(np.array(words), np.array(plain, dtype=bool), np.array(scores))

    def _one(self, first: Seen, second: Seen) -> tuple[str, bool, float]:
        if first.refused or second.refused:
            return "refused", False, np.nan
        assert first.vector is not None and second.vector is not None
        assert first.quality is not None and second.quality is not None
        score = self._scorer.score(first.vector, second.vector, (first.quality.profile, second.quality.profile))
        bounds = doubt.interval(score, self.spec, first.effects, second.effects)
        return verdict(score, self.spec, bounds), bounds is None, score


def groups_of(people: Path) -> dict[str, str]:
    """The origin of each of the London people, by their id."""
    with people.open(newline="") as file:
        return {row["id"]: row["ethnic_group"] for row in csv.DictReader(file)}


def strangers(faces: Sequence[Seen], twins: frozenset[str]) -> list[tuple[Seen, Seen]]:
    return [
        (a, b)
        for a, b in combinations(faces, 2)
        if a.person != b.person and not (a.person in twins and b.person in twins)
    ]


def shown(share: Measured) -> str:
    return f"{share.value:.2%} ({share.low:.2%}-{share.high:.2%})"


def report_plain(judge: Judge, london: list[Seen], portraits: list[Seen], people: Path, twins: frozenset[str]) -> None:
    front = [one for one in london if one.view.endswith("front")]
    neutral = [one for one in front if one.view == "neutral_front"]
    for name, faces in (("London, from the front", front), ("London, all views", london), ("portraits", portraits)):
        kinds = Counter(told.kind for one in faces for told in quality.told(one.found))
        spoiled = sum(bool(one.found) or one.refused for one in faces)
        print(f"cautions, {name}: {shown(wilson(spoiled, len(faces)))} of {len(faces)} photos; {dict(kinds)}")
    groups = groups_of(people)
    sets = {"London, neutral and smiling, front": strangers(front, twins), "portraits": strangers(portraits, twins)}
    for group in sorted(set(groups.values())):
        sets[f"London, both {group}"] = [
            pair for pair in strangers(front, twins) if all(groups[one.person] == group for one in pair)
        ]
    for name, faces in sets.items():
        pairs = judge.pairs(faces)
        scores = pairs.scores[np.isfinite(pairs.scores)]
        if not len(scores):
            continue
        false = wilson(int(sum(_passes(judge, score) for score in scores)), len(scores))
        percents = [judge.curve(score) for score in scores]
        rare = [one for one in (rank(score, judge.spec) for score in scores) if one and one.part >= RARE]
        print(
            f"strangers, {name}: {len(scores)} pairs; at the line {shown(false)}; percent, median "
            f"{np.median(percents):.1f}; ranked {RARE} and more {shown(wilson(len(rare), len(scores)))}"
        )
    same = [(a, b) for a, b in combinations(london, 2) if a.person == b.person]
    pairs, others = judge.pairs(same), judge.pairs(strangers(london, twins))
    sign = 1.0 if judge.spec.metric == "cosine" else -1.0
    line = line_at(np.nan_to_num(sign * others.scores, nan=-np.inf), 0.001)
    kept = np.nan_to_num(sign * pairs.scores, nan=-np.inf) >= line
    true = shown(wilson(int(kept.sum()), len(kept)))
    print(f"London, all views: true matches at 0.1 % false {true} at {sign * line:.3f}")
    ends = judge.pairs([(a, b) for a in neutral for b in front if a.person == b.person and b.view != a.view])
    print(f"one person, percent, median {np.median([judge.curve(one) for one in ends.scores]):.1f}")


def _passes(judge: Judge, score: float) -> bool:
    return same_person(score, judge.spec.threshold, judge.spec.metric)


def report_damage(judge: Judge, name: str, faces: list[Seen], kinds: Collection[str], twins: frozenset[str]) -> None:
    """For each kind and strength: what is said of strangers when both photos are damaged so, and when one is."""
    plain = [one for one in faces if not one.damage]
    print(f"\n{name}: strangers called the same without a caution (95 % interval), with one, unsure, refused; cautions")
    for kind, strength in [("", 0), *((kind, strength) for kind in kinds for strength in STRENGTHS)]:
        here = [one for one in faces if (one.damage, one.strength) == (kind, strength)]
        both = judge.pairs(strangers(here, twins))
        told = [one for one in here if one.refused or one.found]
        cautioned = float(((both.words == "same") & ~both.plain).mean())
        line = (
            f"| {kind or 'plain'} {strength or ''} | {shown(both.same_without_caution())} | {cautioned:.2%} "
            f"| {both.share('unsure'):.1%} | {both.share('refused'):.1%} | {len(told) / len(here):.0%} "
        )
        if kind:
            one = judge.pairs([(a, b) for a in here for b in plain if a.person != b.person])
            line += f"| one of two: {shown(one.same_without_caution())} |"
        print(line)


def tasks(london: Path, portraits: Path, kinds: Collection[str]) -> Iterator[tuple[str, Path, str, Collection[str]]]:
    for file in sorted(london.rglob("*.jpg")):
        yield "london", file, file.parent.name, kinds if file.stem == "neutral_front" else ()
    for file in sorted(portraits.glob("*.jpg")):
        yield "portraits", file, file.name, kinds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("london", type=Path)
    parser.add_argument("portraits", type=Path)
    parser.add_argument("--twins", default="", help="names of files")
    parser.add_argument("--only", help="kinds of damage, of " + ", ".join(KINDS))
    parser.add_argument("--model", default=CoreSettings().model.name)
    given = parser.parse_args()
    twins = frozenset(given.twins.split(",")) - {""}
    kinds = given.only.split(",") if given.only else tuple(KINDS)
    work = list(tasks(given.london, given.portraits, kinds))
    seen: dict[str, list[Seen]] = {"london": [], "portraits": []}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        done = pool.map(look, *zip(*((*task[1:], given.model) for task in work), strict=True))
        for (name, *_), photos in zip(work, done, strict=True):
            seen[name] += photos
    judge = Judge(given.model)
    plain = {name: [one for one in photos if not one.damage] for name, photos in seen.items()}
    report_plain(judge, plain["london"], plain["portraits"], given.london / "people.csv", twins)
    damaged = [one for one in seen["london"] if one.view == "neutral_front"]
    report_damage(judge, "London", damaged, kinds, twins)
    report_damage(judge, "portraits", seen["portraits"], kinds, twins)


if __name__ == "__main__":
    main()
