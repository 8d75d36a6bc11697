"""The fine detail that a mean loses, restored scale by scale.

Pores, hairs and lashes of many faces lie in different places: averaging makes them vanish, and skin looks like wax. So
what is left of them in each band of a Laplacian pyramid (Burt & Adelson 1983) is amplified to the energy that the
single faces have there, as in Tiddeman, Burt & Perrett 2001, "Prototyping and transforming facial textures". Theirs is
the mean energy, which a few faces with an edge somewhere (a strand of hair, a collar) dominate: it draws rims. Here it
is the geometric mean, which is high only where nearly all faces have detail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.average.reference import face_in

BANDS = 5
"""Bands of the pyramid to amplify, from the finest on; the coarser ones are what distinguishes people."""
_IN_FACE = (1.25, 1.2, 1.1, 0.9, 0.5)
"""How much of the loss is restored in the face, by band."""
_AROUND = (0.5, 0.4, 0.1, 0.0, 0.0)
"""... and around it: hair should look like hair, but where outlines do not meet, coarse bands would draw a rim."""
_KNOWN = 0.3
"""Share of the faces that must show a pixel for its texture to be fully restored."""
_FACE = 0.97
"""Scale of the face's outline about its middle within which pixels count as face,"""
_FOREHEAD = 1.22
"""... and a further factor upwards, since the mesh ends below the hair."""
CELL = 8
"""Side in pixels of the cells that energy is measured in; the coarsest band has one pixel a cell."""
_WINDOW = 1.0
"""Deviation in cells of the window that energy is averaged over."""
_SKIPPED = 2
"""Only every n-th row of the finest band is measured, which is as good as all."""
_TENT = np.array((1, 2, 1), dtype=np.float32)
"""Filter, across and down, of the finest band in sixteenths."""
_FLOOR = 0.05
"""Energy, in squared steps of 8 bits, of what cannot be seen: rounding and flat background."""
_ROUNDS = 4
"""The bands overlap: what is added to one shows in its neighbours too."""
_MOST = 6.0
"""The largest gain: amplified more than this, the rest is noise."""


def cells(side: int) -> int:
    """Cells across a picture of `side` pixels, as down."""
    return -(-side // CELL)


def log_energies(grey: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logarithm of the energy around each cell, in each band of a picture (s x s, in steps of 8 bits): float32 (BANDS,
    cells, cells).
    """
    few = grey[::_SKIPPED]
    if grey.dtype == np.uint8:  # small integers take half the time
        smooth, unit = np.asarray(cv2.sepFilter2D(grey, cv2.CV_16S, _TENT, _TENT)), 1 / 16
        few = np.left_shift(few, 4, dtype=np.int16)
    else:
        smooth, unit = _smoothed(np.asarray(grey, dtype=np.float32)), 1.0
    found = np.empty((BANDS, cells(len(grey)), cells(len(grey))), dtype=np.float32)
    for energy, (level, rest) in zip(found, ((few, smooth[::_SKIPPED]), *_levels(smooth)), strict=True):
        cv2.GaussianBlur(_squares(level, rest, len(energy)), (0, 0), _WINDOW, dst=energy)
    found *= unit**2
    found += _FLOOR
    return np.asarray(cv2.log(found, dst=found), dtype=np.float32)


def _squares(level: NDArray[Any], rest: NDArray[Any], count: int) -> NDArray[np.float32]:
    """Mean square of the difference in each of `count` x `count` cells."""
    apart = np.asarray(cv2.absdiff(level, rest))
    if apart.dtype == np.int16:
        apart = apart.view(np.uint16)  # none is negative, and OpenCV squares only unsigned ones
    at_once = len(apart) // count if len(apart) > count and len(apart) % count == 0 else 1
    summed = np.zeros((len(apart) // at_once, apart.shape[1]), dtype=np.float32)
    for row in range(at_once):
        cv2.accumulateSquare(apart[row::at_once], summed)
    squares = cv2.resize(summed, (count, count), interpolation=cv2.INTER_AREA)
    return np.asarray(squares / np.float32(at_once), dtype=np.float32)


def restored(
    rgb: NDArray[np.float32],
    wanted: NDArray[np.float32],
    held: NDArray[np.float32],
    oval: NDArray[np.float32],
    amount: float,
) -> NDArray[np.float32]:
    """The picture (float32 s x s x 3, sRGB, 0-255) with its detail raised to the energy `wanted`, a mean of
    `log_energies`. `held` (s, s): the share of the faces that show a pixel, 0-1; `oval`: the face's outline, see
    `reference.face_in`; `amount`: how much of the missing detail to add, 0-1. Detail is never reduced.
    """
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    smooth = _smoothed(grey)
    bands = [level - rest for level, rest in ((grey, smooth), *_levels(smooth))]
    gains = np.zeros_like(wanted)
    detail = np.zeros_like(grey)
    for _ in range(_ROUNDS):
        gains += (wanted - log_energies(grey + detail)) / 2
        np.clip(gains, 0, np.log(_MOST), out=gains)
        more = np.exp(gains) - 1
        detail = _together([_scaled(band, one) for band, one in zip(bands, more, strict=True)])
    in_face = cv2.GaussianBlur(face_in(oval, wanted.shape[-1], _FACE, _FOREHEAD), (0, 0), _WINDOW)
    known = np.clip(cv2.resize(held, wanted.shape[:0:-1], interpolation=cv2.INTER_AREA) / _KNOWN, 0, 1)
    strengths = [
        known * (around + (inside - around) * in_face) for inside, around in zip(_IN_FACE, _AROUND, strict=True)
    ]
    detail = _together([_scaled(*one) for one in zip(bands, more * strengths, strict=True)])
    whole = np.asarray(cv2.merge([np.float32(amount) * detail] * 3), dtype=np.float32)
    whole += rgb
    return whole


def _scaled(band: NDArray[np.float32], by_cell: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(band * cv2.resize(by_cell, band.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _smoothed(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """All but the finest band."""
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), dtype=np.float32)


def _levels(smooth: NDArray[Any]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Each level of the pyramid from the second one on, and what the next levels keep of it; the difference is a band.
    Both have the dtype of `smooth`.
    """
    for _ in range(BANDS - 1):
        coarser = np.asarray(cv2.pyrDown(smooth))
        yield smooth, np.asarray(cv2.pyrUp(coarser, dstsize=smooth.shape[::-1]))
        smooth = coarser


def _together(bands: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    finest, *coarse = bands
    whole = coarse[-1]
    for band in reversed(coarse[:-1]):
        whole = np.asarray(cv2.add(band, cv2.pyrUp(whole, dstsize=band.shape[::-1])), dtype=np.float32)
    return np.asarray(cv2.add(finest, whole), dtype=np.float32)
