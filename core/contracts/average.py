"""What is the average of many faces?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.contracts.cautions import CautionKind
from core.contracts.photos import FoundFace, Photo, Picture, PictureFormat, Skipped

AverageMethod = Literal["mean", "median", "mode", "trimmed"]
Shape = Literal["warp", "align", "article"]
Light = Literal["linear", "srgb"]
FacesTaken = Literal["largest", "every"]
Flaw = Literal["turned_away", "too_small", "too_blurred"]


@dataclass(frozen=True)
class AverageRecipe:
    """How to average faces.

    `shape`: `warp` bends every face to the mean shape; `align` only turns, scales and shifts it so that eyes and mouth
    meet; `article` is the procedure of the article that this project grew out of, at 224 x 224 pixels and in plain
    sRGB, for comparison. `method`: how the values of a pixel are combined; `trimmed` is the mean without a tenth at
    either end. `size`: width and height of the picture in pixels; `light`: what is averaged, linear light or the
    numbers in the files. `texture`: how much of the fine detail that a mean loses to bring back, 0-1. `match_colour`:
    give all faces the same colour and exposure first. `symmetric`: average every face with its mirror image.
    """

    shape: Shape = "warp"
    method: AverageMethod = "mean"
    size: int = 768
    light: Light = "linear"
    texture: float = 1.0
    match_colour: bool = False
    symmetric: bool = False


@dataclass(frozen=True)
class AverageRules:
    """Which faces take part: each photo's `largest`, or `every` one. `one_each`: count each person once, however often
    they were posted.
    """

    faces: FacesTaken = "largest"
    one_each: bool = False


def keeps_every_face(recipe: AverageRecipe, rules: AverageRules) -> bool:
    """Whether a sum keeps every face, and not only their total."""
    return recipe.method != "mean" or rules.one_each


@dataclass(frozen=True)
class AveragedFace:
    """A face in an average. `place`: its photo's position among all photos; `number`: the face's position in the photo,
    from the left, counted from 1, where every one of several takes part.

    `fingerprint`: see `same_picture`; `vector`: the embedding, float32, and `doubts`, how bad each thing is that is
    wrong with the face (0: hardly, 1: very), if each person counts once; `thumbnail`: a small picture of the face, if
    it is among the first.
    """

    found: FoundFace
    place: int
    weight: float = 1.0
    number: int | None = None
    fingerprint: int = field(default=0, repr=False)
    vector: bytes | None = field(default=None, repr=False)
    doubts: tuple[tuple[CautionKind, float], ...] = ()
    thumbnail: Picture | None = field(default=None, repr=False)


FINGERPRINT_BITS = 1024


_SAME_PICTURE = 51
"""How many bits may differ. Re-encoded, resized and cropped copies of 150 faces differ in 16 on average, and 95 % of
them in 47 at most; two studio photos of one person, seconds apart, differ in 57 or more, those of two people in 150."""


def same_picture(fingerprint: int, other: int) -> bool:
    """Whether two faces are one picture, be it re-encoded, resized or cropped (see `core.quality.fingerprint`)."""
    return (fingerprint ^ other).bit_count() <= _SAME_PICTURE


class Fingerprints:
    """The fingerprints of all faces in an average, to recognise a picture that is already in it."""

    def __init__(self) -> None:
        self._known: list[int] = []

    def new(self, faces: Sequence[AveragedFace]) -> tuple[bool, ...]:
        """Whether each face's picture is new. From now on it is known."""
        answers = []
        for face in faces:
            new = not any(same_picture(face.fingerprint, other) for other in self._known)
            if new:
                self._known.append(face.fingerprint)
            answers.append(new)
        return tuple(answers)

    def forget(self, faces: Iterable[AveragedFace]) -> None:
        """Drop these faces, which were not added to the average after all."""
        for face in faces:
            self._known.remove(face.fingerprint)


@dataclass(frozen=True)
class Kept:
    """`count` whole faces of an average, packed: each band holds the same rows of all of them, from the top down."""

    count: int
    bands: tuple[bytes, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Size in bytes."""
        return sum(map(len, self.bands))


@dataclass(frozen=True)
class AverageSum:
    """A sum of faces, opaque. `total` is as large for a thousand faces as for one, except for 4 kB a face; `kept`: the
    faces themselves, in the order in which they were added, if a total is not enough (see `keeps_every_face`).
    """

    total: bytes = field(repr=False)
    kept: tuple[Kept, ...] = ()

    @property
    def size(self) -> int:
        """Size in bytes."""
        return len(self.total) + sum(kept.size for kept in self.kept)

    def then(self, later: AverageSum) -> AverageSum:
        """This sum and `later`, which started from this one's total and keeps only its own faces."""
        return AverageSum(later.total, self.kept + later.kept)


@dataclass(frozen=True)
class AverageSoFar:
    """An unfinished average.

    `sums`: several, if several processes added faces up. `whose`: the number of the person in each face, if each person
    counts once and `average_people` has been run. `weighed` and `rows`: the results of `average_weigh` and
    `average_rows` of `core.tasks`, in place of the kept faces in `sums`.
    """

    sums: tuple[AverageSum, ...] = field(default=(), repr=False)
    faces: tuple[AveragedFace, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    whose: tuple[int, ...] | None = None
    weighed: tuple[bytes, ...] = field(default=(), repr=False)
    rows: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """The kept faces, in the order of `faces`."""
        return tuple(kept for one in self.sums for kept in one.kept)

    @property
    def weights(self) -> tuple[float, ...]:
        """The weight of each face. The faces of one person share theirs."""
        if self.whose is None:
            return tuple(face.weight for face in self.faces)
        counts = Counter(self.whose)
        return tuple(face.weight / counts[who] for face, who in zip(self.faces, self.whose, strict=True))

    def only(self, chosen: Sequence[bool]) -> AverageSoFar:
        """This average with the chosen faces; the others are skipped as duplicates."""
        twice = tuple(
            Skipped(face.found.photo, "duplicate", face.number, face.place)
            for face, taken in zip(self.faces, chosen, strict=True)
            if not taken
        )
        faces = tuple(face for face, taken in zip(self.faces, chosen, strict=True) if taken)
        return AverageSoFar(self.sums, faces, self.skipped + twice)

    def __add__(self, other: AverageSoFar) -> AverageSoFar:
        """The average of both. Finishing it merges their sums."""
        return AverageSoFar(self.sums + other.sums, self.faces + other.faces, self.skipped + other.skipped)


@dataclass(frozen=True)
class AverageStart:
    """How to make an average, and the total of the sum to continue (None: start a new one)."""

    recipe: AverageRecipe = field(default_factory=AverageRecipe)
    rules: AverageRules = field(default_factory=AverageRules)
    total: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AverageWeigh:
    """Add kept faces up by these `weights`, on top of the total `onto` (None: start from 0)."""

    recipe: AverageRecipe
    kept: Kept
    weights: tuple[float, ...]
    onto: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AverageRows:
    """Combine one band of all faces, which come in several pieces, by these `weights`."""

    recipe: AverageRecipe
    bands: tuple[bytes, ...] = field(repr=False)
    weights: tuple[float, ...]


@dataclass(frozen=True)
class AverageBatch:
    """Photos to add. `places`: the position of each among all photos (empty: from 0 on); `weights`: one for each photo
    (empty: all 1); `taken`: which faces of the previous batch to add first.
    """

    photos: tuple[Photo, ...]
    places: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    taken: tuple[bool, ...] = ()


@dataclass(frozen=True)
class AverageRequest:
    """Finish the average in `so_far`; `recipe` and `rules` must be those that it was added up by.

    `mix_with`: blend it with this other average; `ratio`: the share of the other in the blend, 0-1; `morph`: also make
    an animation from the one to the other and back.
    """

    so_far: AverageSoFar
    recipe: AverageRecipe = field(default_factory=AverageRecipe)
    rules: AverageRules = field(default_factory=AverageRules)
    mix_with: AverageSoFar | None = None
    ratio: float = 0.5
    morph: bool = False
    picture_format: PictureFormat = "jpeg"


@dataclass(frozen=True)
class Averaged:
    """Who is in one average. `used`: names of the photos; `people`: how many there seem to be, None unless
    `AverageRules.one_each` asked for it; `skipped`: the photos and faces that are not in it.
    """

    used: tuple[str, ...]
    faces: tuple[FoundFace, ...]
    people: int | None
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class AverageResult:
    """`size`: width and height of the face; `picture`: the card; `face`: the average alone.

    `averaged`: who is in the first average, and in a mixture who is in the second; `ratio`: the share of the second in
    the blend, None if there is no second; `animation`: from the first to the second, if it was asked for.
    """

    method: AverageMethod
    shape: Shape
    averaged: tuple[Averaged, ...]
    size: tuple[int, int]
    picture: Picture
    face: Picture
    ratio: float | None = None
    animation: Picture | None = None
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(name for one in self.averaged for name in one.used)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple(left for one in self.averaged for left in one.skipped)
