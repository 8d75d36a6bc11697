"""How faithful the maps of a pair are (see `core.heatmap.evidence`), as a Markdown table.

What a map says to make the two alike is blurred away first, and then what it says to set them apart: the score of the
pair should first fall and then rise, so the area between the curve of that order and that of the reverse is what a map
is worth. It is measured twice, since there are two ways to hide: in one photo, the other left whole (the mean of both),
and in both at once. The unit is the model's threshold.

Beside today's maps stand one of random numbers, one that only knows that faces are in the middle, and the other ways to
make a map of the very same vectors. Half of the pairs are of one person and half of strangers. Differences are paired,
and their 95 % intervals are over people.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from benchmarks.heatmaps import LONDON, Map, Pixels, centre, interval
from core import heatmap
from core.contracts import DEFAULT_MODEL, REGIONS, CoreSettings, ModelChoice, NoFace, Photo
from core.engine import Engine
from core.heatmap.evidence import Hidden
from core.models.embedder import Embedder
from core.similarity.scores import dissimilarity, score
from core.stages import Stopwatch

STEPS = 10
"""Pixels go in so many equal parts."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Side:
    """A photo of a pair: its crop, and its landmarks in there."""

    crop: Pixels
    landmarks: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pair:
    """`person`: who the first one is."""

    person: str
    same: bool
    sides: tuple[Side, Side]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path, nargs="?", default=LONDON, help="a table with columns a, b, same")
    parser.add_argument("--count", type=int, default=100, help="how many of its pairs")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    if not arguments.pairs.is_file():
        parser.error(f"there is no {arguments.pairs}; name a table of pairs (columns a, b, same)")
    engine = Engine(CoreSettings(model=ModelChoice(arguments.model), threads=1))
    pairs = [*read(engine, arguments.pairs, arguments.count)]
    print(machine.description())
    people = len({pair.person for pair in pairs})
    print(f"\n{arguments.model}: why these two, {len(pairs)} pairs, half of them strangers, {people} people\n")
    table(engine.embedder, pairs)
    engine.close()


def read(engine: Engine, path: Path, count: int) -> Iterator[Pair]:
    """Pairs in which both faces are found, drawn at random: half of one person, half of strangers."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    sides: dict[str, Side | None] = {}

    def side(name: str) -> Side | None:
        if name not in sides:
            try:
                crop = engine.crop(engine.locate(Photo(name, (path.parent / name).read_bytes()), Stopwatch()))
                sides[name] = Side(crop.pixels, crop.landmarks)
            except NoFace:
                sides[name] = None
        return sides[name]

    for same in ("1", "0"):
        kind = [row for row in rows if row["same"] == same]
        left = count // 2
        for place in np.random.default_rng(0).permutation(len(kind)):
            row = kind[place]
            first, second = side(row["a"]), side(row["b"])
            if first is not None and second is not None and left:
                yield Pair(row["a"].partition("/")[0], same == "1", (first, second))
                left -= 1


def maps(embedder: Embedder, pair: Pair, random: np.random.Generator) -> Mapping[str, tuple[Map, Map]]:
    """Of both photos, by the way that they were made."""
    metric = embedder.spec.metric
    first, second = (Hidden(embedder, side.crop, side.landmarks) for side in pair.sides)
    found = heatmap.evidence(
        embedder, (pair.sides[0].crop, pair.sides[1].crop), (pair.sides[0].landmarks, pair.sides[1].landmarks)
    )
    size = embedder.spec.input_size
    labels = [heatmap.region_labels(side.landmarks, size) for side in pair.sides]
    changes = np.array([found.changes[region] for region in REGIONS], np.float32)

    def apart(one: Vectors, other: Vectors) -> float:
        return dissimilarity(score(one, other, metric), metric) - dissimilarity(
            score(first.whole, second.whole, metric), metric
        )

    both = np.array([apart(one, other) for one, other in zip(first.parts, second.parts, strict=True)])
    alone = [
        np.array([apart(part, other.whole) for part in one.parts]) for one, other in ((first, second), (second, first))
    ]
    return {
        "random": (random.random((size, size), np.float32), random.random((size, size), np.float32)),
        "centre-weighted": (centre(size), centre(size)),
        "regions, in both": (changes[labels[0]], changes[labels[1]]),
        "spots and regions, in one": (first.map(alone[0]), second.map(alone[1])),
        "spots and regions, in both": (first.map(both), second.map(both)),
        "**Shapley's value of these** (the card's)": found.maps,
    }


def table(embedder: Embedder, pairs: list[Pair]) -> None:
    random = np.random.default_rng(0)
    worth: dict[str, list[tuple[float, float]]] = {}
    for pair in pairs:
        for name, both in maps(embedder, pair, random).items():
            worth.setdefault(name, []).append(gains(embedder, pair, both))
    same = np.array([pair.same for pair in pairs])
    base = np.array(worth["centre-weighted"])
    beside = "in one, beside centre-weighted | in both, beside it"
    print(f"| map | one person: in one photo ↑ | in both ↑ | strangers: in one ↑ | in both ↑ | {beside} |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, values in worth.items():
        mine = np.array(values)
        means = [f"{mine[same == who, way].mean():+.3f}" for who in (True, False) for way in (0, 1)]
        leads = ["", ""] if name == "centre-weighted" else [interval(mine[:, i] - base[:, i], pairs) for i in (0, 1)]
        print(f"| {name} | {' | '.join(means)} | {' | '.join(leads)} |")


def gains(embedder: Embedder, pair: Pair, both: tuple[Map, Map]) -> tuple[float, float]:
    """Areas between the curves of both orders: where pixels go in one photo, and where they go in both."""
    whole = embedder(np.stack([side.crop for side in pair.sides]))
    gone = [hidden(embedder, side.crop, values) for side, values in zip(pair.sides, both, strict=True)]
    metric, unit = embedder.spec.metric, dissimilarity(embedder.spec.threshold, embedder.spec.metric)

    def area(firsts: Vectors, seconds: Vectors) -> float:
        away = [dissimilarity(score(one, other, metric), metric) for one, other in zip(firsts, seconds, strict=True)]
        forth, back = np.split(np.array(away) / unit, 2)
        return float(np.trapezoid(forth - back, dx=1 / STEPS))

    count = len(gone[0])
    in_one = area(gone[0], np.repeat(whole[1:], count, axis=0)) + area(gone[1], np.repeat(whole[:1], count, axis=0))
    return in_one / 2, area(gone[0], gone[1])


def hidden(embedder: Embedder, crop: Pixels, values: Map) -> Vectors:
    """The vectors of a crop as its pixels go, from the highest value to the lowest, and then of the reverse."""
    size = crop.shape[0]
    rank = np.empty(size * size, np.int64)
    rank[np.argsort(-values.ravel(), kind="stable")] = np.arange(size * size)
    ranks = rank.reshape(size, size)
    steps = np.linspace(0, size * size, STEPS + 1).round().astype(int)[:, np.newaxis, np.newaxis]
    gone = np.concatenate([ranks < steps, ranks >= size * size - steps])[..., np.newaxis]
    return embedder(np.where(gone, heatmap.blurred(crop), crop))


if __name__ == "__main__":
    main()
