"""What catalog.toml says of strangers: `python -m benchmarks.make_scale LONDON PORTRAITS FIGURES [--twins A,B]`.

Sets of photos differ more than samples of one set do: strangers in a studio are more alike than strangers in the press,
and those of one origin more than those of several. So a rank lies in the middle between the two sets that differ most,
and its error covers both of them, and another set's sampling. FIGURES has the quantiles of sets whose photos are not at
hand (scores, by share, of `strangers`); groups of at least eight London people of one origin are sets too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path

import numpy as np

from benchmarks import truth
from core.similarity.calibration import PARTS

Share = Callable[[float], float]
"""The share of a set's strangers that have this score or more."""

MODEL = "sface"
FEWEST_PEOPLE = 8
SHOWN = 5


def of_scores(scores: np.ndarray) -> Share:
    ordered = np.sort(scores)
    return lambda score: 1 - float(np.searchsorted(ordered, score)) / len(ordered)


def of_quantiles(quantiles: dict[str, float]) -> Share:
    shares, scores = np.array([float(share) for share in quantiles]), np.array(list(quantiles.values()))
    return lambda score: 1 - float(np.interp(score, scores, shares, left=0.0, right=1.0))


def ends(score: float, sets: Sequence[Share]) -> tuple[float, float]:
    """The smallest and the largest share that any of the sets has."""
    shares = [share(score) for share in sets]
    return min(shares), max(shares)


def score_at(part: float, sets: Sequence[Share]) -> float:
    """The score for which `part` lies in the middle between the sets."""
    low, high = -1.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(ends(middle, sets)) / 2 > part else (low, middle)
    return (low + high) / 2


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("london", "portraits", "figures"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--twins", default="")
    given = parser.parse_args()
    twins = frozenset(given.twins.split(",")) - {""}
    judge = truth.Judge(MODEL)

    def scores(faces: Sequence[truth.Seen]) -> np.ndarray:
        found = judge.pairs(truth.strangers(faces, twins)).scores
        return found[np.isfinite(found)]

    files = sorted(given.london.rglob("*_front.jpg"))
    london = [one for file in files for one in truth.look(file, file.parent.name, (), MODEL)]
    portraits = [
        one for file in sorted(given.portraits.glob("*.jpg")) for one in truth.look(file, file.name, (), MODEL)
    ]
    own = [scores(london), scores(portraits)]
    elsewhere = [of_quantiles(one["strangers"]) for one in json.loads(given.figures.read_text())["sets"].values()]
    sets = [*map(of_scores, own), *elsewhere]
    group_of = truth.groups_of(given.london / "people.csv")
    for group in sorted(set(group_of.values())):
        faces = [one for one in london if group_of[one.person] == group]
        if len({one.person for one in faces}) >= FEWEST_PEOPLE:
            sets.append(of_scores(scores(faces)))
    found = [score_at(part, sets) for part in PARTS]
    pairs = min(map(len, own))
    errors = []
    for part, score in zip(PARTS, found, strict=True):
        low, high = ends(score, sets)
        errors.append((high - low) / 2 + 1.96 * sqrt(part * (1 - part) / pairs))
    print(f"parts = {list(PARTS)}")
    print(f"scores = {[round(score, SHOWN) for score in found]}")
    print(f"errors = {[round(error, SHOWN) for error in errors]}")


if __name__ == "__main__":
    main()
