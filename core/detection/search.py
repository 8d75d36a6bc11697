"""The thorough search for faces in a photo: all sizes, all turns.

The network is run over the photo as it is, tile by tile, and over a small copy, for faces that are too large for it.
What scores low is looked at again: cut out, brought to the size that the network knows best, and turned both ways,
which is how small leaning faces are told from what only resembles one. A photo that lies on its side or stands on its
head is turned and searched again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core import geometry
from core.detection.centerface import CenterFace, Detection, best_of

ACCEPTED = 0.5
"""Score of the second look from which something is a face."""

_CANDIDATE = 0.05
_CLEAR = 0.65
"""Score of the first look that needs no second one."""
_SURE = 0.75
"""Score of a face whose points tell which way is up."""
_MOST_CANDIDATES = 96
_TILE, _OVERLAP = 1024, 256
_SMALL_SIDE = 640
"""Longer side of the small copy, in which the largest faces and the photo's orientation are looked for."""
_LARGE_PHOTO = 960
_TINY_PHOTO = 320
_LOOK_SIDE, _LOOK_FACE = 96, 48
"""Pixels a side of a second look, and of the face in it."""
_MOST_GAINED = 0.5
"""Score that a second look may add: among many looks at next to nothing, one will be high by chance."""
_TILTS = (0.0, np.pi / 4, -np.pi / 4)
_BATCH = 24
_CONFIRM_LOOKS = ((32, 26, 0.25), (64, 40, ACCEPTED))
"""As _LOOK_SIDE and _LOOK_FACE, and the score that is enough, for quick looks at a face that was found in another way.
Nineteen of twenty clear faces pass the first; upside-down ones scored 0.18 there at most."""
_ELSEWHERE = 0.2
"""Mean distance between five points, in sides of the face, from which they tell of different faces."""
_UPRIGHT_FACE = np.array([-1 - 1j, 1 - 1j, 0.15j, -0.75 + 1.1j, 0.75 + 1.1j])
_UPRIGHT_FACE -= _UPRIGHT_FACE.mean()
_SMALLEST = 12
"""Pixels of the longer side of a box: below, nothing of a face is left to tell it by."""

_Pixels = NDArray[np.uint8]


def search(network: CenterFace, rgb: _Pixels) -> list[Detection]:
    """The faces of a photo (uint8, h x w x 3, RGB)."""
    found = _upright(network, rgb)
    turns = _quarter_turns(network, rgb, found)
    if not turns:
        return found
    back = _quarter_turn_back(turns, *rgb.shape[:2])
    turned = [_quarter_moved(one, back) for one in _upright(network, np.ascontiguousarray(np.rot90(rgb, turns)))]
    if _surest(turned) < _surest(found) < _SURE:  # what looked better in the small copy need not do so in the photo
        return found
    # of a face on its head the box is off, too: only what is sure, and lies wholly elsewhere, is another one
    others = [one for one in found if one.score >= _SURE and not any(_touch(one, other) for other in turned)]
    return [*turned, *others]


def _touch(first: Detection, second: Detection) -> bool:
    return bool((np.abs(first.centre - second.centre) < (first.size + second.size) / 2).all())


def _surest(found: list[Detection]) -> float:
    return max((one.score for one in found), default=0.0)


def _quarter_turns(network: CenterFace, rgb: _Pixels, found: list[Detection]) -> int:
    """How often the photo must be turned by 90 degrees, counter-clockwise, for its faces to stand upright.

    A large face is found on its head, too, and its points tell so; where there is no sure one, all ways are tried.
    """
    best = _surest(found)
    if best >= _SURE:
        up = sum(one.score * np.exp(1j * lean(one.points)) for one in found)
        return round(float(np.angle(up)) / (np.pi / 2)) % 4
    small, _ = _shrunk(rgb, _SMALL_SIDE)
    turns = 0
    for quarter in (1, 2, 3):
        score = _surest(network(np.rot90(small, quarter)[None], ACCEPTED)[0])
        if score > best:
            best, turns = score, quarter
    return turns


def confirm(network: CenterFace, rgb: _Pixels, points: NDArray[np.float32], scale: float) -> bool:
    """Whether the network, too, sees a face of `scale` pixels whose five points (see Detection) lie at `points`.

    In a millisecond: every photo pays for it. So pixels are left out, not averaged.
    """
    middle, roll = points.mean(axis=0), lean(points)
    for side, face, enough in _CONFIRM_LOOKS:
        matrix = look(middle, scale * side / face, roll, side)
        crop = np.asarray(cv2.warpAffine(rgb, matrix, (side, side)), dtype=np.uint8)
        expected = geometry.transform(points, matrix)
        seen = network(crop[None], enough)[0]
        if any(np.linalg.norm(one.points - expected, axis=1).mean() <= _ELSEWHERE * one.scale for one in seen):
            return True
    return False


def _upright(network: CenterFace, rgb: _Pixels) -> list[Detection]:
    candidates = best_of(list(_scan(network, rgb)))[:_MOST_CANDIDATES]
    clear = [one for one in candidates if one.score >= _CLEAR]
    doubtful = [one for one in candidates if one.score < _CLEAR]
    again = [one for one in _second_look(network, rgb, doubtful) if one.score >= ACCEPTED]
    return [one for one in best_of([*clear, *again]) if one.size.max() >= _SMALLEST]


def _scan(network: CenterFace, rgb: _Pixels) -> Iterator[Detection]:
    height, width = rgb.shape[:2]
    for top in _starts(height):
        for left in _starts(width):
            tile = rgb[top : top + _TILE, left : left + _TILE]
            shift = np.array([[1.0, 0, left], [0, 1, top]])
            yield from (one.moved(shift) for one in network(tile[None], _CANDIDATE)[0])
    if max(height, width) >= _LARGE_PHOTO or max(height, width) < _TINY_PHOTO:
        copy, factor = _shrunk(rgb, _SMALL_SIDE)
        back = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2]])
        yield from (one.moved(back) for one in network(copy[None], _CANDIDATE)[0])


def _starts(length: int) -> range | list[int]:
    if length <= _TILE:
        return [0]
    return range(0, length - _OVERLAP, _TILE - _OVERLAP)


def _shrunk(rgb: _Pixels, side: int) -> tuple[_Pixels, float]:
    """A copy whose longer side has `side` pixels, and how many of the photo each of them stands for."""
    height, width = rgb.shape[:2]
    factor = max(height, width) / side
    size = max(1, round(width / factor)), max(1, round(height / factor))
    method = cv2.INTER_AREA if factor > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, size, interpolation=method), dtype=np.uint8), factor


def _second_look(network: CenterFace, rgb: _Pixels, candidates: list[Detection]) -> Iterator[Detection]:
    """Each candidate as it is seen best; none where nothing is seen any more."""
    matrices = [
        look(one.centre, one.size.max() * _LOOK_SIDE / _LOOK_FACE, tilt, _LOOK_SIDE)
        for one in candidates
        for tilt in _TILTS
    ]
    seen: list[list[Detection]] = []
    for start in range(0, len(matrices), _BATCH):
        crops = [geometry.crop(rgb, matrix, _LOOK_SIDE) for matrix in matrices[start : start + _BATCH]]
        seen.extend(network(np.stack(crops), ACCEPTED))
    for index in range(len(candidates)):
        answers = [
            one.moved(geometry.invert(matrices[place]))
            for place in range(index * len(_TILTS), (index + 1) * len(_TILTS))
            for one in seen[place]
            if np.abs(one.centre - _LOOK_SIDE / 2).max() < _LOOK_FACE / 2
            and _LOOK_FACE / 2 < one.size.max() < _LOOK_FACE * 2
        ]
        if answers:
            best = max(answers, key=lambda one: one.score)
            yield replace(best, score=min(best.score, candidates[index].score + _MOST_GAINED))


def look(centre: NDArray[np.floating], side: float, roll: float, pixels: int) -> NDArray[np.float64]:
    """The 2 x 3 matrix to a square crop of `pixels` around `centre` that shows `side` pixels of the photo, in which a
    face that leans by `roll` radians (clockwise as one looks at it) stands upright.
    """
    factor = pixels / side
    turn = factor * np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return np.column_stack([turn, (pixels - 1) / 2 - turn @ centre])


def lean(points: NDArray[np.floating]) -> float:
    """How far a face leans, in radians, clockwise as one looks at it, by its five points (see Detection): by all of
    them, so that a profile's eyes, which lie on each other, do not decide it.
    """
    return float(np.angle(np.vdot(_UPRIGHT_FACE, points @ (1, 1j))))


def _quarter_turn_back(turns: int, height: int, width: int) -> NDArray[np.float64]:
    """The matrix from the pixels of `np.rot90(photo, turns)` to those of the photo (height x width)."""
    match turns:
        case 1:
            return np.array([[0.0, -1, width - 1], [1, 0, 0]])
        case 2:
            return np.array([[-1.0, 0, width - 1], [0, -1, height - 1]])
        case _:
            return np.array([[0.0, 1, 0], [-1, 0, height - 1]])


def _quarter_moved(detection: Detection, back: NDArray[np.float64]) -> Detection:
    moved = detection.moved(back)
    size = moved.size if back[0, 0] else moved.size[::-1]
    return Detection(moved.centre, size, moved.points, moved.score)
