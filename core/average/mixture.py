"""Blends of two averages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.average.canvas import Average, developed
from core.average.form import between


def mix(first: Average, second: Average, ratio: float, shape_ratio: float | None = None) -> Average:
    """The blend of two averages: the first at 0, the second at 1. `shape_ratio`: the ratio for the shape, if it should
    differ from that for colour and texture.

    The blend of two faces at 0.5 is their mean. Errors: ValueError if their recipes differ.
    """
    one, other = first.canvas, second.canvas
    if one.recipe != other.recipe:
        raise ValueError(f"{one.recipe} and {other.recipe} cannot be mixed")
    bent = ratio if shape_ratio is None else shape_ratio
    shares = (1 - ratio) * one.held, ratio * other.held
    held = np.asarray(shares[0] + shares[1], dtype=np.float32)
    part = (shares[1] / np.maximum(held, 1e-6))[..., np.newaxis]
    canvas = replace(
        one,
        values=np.asarray(one.values + (other.values - one.values) * part, dtype=np.float32),
        held=held,
        energy=np.asarray((1 - ratio) * one.energy + ratio * other.energy, dtype=np.float32),
    )
    return developed(canvas, between(first.form, second.form, bent))


def morph(first: Average, second: Average, frames: int) -> Iterator[NDArray[np.uint8]]:
    """`frames` pictures from the first to the second, both included."""
    for ratio in np.linspace(0, 1, frames):
        yield mix(first, second, float(ratio)).pixels
