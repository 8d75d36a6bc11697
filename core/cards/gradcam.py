"""/gradcam: a photo, and a map of attention over it."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.cards.canvas import FAINT, INK, MARGIN, Pixels, blank, font, paste, resize, weighted
from core.contracts import Colormap
from core.face import Face
from core.heatmap.regions import on_photo

SMALL_FACE = 0.4
"""A face that takes a smaller part of its photo than this, in both directions, is shown closer up."""

COLORMAPS: Mapping[Colormap, int] = {
    "cividis": cv2.COLORMAP_CIVIDIS,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "jet": cv2.COLORMAP_JET,
}


def gradcam(
    photo: Pixels,
    face: Face,
    values: NDArray[np.float32],
    back: NDArray[np.float64],
    colormap: Colormap,
    mark: bool,
) -> Pixels:
    """The photo beside the same photo under the map, with the scale of its colours.

    If the face is small, only the part of the photo around it is shown. `values`: float32 (s, s), 0-1, over a crop;
    `back`: the 2 x 3 matrix from the crop's pixels to the photo's; `mark`: whether to frame the face, to tell it from
    others. Returns uint8 RGB.
    """
    left, top, width, height = _around(face, photo.shape[1], photo.shape[0])
    photo = photo[top : top + height, left : left + width]
    face = Face(face.landmarks - np.array((left, top), dtype=np.float32))
    beside = width <= 1.5 * height
    room = (640, 820) if beside else (1160, 640)
    scale = min(room[0] / width, room[1] / height)
    size = (max(round(width * scale), 48), max(round(height * scale), 48))
    shown = resize(photo, size)
    laid, seen = on_photo(values, _to_shown(back, (left, top), (width, height), size), size[1], size[0])
    covered = _under_map(shown, laid, seen, colormap)
    gap, bar = 24, 28
    panels = (2 * size[0] + gap, size[1]) if beside else (size[0], 2 * size[1] + gap)
    card = blank(2 * MARGIN + panels[0] + gap + bar + 56, 2 * MARGIN + panels[1])
    second = (MARGIN + size[0] + gap, MARGIN) if beside else (MARGIN, MARGIN + size[1] + gap)
    paste(card, shown, MARGIN, MARGIN)
    paste(card, covered, *second)
    if mark:
        box = np.array(face.box) * scale
        corners = np.clip([box[:2], box[:2] + box[2:]], 3, np.array(size) - 4)
        for origin in ((MARGIN, MARGIN), second):
            frame = [(x, y) for x, y in corners + origin]
            ImageDraw.Draw(card).rounded_rectangle(frame, 12, outline=INK, width=3)
    _scale(card, (MARGIN + panels[0] + gap, MARGIN, bar, panels[1]), colormap)
    return np.asarray(card)


def _around(face: Face, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width, height of the part of a photo to show: all of it, unless the face would be lost in it."""
    x, y, wide, high = face.box
    zoom = min(1.0, max(wide / width, high / height) / SMALL_FACE)
    shown = max(round(width * zoom), 1), max(round(height * zoom), 1)
    left = min(max(x + wide // 2 - shown[0] // 2, 0), width - shown[0])
    top = min(max(y + high // 2 - shown[1] // 2, 0), height - shown[1])
    return left, top, *shown


def _to_shown(
    back: NDArray[np.float64], corner: tuple[int, int], part: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float64]:
    """`back`, continued to the picture shown: `part` pixels of the photo from `corner` on, scaled to `size`."""
    scale = np.divide(size, part)[:, np.newaxis]
    shift = (scale[:, 0] - 1) / 2 - scale[:, 0] * corner  # cv2.resize aligns the pixels' outer edges
    return np.asarray(back * scale + np.column_stack([np.zeros((2, 2)), shift]))


def _under_map(photo: Pixels, values: NDArray[np.float32], coverage: NDArray[np.float32], colormap: Colormap) -> Pixels:
    """The map over the photo, denser where its values are higher; what the network never saw is dimmed."""
    colours = _colours(np.clip(values * 255, 0, 255).astype(np.uint8), colormap)
    alpha = coverage * (0.30 + 0.40 * values)
    dimmed = (0.5 + 0.5 * coverage) * (1 - alpha)
    return weighted(photo, dimmed, colours, alpha)


def _colours(levels: Pixels, colormap: Colormap) -> Pixels:
    """uint8 (h, w) -> uint8 RGB (h, w, 3)."""
    return np.asarray(cv2.applyColorMap(levels, COLORMAPS[colormap])[..., ::-1], dtype=np.uint8)


def _scale(card: Image.Image, box: tuple[int, int, int, int], colormap: Colormap) -> None:
    """The scale of colours, in `box` (left, top, width, height): 0 at the bottom, 1 at the top."""
    left, top, width, height = box
    ramp = np.repeat(np.linspace(255, 0, height).astype(np.uint8)[:, np.newaxis], width, axis=1)
    paste(card, _colours(ramp, colormap), left, top, radius=width // 2)
    draw = ImageDraw.Draw(card)
    for value, anchor, y in (("1", "lt", top + 2), ("0.5", "lm", top + height // 2), ("0", "lb", top + height - 2)):
        draw.text((left + width + 10, y), value, FAINT, font(24), anchor=anchor)
