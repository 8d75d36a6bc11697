"""Bytes to pixels, safely, and back.

The first bytes of a file say what it is, never its name, and only the one matching decoder is started.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import HeifImageFile

from core.colour import flatten, to_srgb
from core.contracts import (
    BrokenPicture,
    FileTooLarge,
    Limits,
    NotAPicture,
    Photo,
    PhotoError,
    Picture,
    PictureFormat,
    PictureTooLarge,
    TooMuchMemory,
)
from core.provenance import Provenance

_Pixels = NDArray[np.uint8]

_MOST_PIXELS = 178_000_000  # Pillow's GIF and WebP decoders stop by themselves a little above

_MOST_SCANS = 100  # of a JPEG; usual ones have ten at most. Each goes over all pixels, and may have a few bytes alone
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")  # but those that stand in the midst of pixels

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF_BRANDS = frozenset({b"mif1", b"msf1"})


@dataclass(frozen=True, eq=False)
class Raster:
    """A decoded photo. `pixels`: uint8, (height, width, 3), C-contiguous, writable, RGB in sRGB, upright; `shrunk`: how
    many pixels of the photo, in each direction, each of them stands for (1: it was not shrunk).
    """

    pixels: _Pixels
    shrunk: int


def decode(photo: Photo, limits: Limits, *, long_side: int | None = None) -> Raster:
    """The photo's pixels.

    Reads JPEG (of an MPO its first picture), PNG, WebP, GIF, AVIF and HEIC; of moving pictures the first frame. EXIF
    orientation is applied, transparency laid on white, ICC profiles followed (see `core.colour.to_srgb`).

    `long_side`: the caller needs no more than this many pixels on the longer side. The picture comes smaller by a
    whole number then, if it can and still keep that many; it never comes larger. A JPEG is shrunk by 2, 4 or 8 while
    decoding, which saves half of the time and more; other formats are decoded whole and averaged down, which saves
    memory and work on what follows. Limits count the whole picture, as the file claims it.

    Raises FileTooLarge, NotAPicture (another format, or none), PictureTooLarge (before anything is decoded),
    BrokenPicture (cut short, or damaged) and TooMuchMemory. More than 178 million pixels are never read, whatever the
    limits say.
    """
    if len(photo.data) > limits.file_bytes:
        raise FileTooLarge(photo.name, len(photo.data), limits.file_bytes)
    opener = _opener(photo.data)
    if opener is None:
        raise NotAPicture(photo.name)
    size = (0, 0)
    if opener is WebPImageFile:  # its decoder allocates the whole canvas before it reports the size
        size = _webp_canvas(photo.data)
        _check_size(*size, photo.name, limits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what decoders warn of is either raised below or harmless
        try:
            with opener(BytesIO(photo.data)) as image:
                size = image.size
                return _decode(image, photo, limits, long_side)
        except PhotoError:
            raise
        except MemoryError as error:
            raise TooMuchMemory(photo.name) from error
        except Exception as error:  # decoders raise nearly every kind of exception for damaged files
            if not _has_room_for(size):  # the decoders of WebP, AVIF and HEIC do not say that memory was short
                raise TooMuchMemory(photo.name) from error
            raise BrokenPicture(photo.name) from error


def _has_room_for(size: tuple[int, int]) -> bool:
    """Whether a picture of these pixels, and its planes before they are RGB, could be held beside all that is."""
    try:
        bytearray(8 * size[0] * size[1])  # the system hands it out, and takes it back, without filling it
    except MemoryError:
        return False
    return True


def encode(
    rgb: _Pixels,
    format: PictureFormat = "jpeg",  # noqa: A002
    quality: int = 92,
    provenance: Provenance | None = None,
) -> Picture:
    """`rgb` (uint8, (height, width, 3), sRGB) as a file without metadata but `provenance`.

    `quality`: 1-100, of jpeg (colour at full resolution) and webp; png is exact.
    """
    image = Image.fromarray(rgb)
    out = BytesIO()
    metadata = provenance.metadata(format) if provenance is not None else {}
    match format:
        case "jpeg":
            image.save(out, "JPEG", quality=quality, subsampling="4:4:4", **metadata)
        case "png":
            image.save(out, "PNG", compress_level=1, **metadata)  # level 6 takes 4 times as long for 15 % less
        case "webp":
            image.save(out, "WEBP", quality=quality, method=2, **metadata)
    return Picture(out.getvalue(), format, image.width, image.height)


def encode_animation(
    frames: Iterable[_Pixels], milliseconds: Sequence[int], provenance: Provenance | None = None, quality: int = 85
) -> Picture:
    """`frames` (uint8, (height, width, 3), sRGB, all of one size) as a WebP that loops for ever.

    `milliseconds`: how long each frame is shown. WebP, since a GIF of a face is ten times as large with 256 colours,
    and Discord plays a video only when it is clicked on. Errors: ValueError where there is no frame.
    """
    first, *others = map(Image.fromarray, frames)
    out = BytesIO()
    metadata = provenance.metadata("webp") if provenance is not None else {}
    first.save(
        out,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=list(milliseconds),
        loop=0,
        quality=quality,
        method=4,
        **metadata,
    )
    return Picture(out.getvalue(), "webp", first.width, first.height)


def _opener(data: bytes) -> Callable[[BytesIO], ImageFile] | None:
    """The decoder for these bytes, by their signature."""
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebPImageFile
    if data[4:8] == b"ftyp":
        return _iso_opener(data)
    return None


def _iso_opener(data: bytes) -> Callable[[BytesIO], ImageFile] | None:
    """ISO/IEC 23008-12: the file type box lists brands, the major one first; some name the codec, some do not."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return AvifImageFile
        if brand in _HEVC_BRANDS:
            return HeifImageFile
    return HeifImageFile if _HEIF_BRANDS.intersection(brands) else None


def _decode(image: ImageFile, photo: Photo, limits: Limits, long_side: int | None) -> Raster:
    whole = max(image.size)
    _check_size(*image.size, photo.name, limits)
    if isinstance(image, JpegImageFile) and _has_too_many_scans(photo.data):
        raise BrokenPicture(photo.name)
    if long_side is not None:
        _shrink_while_loading(image, long_side)
    pixels = _turned(_in_srgb(image, photo, limits, long_side), _orientation(image))
    return Raster(pixels, max(round(whole / max(pixels.shape[:2])), 1))


def _check_size(width: int, height: int, name: str, limits: Limits) -> None:
    limit = min(limits.pixels, _MOST_PIXELS)
    if width * height > limit or max(width, height) > limits.side:
        raise PictureTooLarge(name, width, height, limit)


def _has_too_many_scans(data: bytes) -> bool:
    """Looks at the first picture alone: what follows it, such as a film, may hold the same bytes by chance."""
    if data.count(bytes((0xFF, _SCAN))) <= _MOST_SCANS:
        return False
    scans = at = 0
    while scans <= _MOST_SCANS and (found := _MARKER.search(data, at)) and (marker := data[found.start() + 1]) != _END:
        scans += marker == _SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return scans > _MOST_SCANS


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """Width and height as a WebP's first chunk claims them (RFC 9649)."""
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _in_srgb(image: ImageFile, photo: Photo, limits: Limits, long_side: int | None) -> _Pixels:
    """The pixels as they are stored, averaged down where that leaves `long_side` of them."""
    profile = image.info.get("icc_profile")
    pixels = _by_turbojpeg(image, photo.data)
    if pixels is None:
        _load(image)
        _check_size(*image.size, photo.name, limits)  # a HEIF file can turn out larger than its header says
    times = 1 if long_side is None else max(image.size) // long_side
    if pixels is not None and not profile and times < 2:
        return pixels
    flat = flatten(image) if pixels is None else Image.fromarray(pixels)
    if times >= 2:
        flat = flat.reduce(times)
    return _array(to_srgb(flat, profile))


def _by_turbojpeg(image: ImageFile, data: bytes) -> _Pixels | None:
    """The pixels of a sound colour JPEG, at `image.size`; None: leave it to Pillow.

    The same library decodes them, with the same values, straight into the array: in seven eighths of the time, and
    without a copy of a third more. But it takes every remark for an error, and Pillow knows which are none.
    """
    if not isinstance(image, JpegImageFile) or image.mode != "RGB":
        return None
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    try:  # `buffer` bounds what is decoded: it has the size that was checked, whatever the file says further on
        found = simplejpeg.decode_jpeg(data, "RGB", min_height=height, min_width=width, buffer=pixels)
    except ValueError:
        return None
    return pixels if found.shape == pixels.shape else None


def _load(image: ImageFile) -> None:
    try:
        image.load()
    except (SyntaxError, ValueError):
        # A PNG's pixels are all there once its tiles are gone: what is wrong then is a chunk behind them, mostly of
        # an animation's next frame, and nothing of that is wanted.
        if not isinstance(image, PngImageFile) or image.tile:
            raise


def _shrink_while_loading(image: ImageFile, long_side: int) -> None:
    """Let libjpeg skip what would be thrown away: its inverse DCT can return 1/2, 1/4 or 1/8 of the size."""
    if not isinstance(image, JpegImageFile):
        return
    for factor in (8, 4, 2):
        if max(image.size) >= factor * long_side:
            image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
            return


def _orientation(image: ImageFile) -> int:
    """EXIF orientation, 1 (upright) to 8; any other value, or none, is ignored."""
    if isinstance(image, HeifImageFile):
        return 1  # libheif has rotated it already, and HEIF ignores EXIF
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # EXIF is a file in the file, and can be damaged in as many ways; only the picture matters
        return 1


def _turned(pixels: _Pixels, orientation: int) -> _Pixels:
    """Upright, from EXIF's `orientation` (tag 0x0112: where the stored row 0 and column 0 belong)."""
    match orientation:
        case 2:
            turned = cv2.flip(pixels, 1)
        case 3:
            turned = cv2.rotate(pixels, cv2.ROTATE_180)
        case 4:
            turned = cv2.flip(pixels, 0)
        case 5:
            turned = cv2.transpose(pixels)
        case 6:
            turned = cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
        case 7:
            turned = cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180)
        case 8:
            turned = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
        case _:
            return pixels
    return turned.astype(np.uint8, copy=False)


def _array(image: Image.Image) -> _Pixels:
    """The pixels of an RGB image.

    In strips that stay in the processor's cache: 12 megapixels take 18 ms, where `np.asarray(image)`, which copies
    the whole twice, takes 65.
    """
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, 65_536 // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels
