"""Any picture mode that Pillow reads, to opaque 8-bit RGB in sRGB."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

_GRAY = frozenset({"1", "L", "LA", "La"})
_MODE_OF_SPACE = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def flatten(image: Image.Image) -> Image.Image:
    """The loaded `image` in 8 bits and without transparency: mode L, RGB or CMYK.

    16-bit values are scaled, not clipped; what is transparent is laid on white.
    """
    if image.mode.startswith("I;16"):
        image = _high_bytes(image)
    base = "L" if image.mode in _GRAY else "CMYK" if image.mode == "CMYK" else "RGB"
    if not image.has_transparency_data:
        return image if image.mode == base else image.convert(base)
    layer = image.convert("LA" if base == "L" else "RGBA")
    white = Image.new(base, image.size, "white")
    white.paste(layer.convert(base), mask=layer.getchannel("A"))
    return white


def to_srgb(flat: Image.Image, icc: bytes | None) -> Image.Image:
    """`flat` (mode L, RGB or CMYK; may be changed in place) in mode RGB, in sRGB.

    The picture's own profile `icc` is applied (perceptual intent). One that is broken, or made for another kind of
    picture, is ignored, and the values then count as sRGB, as in browsers; CMYK is converted by Pillow's plain
    formula.
    """
    if icc:
        with suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
            return _follow_profile(flat, icc)
    return flat if flat.mode == "RGB" else flat.convert("RGB")  # convert always copies


def _follow_profile(flat: Image.Image, icc: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(BytesIO(icc))
    mode = _MODE_OF_SPACE.get(profile.profile.xcolor_space.strip())
    if mode == "RGB" and flat.mode == "L":
        flat = flat.convert("RGB")
    if mode != flat.mode:
        raise ValueError(f"a profile for {mode} in a picture in {flat.mode}")
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode != "RGB":
        return transform.apply(flat)
    if not _changes_nothing(transform):
        transform.apply_in_place(flat)
    return flat


def _high_bytes(image: Image.Image) -> Image.Image:
    """16-bit gray to L, or to LA where one gray value stands for "transparent".

    Takes the high byte, which is what Pillow does by itself for 16-bit colour.
    """
    values = np.asarray(image)
    gray = Image.fromarray((values >> 8).astype(np.uint8))
    key = image.info.get("transparency")
    if key is None:
        return gray
    alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))
    return Image.merge("LA", (gray, alpha))


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether `transform` (RGB to RGB) is one of the many profiles that are sRGB under some name.

    Tried on a grid of colours: names cannot be trusted, and a whole photo takes 100 times as long.
    """
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(27, 27, 3)
    turned = transform.apply(Image.fromarray(grid))
    return bool(np.abs(np.asarray(turned).astype(np.int16) - grid).max() <= 1)
