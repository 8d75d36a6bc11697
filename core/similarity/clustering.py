"""Who looks like whom: scores of all pairs of many faces -> groups of one person each, and an order to show them in.

Agglomerative clustering with average linkage (Sokal & Michener 1958), cut at the model's threshold: two groups merge
while the mean dissimilarity between them is within it. Single linkage would chain a whole family together by one
doubtful pair after another; complete linkage lets one bad photo split a person.

scipy is loaded when it is first needed: it takes 40 MB, and most requests do not use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.contracts import Metric


@dataclass(frozen=True)
class Clusters:
    """`order`: all faces, similar ones next to each other, each group contiguous.

    `groups`: those of two or more faces, the largest first, each as its faces' indices.
    """

    order: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]


def clusters(scores: NDArray[np.float64], metric: Metric, threshold: float) -> Clusters:
    """`scores`: symmetric (n, n), n >= 2, in `metric`; `threshold`: where one person ends and two begin."""
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    condensed = _condensed(scores, metric)
    # bars between leaves turned so that neighbours are alike (Bar-Joseph et al. 2001)
    tree = optimal_leaf_ordering(linkage(condensed, "average"), condensed)
    labels = _cut(tree, metric, threshold)
    groups = [tuple(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)]
    several = sorted((group for group in groups if len(group) > 1), key=lambda group: (-len(group), group))
    return Clusters(tuple(leaves_list(tree).tolist()), tuple(several))


def people(scores: NDArray[np.float64], metric: Metric, threshold: float) -> NDArray[np.intp]:
    """The person in each of n >= 1 faces, numbered from 0: (n,). The groups are those of `clusters`."""
    from scipy.cluster.hierarchy import linkage

    if len(scores) == 1:
        return np.zeros(1, dtype=np.intp)
    tree = linkage(_condensed(scores, metric), "average")
    return np.unique(_cut(tree, metric, threshold), return_inverse=True)[1]


def _condensed(scores: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    from scipy.spatial.distance import squareform

    apart = _dissimilarity(scores, metric)
    np.fill_diagonal(apart, 0)
    return np.asarray(squareform(apart, checks=False))


def _cut(tree: NDArray[np.float64], metric: Metric, threshold: float) -> NDArray[np.int32]:
    from scipy.cluster.hierarchy import fcluster

    line = float(_dissimilarity(np.array(threshold), metric))
    return np.asarray(fcluster(tree, line, "distance"))


def most_alike(
    scores: NDArray[np.float64], metric: Metric, apart: Sequence[Sequence[int]] = ()
) -> list[tuple[int, int]]:
    """All pairs (first < second), the most alike first; without those that share a group of `apart`."""
    first, second = np.triu_indices(len(scores), 1)
    group = np.arange(len(scores))
    for members in apart:
        group[list(members)] = members[0]
    kept = (group[first] != group[second]) if apart else np.ones(len(first), dtype=bool)
    first, second = first[kept], second[kept]
    best = np.argsort(_dissimilarity(scores[first, second], metric), kind="stable")
    return list(zip(first[best].tolist(), second[best].tolist(), strict=True))


def _dissimilarity(scores: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    """0 for the same, larger for less alike: the distance itself, or 1 - cosine."""
    values = scores if metric == "euclidean" else 1 - scores
    return np.maximum(values, 0)
