"""What is the average of many faces?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.contracts.photos import FoundFace, Photo, Picture, PictureFormat, Skipped

AverageMethod = Literal["mean", "median", "mode", "trimmed"]
Shape = Literal["warp", "align", "article"]
Light = Literal["linear", "srgb"]
FacesTaken = Literal["largest", "every"]
Flaw = Literal["turned_away", "too_small", "too_blurred"]


@dataclass(frozen=True)
class AverageRecipe:
    """How faces become an average.

    `shape`: `warp` bends every face to the mean shape; `align` only turns, scales and shifts it so that eyes and mouth
    meet; `article` is the procedure of the article that this project grew out of, at 224 x 224 pixels and in plain
    sRGB, for comparison. `method`: of the values in each pixel; `trimmed` is the mean without a tenth at either end.
    `size`: width and height of the picture in pixels; `light`: what is averaged, linear light or the numbers in the
    files. `texture`: how much of the fine detail that a mean loses is brought back, 0-1. `match_colour`: give all
    faces the same colour and exposure first. `symmetric`: average every face with its mirror image.
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
    """Which faces take part: of each photo the `largest`, or `every` one. `one_each`: each person counts once, however
    often they were posted.
    """

    faces: FacesTaken = "largest"
    one_each: bool = False


def keeps_every_face(recipe: AverageRecipe, rules: AverageRules) -> bool:
    """Whether a sum holds every face, and not only what they add up to."""
    return recipe.method != "mean" or rules.one_each


@dataclass(frozen=True)
class AveragedFace:
    """A face in an average. `place`: its photo's, among all that were looked at; `number`: which of the photo's faces,
    from the left, counted from 1, where every one of several takes part.

    `fingerprint`: see `same_picture`; `vector`: the embedding, float32, where people are told apart; `thumbnail`: a
    small picture of the face, where it is among the first.
    """

    found: FoundFace
    place: int
    weight: float = 1.0
    number: int | None = None
    fingerprint: int = field(default=0, repr=False)
    vector: bytes | None = field(default=None, repr=False)
    thumbnail: Picture | None = field(default=None, repr=False)


FINGERPRINT_BITS = 1024


_SAME_PICTURE = 51
"""Of the bits, how many may differ. Re-encoded, resized and cropped copies of 150 faces differ in 16 on average and in
47 at most for 95 % of them; two photos of one person seconds apart in a studio in 57 and more, of two people in 150."""


def same_picture(fingerprint: int, other: int) -> bool:
    """Whether two faces are one picture, be it re-encoded, resized or cropped (see `core.quality.fingerprint`)."""
    return (fingerprint ^ other).bit_count() <= _SAME_PICTURE


class Fingerprints:
    """Of all faces in an average, to know a picture that is in already."""

    def __init__(self) -> None:
        self._known: list[int] = []

    def new(self, faces: Sequence[AveragedFace]) -> tuple[bool, ...]:
        """Of each face, whether its picture is a new one; then it is known from now on."""
        answers = []
        for face in faces:
            new = not any(same_picture(face.fingerprint, other) for other in self._known)
            if new:
                self._known.append(face.fingerprint)
            answers.append(new)
        return tuple(answers)

    def forget(self, faces: Iterable[AveragedFace]) -> None:
        """These are not in the average after all."""
        for face in faces:
            self._known.remove(face.fingerprint)


@dataclass(frozen=True)
class Kept:
    """`count` faces of an average, whole: rows of all of them together, packed, in bands from the top down."""

    count: int
    bands: tuple[bytes, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self.bands))


@dataclass(frozen=True)
class AverageSum:
    """What is added up, opaque. `total` is as large for a thousand faces as for one, but for 4 kB each; `kept`: the
    faces, in the order in which they were added, where a total does not do (see `keeps_every_face`).
    """

    total: bytes = field(repr=False)
    kept: tuple[Kept, ...] = ()

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.total) + sum(kept.size for kept in self.kept)

    def then(self, later: AverageSum) -> AverageSum:
        """`later` went on from this total, and keeps only its own faces."""
        return AverageSum(later.total, self.kept + later.kept)


@dataclass(frozen=True)
class AverageSoFar:
    """What there is of an average.

    `sums`: several where it was added up apart. `whose`: who each face is, by numbers, where each person is to count
    once and people have been told apart already. `weighed` and `rows` are what `average_weigh` and `average_rows` of
    `core.tasks` made of the faces that were kept, which are not among `sums` then.
    """

    sums: tuple[AverageSum, ...] = field(default=(), repr=False)
    faces: tuple[AveragedFace, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    whose: tuple[int, ...] | None = None
    weighed: tuple[bytes, ...] = field(default=(), repr=False)
    rows: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """In the order of `faces`."""
        return tuple(kept for one in self.sums for kept in one.kept)

    @property
    def weights(self) -> tuple[float, ...]:
        """Of the faces; people share theirs among theirs."""
        if self.whose is None:
            return tuple(face.weight for face in self.faces)
        counts = Counter(self.whose)
        return tuple(face.weight / counts[who] for face, who in zip(self.faces, self.whose, strict=True))

    def only(self, chosen: Sequence[bool]) -> AverageSoFar:
        """With these faces; the others' pictures are there already."""
        twice = tuple(
            Skipped(face.found.photo, "duplicate", face.number, face.place)
            for face, taken in zip(self.faces, chosen, strict=True)
            if not taken
        )
        faces = tuple(face for face, taken in zip(self.faces, chosen, strict=True) if taken)
        return AverageSoFar(self.sums, faces, self.skipped + twice)

    def __add__(self, other: AverageSoFar) -> AverageSoFar:
        """Of both, whose sums are made one in the end."""
        return AverageSoFar(self.sums + other.sums, self.faces + other.faces, self.skipped + other.skipped)


@dataclass(frozen=True)
class AverageStart:
    """How an average is to be made, and the total of the sum to go on from (None: from nothing)."""

    recipe: AverageRecipe = field(default_factory=AverageRecipe)
    rules: AverageRules = field(default_factory=AverageRules)
    total: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AverageWeigh:
    """Add kept faces up by these `weights`, to the total `onto` (None: to nothing)."""

    recipe: AverageRecipe
    kept: Kept
    weights: tuple[float, ...]
    onto: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class AverageRows:
    """Combine one band of all faces, which were kept in several pieces, by these `weights`."""

    recipe: AverageRecipe
    bands: tuple[bytes, ...] = field(repr=False)
    weights: tuple[float, ...]


@dataclass(frozen=True)
class AverageBatch:
    """Photos to be added. `places`: of each among all that are looked at (empty: from 0 on); `weights`: one for each
    photo (empty: all 1); `taken`: which faces of the batch before are to be added first.
    """

    photos: tuple[Photo, ...]
    places: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    taken: tuple[bool, ...] = ()


@dataclass(frozen=True)
class AverageRequest:
    """Finish the average of what is in `so_far`; `recipe` and `rules` as they were while it was added up.

    `mix_with`: blend it with this other average; `ratio`: of the other in the blend, 0-1; `morph`: an animation from
    the one to the other and back in place of the strip.
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
    """Who is in one average. `used`: names of the photos; `people`: how many there seem to be, None where nobody
    counted (see `AverageRules.one_each`); `skipped`: the photos and faces that are not in it.
    """

    used: tuple[str, ...]
    faces: tuple[FoundFace, ...]
    people: int | None
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class AverageResult:
    """`size`: of the face, (width, height); `picture`: the card; `face`: the average alone.

    `averaged`: who is in the first average, and for a mixture who in the second; `ratio`: of the second in the blend,
    None where there is no second; `animation`: from the first to the second, where it was asked for.
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
