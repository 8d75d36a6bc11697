"""The thorough search for faces in a photo, of all sizes and rotations.

The network runs over the photo, tile by tile, and over a small copy, for faces that are too large for it. Low scores
get a second look: the place is cut out, scaled to the size that the network knows best, and rotated both ways, which
separates small leaning faces from what only resembles one. A photo that lies on its side or upside down is rotated and
searched again.
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
"""Score of the second look from which a candidate is a face."""

_CANDIDATE = 0.05
_CLEAR = 0.65
"""Score of the first look from which no second one is needed."""
_SURE = 0.75
"""Score from which a face's points tell which way is up."""
_MOST_CANDIDATES = 96
_TILE, _OVERLAP = 1024, 256
_SMALL_SIDE = 640
"""Longer side of the small copy, which is searched for the largest faces and for the photo's orientation."""
_LARGE_PHOTO = 960
_TINY_PHOTO = 320
_LOOK_SIDE, _LOOK_FACE = 96, 48
"""Pixels a side of a second look, and of the face in it."""
_MOST_GAINED = 0.5
"""The most that a second look may add to a score: of many looks at nothing, one will score high by chance."""
_TILTS = (0.0, np.pi / 4, -np.pi / 4)
_BATCH = 24
_CONFIRM_LOOKS = ((32, 26, 0.25), (64, 40, ACCEPTED))
"""Side, face and required score of quick looks at a face that was found in another way (see _LOOK_SIDE and _LOOK_FACE).
Nineteen of twenty clear faces pass the first; upside-down ones scored at most 0.18 there."""
_ELSEWHERE = 0.2
"""Mean distance between two faces' five points, in sides of the face, above which they are different faces."""
_UPRIGHT_FACE = np.array([-1 - 1j, 1 - 1j, 0.15j, -0.75 + 1.1j, 0.75 + 1.1j])
_UPRIGHT_FACE -= _UPRIGHT_FACE.mean()
_SMALLEST = 12
"""Smallest longer side of a box in pixels: below it a face has no recognisable detail."""

_Pixels = NDArray[np.uint8]


def search(network: CenterFace, rgb: _Pixels) -> list[Detection]:
    """The faces of a photo (uint8, h x w x 3, RGB)."""
    found = _upright(network, rgb)
    turns = _quarter_turns(network, rgb, found)
    if not turns:
        return found
    back = _quarter_turn_back(turns, *rgb.shape[:2])
    turned = [_quarter_moved(one, back) for one in _upright(network, np.ascontiguousarray(np.rot90(rgb, turns)))]
    if _surest(turned) < _surest(found) < _SURE:  # what was better in the small copy may not be in the photo
        return found
    # the box of an upside-down face is wrong too: only a sure one that lies wholly elsewhere is another face
    others = [one for one in found if one.score >= _SURE and not any(_touch(one, other) for other in turned)]
    return [*turned, *others]


def _touch(first: Detection, second: Detection) -> bool:
    return bool((np.abs(first.centre - second.centre) < (first.size + second.size) / 2).all())


def _surest(found: list[Detection]) -> float:
    return max((one.score for one in found), default=0.0)


def _quarter_turns(network: CenterFace, rgb: _Pixels, found: list[Detection]) -> int:
    """How often to rotate the photo by 90 degrees, counter-clockwise, for its faces to be upright.

    A large face is found even upside down, and its points show that; if there is no sure one, all rotations are tried.
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
    """Whether the network also sees a face of `scale` pixels with its five points (see Detection) at `points`.

    It takes a millisecond, since every photo pays for it: so pixels are skipped instead of averaged.
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
    """A copy with a longer side of `side` pixels, and how many pixels of the photo each of its pixels stands for."""
    height, width = rgb.shape[:2]
    factor = max(height, width) / side
    size = max(1, round(width / factor)), max(1, round(height / factor))
    method = cv2.INTER_AREA if factor > 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, size, interpolation=method), dtype=np.uint8), factor


def _second_look(network: CenterFace, rgb: _Pixels, candidates: list[Detection]) -> Iterator[Detection]:
    """Each candidate as the best of its looks found it; candidates that no look confirms are dropped."""
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
    """The 2 x 3 matrix to a square crop, `pixels` a side, that shows `side` pixels of the photo around `centre`, with a
    face that leans by `roll` radians (clockwise in the photo) upright.
    """
    factor = pixels / side
    turn = factor * np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return np.column_stack([turn, (pixels - 1) / 2 - turn @ centre])


def lean(points: NDArray[np.floating]) -> float:
    """How far a face leans, in radians, clockwise in the photo, by all its five points (see Detection), since the eyes
    of a profile coincide.
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
