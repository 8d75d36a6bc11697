"""How faithful heatmaps are: deletion and insertion (Petsiuk et al. 2018, "RISE") of each method, as Markdown tables.

The pixels that a map calls the most important are blurred away first (deletion: the embedding should leave at once,
so a larger area under the curve of its distance is better), or come out of a blurred picture first (insertion: it
should come back at once, smaller is better). Beside the methods stand a map of random numbers, one that only knows
that faces are in the middle, and the default method over a network whose weights were shuffled (Adebayo et al. 2018,
"Sanity Checks for Saliency Maps"): a method that does as well with those does not look at the network.

Differences are paired, photo by photo, and their 95 % intervals are over people, not photos.
"""

from __future__ import annotations

import argparse
import copy
import csv
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import machine
from core import heatmap
from core.contracts import DEFAULT_MODEL, CoreSettings, HeatmapMethod, ModelChoice, NoFace, Photo
from core.engine import Engine
from core.heatmap import Target
from core.models.embedder import Embedder
from core.models.explainable import Explainable
from core.models.spec import ModelSpec
from core.stages import Stopwatch

LONDON = Path(__file__).parents[2] / "shared" / "faces" / "london" / "pairs.csv"
STEPS = 20
"""Pixels go or come in so many equal parts."""

Pixels = NDArray[np.uint8]
Map = NDArray[np.float32]
Maker = Callable[[Pixels, Target], Map]


class OfPerson(Protocol):
    @property
    def person(self) -> str: ...


@dataclass(frozen=True, eq=False)
class Pair:
    """Two photos of one person, as crops, and who it is."""

    person: str
    first: Pixels
    second: Pixels


class Shuffled:
    """The network with all its weights shuffled, layer by layer."""

    def __init__(self, embedder: Embedder) -> None:
        self.spec: ModelSpec = embedder.spec
        whole = embedder.explainable()
        module = copy.deepcopy(whole.module)
        random = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for weights in module.parameters():
                flat = weights.flatten()
                weights.copy_(flat[torch.randperm(len(flat), generator=random)].view_as(weights))
        modules = dict(module.named_modules())
        names = {layer: name for name, layer in whole.module.named_modules()}
        layers = tuple(modules[names[layer]] for layer in whole.layers)
        self._explainable = Explainable(module, layers, whole.layer_names, whole.preprocess)

    def __call__(self, crops: Pixels) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(self._explainable.module(self._explainable.preprocess(crops)).numpy())

    def explainable(self) -> Explainable:
        return self._explainable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path, nargs="?", default=LONDON, help="a table with columns a, b, same")
    parser.add_argument("--count", type=int, default=100, help="how many of its pairs")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--methods", nargs="+", choices=get_args(HeatmapMethod), default=get_args(HeatmapMethod))
    arguments = parser.parse_args()
    if not arguments.pairs.is_file():
        parser.error(f"there is no {arguments.pairs}; name a table of pairs (columns a, b, same)")
    engine = Engine(CoreSettings(model=ModelChoice(arguments.model), threads=1))
    torch.set_num_threads(1)
    pairs = read(engine, arguments.pairs, arguments.count)
    embedder, spec = engine.embedder, engine.embedder.spec
    print(machine.description())
    count = f"{len(pairs)} pairs of photos of one person, {people(pairs)} people"
    print(f"\n{spec.name}, whose default is {spec.heatmap.method}; {count}")
    default = spec.heatmap.method
    plain = {
        "random": in_turn(np.random.default_rng(0)),
        "centre-weighted": lambda crop, _: centre(crop.shape[0]),
    }
    shuffled = {f"{default}, shuffled weights": by(Shuffled(embedder), default)}
    methods = {method: by(embedder, method) for method in arguments.methods}
    table(
        "What makes it this face (target: identity), by the distance from the photo's own embedding",
        embedder,
        pairs,
        {**plain, **methods, **shuffled},
        lambda own, other: (heatmap.Identity(own, spec.metric), own),
    )
    table(
        "What makes it like the other photo (target: likeness), by the distance to that one's embedding",
        embedder,
        pairs,
        {**plain, **methods, **shuffled},
        lambda own, other: (heatmap.Similarity(other, spec.metric), other),
    )
    engine.close()


def read(engine: Engine, path: Path, count: int) -> list[Pair]:
    """`count` of the pairs of one person in which both faces are found, evenly from the whole table."""
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["same"] == "1"]
    crops: dict[str, Pixels | None] = {}

    def crop(name: str) -> Pixels | None:
        if name not in crops:
            try:
                located = engine.locate(Photo(name, (path.parent / name).read_bytes()), Stopwatch())
                crops[name] = engine.crop(located).pixels
            except NoFace:
                crops[name] = None
        return crops[name]

    by_view: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_view[row.get("view_b", "")].append(row)
    order = [row for turn in zip(*by_view.values(), strict=False) for row in turn] if len(by_view) > 1 else rows
    stride = max(1, len(order) // count - 1)
    found = []
    for row in [*order[::stride], *(row for i, row in enumerate(order) if i % stride)]:
        # the second photo is the more varied one, and the one that is explained
        first, second = crop(row["b"]), crop(row["a"])
        if first is not None and second is not None:
            found.append(Pair(row["a"], first, second))
        if len(found) == count:
            break
    return found


def people(pairs: Sequence[Pair]) -> int:
    return len({pair.person for pair in pairs})


def by(embedder: Embedder, method: HeatmapMethod) -> Maker:
    return lambda crop, target: heatmap.attention(embedder, crop, method, target)


def in_turn(random: np.random.Generator) -> Maker:
    return lambda crop, _: random.random(crop.shape[:2], np.float32)


def centre(size: int) -> Map:
    """A bell in the middle, a fifth of the crop wide: the best width of those tried."""
    bell = cv2.getGaussianKernel(size, size / 5, cv2.CV_32F)
    return np.asarray(bell @ bell.T, dtype=np.float32)


def table(
    title: str,
    embedder: Embedder,
    pairs: Sequence[Pair],
    makers: Mapping[str, Maker],
    question: Callable[[NDArray[np.float32], NDArray[np.float32]], tuple[Target, NDArray[np.float32]]],
) -> None:
    areas: dict[str, list[tuple[float, float]]] = {name: [] for name in makers}
    seconds = dict.fromkeys(makers, 0.0)
    for pair in pairs:
        target, towards = question(*embedder(np.stack([pair.first, pair.second])))
        for name, make in makers.items():
            start = time.perf_counter()
            values = make(pair.first, target)
            seconds[name] += time.perf_counter() - start
            areas[name].append(curves(embedder, pair.first, values, towards))
    print(f"\n**{title}**\n")
    print("| map | deletion ↑ | insertion ↓ | deletion, beside centre-weighted | insertion, beside it | s a map |")
    print("| --- | --- | --- | --- | --- | --- |")
    base = np.array(areas["centre-weighted"])
    for name in makers:
        mine = np.array(areas[name])
        beside = ["", ""] if name == "centre-weighted" else [interval(mine[:, i] - base[:, i], pairs) for i in (0, 1)]
        deletion, insertion = mine.mean(axis=0)
        figures = f"{deletion:.3f} | {insertion:.3f} | {beside[0]} | {beside[1]} | {seconds[name] / len(pairs):.3f}"
        print(f"| {name} | {figures} |")


def curves(embedder: Embedder, crop: Pixels, values: Map, towards: NDArray[np.float32]) -> tuple[float, float]:
    """Areas under the curves of deletion and insertion, 0-1 along the part of the pixels."""
    size = crop.shape[0]
    rank = np.empty(size * size, np.int64)
    rank[np.argsort(-values.ravel(), kind="stable")] = np.arange(size * size)
    blurred = heatmap.blurred(crop)
    steps = np.linspace(0, size * size, STEPS + 1).round().astype(int)
    changed = (rank.reshape(size, size) < steps[:, np.newaxis, np.newaxis])[..., np.newaxis]
    deleted, inserted = np.where(changed, blurred, crop), np.where(changed, crop, blurred)
    vectors = embedder(np.concatenate([deleted, inserted]))
    distances = -heatmap.Similarity(towards, embedder.spec.metric).of(vectors)
    first, second = np.split(distances, 2)
    return float(np.trapezoid(first, dx=1 / STEPS)), float(np.trapezoid(second, dx=1 / STEPS))


def interval(differences: NDArray[np.float64], pairs: Sequence[OfPerson]) -> str:
    """Mean and the half width of its 95 % interval, from the means of each person."""
    of: dict[str, list[float]] = defaultdict(list)
    for pair, difference in zip(pairs, differences, strict=True):
        of[pair.person].append(float(difference))
    means = np.array([np.mean(each) for each in of.values()])
    half = 1.96 * means.std(ddof=1) / np.sqrt(len(means))
    return f"{means.mean():+.3f} ± {half:.3f}"


if __name__ == "__main__":
    main()
