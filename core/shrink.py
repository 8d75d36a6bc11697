"""Our pictures in fewer bytes, for when they are too large to send."""

from __future__ import annotations

from io import BytesIO
from itertools import product
from typing import Any

from PIL import Image, ImageSequence

from core.contracts import Picture, PictureFormat

STILL_QUALITIES = (85, 70, 50)
SCALES = (1.0, 0.75, 0.5, 0.35, 0.25)
"""Settings to try, the best first: a picture stays readable longer with rougher pixels than with fewer."""

ANIMATION_TRIES = ((1, 1.0, 60), (1, 0.6, 60), (2, 0.6, 50), (3, 0.4, 40))
"""The same for an animation, which is slow to encode: use every n-th frame, the scale, and the quality."""

LEAST_SIDE = 96
"""Pixels: in less, a face cannot be recognised."""


def shrink(picture: Picture, limit: int) -> Picture | None:
    """`picture` in at most `limit` bytes, None if that leaves nothing worth looking at.

    A PNG becomes a JPEG, an animation remains one, with fewer frames, and the metadata about the picture's origin (see
    `core.provenance`) stays.
    """
    with Image.open(BytesIO(picture.data), formats=("JPEG", "PNG", "WEBP")) as image:
        if getattr(image, "n_frames", 1) > 1:
            return _animation(image, limit)
        metadata = _metadata(image, "jpeg")
        whole = image.convert("RGB")
        for scale, quality in product(SCALES, STILL_QUALITIES):
            small = _scaled(whole, scale)
            if small is None:
                break
            out = BytesIO()
            small.save(out, "JPEG", quality=quality, optimize=True, **metadata)
            if out.tell() <= limit:
                return _of(out, small, "jpeg")
    return None


def _animation(image: Image.Image, limit: int) -> Picture | None:
    metadata = _metadata(image, "webp")
    frames: list[Image.Image] = []
    milliseconds: list[int] = []
    for frame in ImageSequence.Iterator(image):
        frames.append(frame.convert("RGB"))
        milliseconds.append(int(frame.info.get("duration", 40)))
    for every, scale, quality in ANIMATION_TRIES:
        small = [one for one in (_scaled(frame, scale) for frame in frames[::every]) if one is not None]
        if not small:
            break
        first, *others = small
        durations = [sum(milliseconds[at : at + every]) for at in range(0, len(frames), every)]
        out = BytesIO()
        first.save(
            out,
            "WEBP",
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
            quality=quality,
            method=4,
            **metadata,
        )
        if out.tell() <= limit:
            return _of(out, first, "webp")
    return None


def _scaled(image: Image.Image, scale: float) -> Image.Image | None:
    size = (round(image.width * scale), round(image.height * scale))
    if scale == 1:
        return image
    return None if max(size) < LEAST_SIDE else image.resize(size, Image.Resampling.LANCZOS)


def _metadata(image: Image.Image, to: PictureFormat) -> dict[str, Any]:
    """The file's EXIF and XMP, for a file of the format `to`; a PNG has its XMP in a text chunk."""
    found: dict[str, Any] = {}
    if exif := image.getexif():
        data = exif.tobytes()
        found["exif"] = data.removeprefix(b"Exif\0\0") if to == "webp" else data  # see core.provenance
    if xmp := image.info.get("xmp") or image.info.get("XML:com.adobe.xmp"):
        found["xmp"] = xmp.encode() if isinstance(xmp, str) else xmp
    return found


def _of(out: BytesIO, image: Image.Image, picture_format: PictureFormat) -> Picture:
    return Picture(out.getvalue(), picture_format, image.width, image.height)
