"""Templates say where the parts of a face should lie in a square crop; a photo is mapped on to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import similarity_transform


@dataclass(frozen=True)
class Template:
    """`landmarks`: indices of MediaPipe's mesh; `points`: where each should lie, as fractions of the crop's side.

    `profile`: for a face in profile that looks to the left, where the middle of its eyes and the middle of its mouth's
    corners should lie instead; None: it is cropped like any other.
    """

    landmarks: tuple[int, ...]
    points: tuple[tuple[float, float], ...]
    profile: tuple[tuple[float, float], tuple[float, float]] | None = None

    @property
    def eyes_and_mouth(self) -> tuple[float, float]:
        """The heights at which the eyes and the mouth lie, as fractions of the crop's side. Errors: ValueError."""
        if self.profile is None:
            raise ValueError("a template without a profile does not say where the mouth is")
        (_, eyes), (_, mouth) = self.profile
        return eyes, mouth


def _padded(points: tuple[tuple[float, float], ...], padding: float) -> tuple[tuple[float, float], ...]:
    """Points in a square to which `padding` (a fraction of its side) was added all around."""
    return tuple(((x + padding) / (1 + 2 * padding), (y + padding) / (1 + 2 * padding)) for x, y in points)


def _in_pixels(points: tuple[tuple[float, float], ...], side: int) -> tuple[tuple[float, float], ...]:
    return tuple((x / side, y / side) for x, y in points)


TEMPLATES: Mapping[str, Template] = {
    # dlib's get_face_chip_details for five points, with the padding its face recognition model was trained on
    "dlib": Template(
        (33, 133, 362, 263, 2),
        _padded(
            ((0.1206, 0.2137), (0.3341, 0.2291), (0.6461, 0.2290), (0.8596, 0.2135), (0.4901, 0.6278)),
            padding=0.25,
        ),
        # by the eyes' distance from each other a profile would come out much too large; measured on the London set,
        # where anything within 5 % of the side from here does nearly as well
        profile=((0.58, 0.267), (0.625, 0.709)),
    ),
    # Deng et al. 2019, "ArcFace": the five points of insightface's `arcface_dst`, for a crop of 112 pixels
    "arcface": Template(
        (RIGHT_IRIS, LEFT_IRIS, 1, 61, 291),
        _in_pixels(
            ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)),
            side=112,
        ),
        # the best of ten places, measured with SFace
        profile=((0.50, 0.461), (0.50, 0.824)),
    ),
    # the whole face in the middle, from the top of the forehead to the chin, eyes level, as in the article's photos
    "centered": Template(
        (RIGHT_IRIS, LEFT_IRIS, 10, 152),
        ((0.34, 0.42), (0.66, 0.42), (0.5, 0.08), (0.5, 0.92)),
    ),
}


PORTRAIT = Template((RIGHT_IRIS, LEFT_IRIS), ((0.40, 0.47), (0.60, 0.47)))
"""The frame of the pictures that people see: eyes level, room for hair above and for the neck below."""


def to_template_unstretched(face: Face, template: Template, size: int, stretch: float) -> NDArray[np.float64]:
    """The matrix of `to_template` for a face in a photo that is `stretch` times too wide: the crop undoes that."""
    narrow = np.array([1 / stretch, 1], dtype=np.float32)
    detected = None if face.detected is None else face.detected * narrow
    matrix = to_template(Face(face.landmarks * narrow, face.approximate, detected), template, size)
    matrix[:, 0] /= stretch
    return matrix


def to_template(face: Face, template: Template, size: int) -> NDArray[np.float64]:
    """The 2 x 3 matrix from the photo's pixels to those of a `size` x `size` crop in the template's frame."""
    side = face.profile if template.profile is not None else None
    if side is None:
        points = np.array(template.points, dtype=np.float32) * size
        return similarity_transform(face.landmarks[list(template.landmarks)], points)
    places = np.array(template.profile, dtype=np.float32) * size
    if side == "right":
        places[:, 0] = size - 1 - places[:, 0]
    five = face.five
    return similarity_transform(np.stack([five[:2].mean(axis=0), five[3:].mean(axis=0)]), places)
