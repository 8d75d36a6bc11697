"""Whatever people have a photo in -> the encoded photo that `core` reads."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.contracts import Photo

PhotoLike = str | PathLike[str] | bytes | NDArray[np.uint8] | Image.Image
"""A path, an encoded photo (JPEG, PNG, WebP, GIF, AVIF or HEIC), an array, or a picture of Pillow's.

An array is uint8: (height, width, 3) RGB, (height, width, 4) RGBA, or (height, width) grey. (OpenCV's arrays are BGR:
turn them around with `array[..., ::-1]`.)
"""

_LOSSLESS = {"compress_level": 1}
"""PNG, as fast as it can be: the bytes are decoded again at once."""


def photo(given: PhotoLike, name: str) -> Photo:
    """The photo in `given`, called `name` in errors unless it is a file.

    Raises OSError: there is no such file. TypeError, ValueError: `given` is none of `PhotoLike`.
    """
    if isinstance(given, bytes | bytearray | memoryview):
        return Photo(name, bytes(given))
    if isinstance(given, Image.Image):
        return Photo(name, _png(given))
    if isinstance(given, np.ndarray):
        return Photo(name, _png(_picture(given)))
    if isinstance(given, str | PathLike):
        return Photo(str(given), Path(given).read_bytes())
    raise TypeError(f"a photo is a path, bytes, a numpy array or a PIL image, not {type(given).__name__}")


def photos(given: Sequence[PhotoLike], before: int) -> tuple[Photo, ...]:
    """The photos in `given`, each called by its place, counted from 1, after so many `before` them.

    Raises what `photo` raises.
    """
    return tuple(photo(one, f"photo {number}") for number, one in enumerate(given, start=before + 1))


def _picture(array: NDArray[np.uint8]) -> Image.Image:
    if array.dtype != np.uint8:
        raise TypeError(f"an array must hold uint8 from 0 to 255, not {array.dtype}")
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4)):
        return Image.fromarray(array)
    raise ValueError(f"an array must be (height, width, 3), (height, width, 4) or (height, width), not {array.shape}")


def _png(picture: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if upright.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):  # which PNG does not know
        upright, profile = upright.convert("RGB"), None
    data = BytesIO()
    upright.save(data, "PNG", icc_profile=profile, **_LOSSLESS)
    return data.getvalue()
