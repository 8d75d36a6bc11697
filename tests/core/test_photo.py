"""Photos come in as any bytes at all; what comes out is an upright sRGB array, or an error that says what is wrong."""

from __future__ import annotations

import csv
import json
import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from core.colour import flatten, to_srgb
from core.contracts import (
    BrokenPicture,
    FileTooLarge,
    Limits,
    NotAPicture,
    Photo,
    PhotoError,
    PictureFormat,
    PictureTooLarge,
)
from core.photo import decode, encode, encode_animation
from core.provenance import synthetic_average

ROOT = Path(__file__).resolve().parents[2]
Pixels = NDArray[np.uint8]


def scene(width: int = 96, height: int = 64) -> Pixels:
    """Smooth in colour, with a bright block in one corner, so that no two turns of it are alike."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([40 + 160 * x / width, 200 - 150 * y / height, 60 + 80 * (x + y) / (width + height)], axis=-1)
    pixels[: height // 4, : width // 6] = (250, 240, 230)
    return pixels.round().astype(np.uint8)


def posterised() -> Pixels:
    """The scene in few enough colours for a palette."""
    return (scene() // 64 * 64).astype(np.uint8)


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(out, **options)
    else:
        image.save(out, kind, **options)
    return out.getvalue()


def read(data: bytes, limits: Limits | None = None, long_side: int | None = None) -> Pixels:
    pixels = decode(Photo("photo.jpg", data), limits or Limits(), long_side=long_side).pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    return pixels


def difference(a: Pixels, b: Pixels) -> float:
    """Mean over all values; large where the pictures are turned, shifted or tinted."""
    assert a.shape == b.shape
    return float(np.abs(a.astype(np.int16) - b).mean())


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *before: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand: `rows` with their filter bytes, chunks `before` the data."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


# ---------------------------------------------------------------- formats


def exact_files() -> dict[str, tuple[bytes, Pixels]]:
    whole, few = Image.fromarray(scene()), Image.fromarray(posterised())
    other = Image.fromarray(255 - scene())
    return {
        "png": (save(whole, "PNG"), scene()),
        "apng": (save(whole, "PNG", save_all=True, append_images=[other]), scene()),
        "webp": (save(whole, "WEBP", lossless=True), scene()),
        "moving webp": (save(whole, "WEBP", lossless=True, save_all=True, append_images=[other]), scene()),
        "gif": (save(few.quantize(64), "GIF"), posterised()),
        "moving gif": (save(few.quantize(64), "GIF", save_all=True, append_images=[other]), posterised()),
        "palette png": (save(few.quantize(64), "PNG"), posterised()),
        "heic": (save(whole, "HEIF", quality=-1, chroma=444, matrix_coefficients=0), scene()),
    }


def lossy_files() -> dict[str, bytes]:
    whole, other = Image.fromarray(scene()), Image.fromarray(255 - scene())
    return {
        "jpeg": save(whole, "JPEG", quality=90),
        "progressive jpeg": save(whole, "JPEG", quality=90, progressive=True),
        "mpo": save(whole, "MPO", quality=90, save_all=True, append_images=[other]),
        "webp": save(whole, "WEBP", quality=90),
        "avif": save(whole, "AVIF", quality=90),
        "moving avif": save(whole, "AVIF", quality=90, save_all=True, append_images=[other]),
        "heic": save(whole, "HEIF", quality=90),
    }


EXACT, LOSSY = exact_files(), lossy_files()
FILES = {name: data for name, (data, _) in EXACT.items()} | LOSSY


@pytest.mark.parametrize("name", EXACT)
def test_lossless_formats_decode_to_the_very_picture(name: str) -> None:
    data, expected = EXACT[name]
    np.testing.assert_array_equal(read(data), expected)


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_decode_to_nearly_the_picture(name: str) -> None:
    assert difference(read(LOSSY[name]), scene()) < 3


def test_avif_under_its_containers_general_brand_is_told_from_heic() -> None:
    data = LOSSY["avif"]
    assert data[8:12] == b"avif"
    assert b"mif1" in data[16:40]
    general = data[:8] + b"mif1" + data[12:]
    np.testing.assert_array_equal(read(general), read(data))


# ---------------------------------------------------------------- orientation


def stored(upright: Pixels, orientation: int) -> Pixels:
    """What a camera stores, so that a viewer who obeys `orientation` shows `upright` (EXIF 2.32, tag 0x0112)."""
    sides = {1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1]}
    if orientation in sides:
        return np.ascontiguousarray(sides[orientation])
    turned = upright.transpose(1, 0, 2)  # rows of the stored picture are columns of the upright one
    flips = {5: turned, 6: turned[::-1], 7: turned[::-1, ::-1], 8: turned[:, ::-1]}
    return np.ascontiguousarray(flips[orientation])


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 1),
        ("MPO", {"quality": 95, "subsampling": 0}, 1),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 2),
        ("HEIF", {"quality": -1, "chroma": 444, "matrix_coefficients": 0}, 0),
    ],
)
def test_every_orientation_comes_out_upright(
    kind: str, options: dict[str, Any], tolerance: float, orientation: int
) -> None:
    camera = Image.fromarray(stored(scene(), orientation))
    pixels = read(save(camera, kind, exif=exif(orientation), **options))
    assert difference(pixels, scene()) <= tolerance


def test_orientation_counts_when_the_jpeg_is_shrunk_while_loading() -> None:
    upright = scene(640, 320)
    data = save(Image.fromarray(stored(upright, 6)), "JPEG", quality=95, exif=exif(6))
    small = np.asarray(Image.fromarray(upright).reduce(4))
    assert difference(read(data, long_side=160), small) < 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "damaged",
    [
        b"Exif\0\0",
        b"Exif\0\0garbage that is no TIFF header",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 20,
        exif(0),
        exif(9),
        exif(65535),
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0six\0\0\0\0\0",
    ],
)
def test_damaged_exif_is_ignored_in_silence(
    kind: str, damaged: bytes, recwarn: pytest.WarningsRecorder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert difference(read(save(Image.fromarray(scene()), kind, exif=damaged)), scene()) < 3
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")


# ---------------------------------------------------------------- modes


def test_cmyk_jpeg() -> None:
    image = Image.fromarray(scene())
    assert difference(read(save(image.convert("CMYK"), "JPEG", quality=95)), scene()) < 3


def test_gray_comes_out_in_three_equal_channels() -> None:
    gray = Image.fromarray(scene()).convert("L")
    expected = np.repeat(np.asarray(gray)[..., None], 3, axis=-1)
    np.testing.assert_array_equal(read(save(gray, "PNG")), expected)
    assert difference(read(save(gray, "JPEG", quality=95)), expected) < 2
    assert difference(read(save(gray, "HEIF", quality=95)), expected) < 2


def test_one_bit() -> None:
    bits = Image.fromarray(scene()).convert("1")
    expected = np.repeat(np.asarray(bits, dtype=np.uint8)[..., None] * 255, 3, axis=-1)
    np.testing.assert_array_equal(read(save(bits, "PNG")), expected)


def test_sixteen_bit_gray_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None, :].repeat(4, axis=0)
    pixels = read(save(Image.fromarray(ramp), "PNG"))
    np.testing.assert_array_equal(pixels[..., 0], ramp >> 8)
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


def test_sixteen_bit_gray_with_a_transparent_value() -> None:
    rows = b"".join(b"\0" + struct.pack(">HHH", 0x1234, 0x1235, 0xFF00) for _ in range(2))
    pixels = read(png(3, 2, 16, 0, rows, (b"tRNS", struct.pack(">H", 0x1234))))
    assert pixels[0, :, 0].tolist() == [255, 0x12, 0xFF]


def test_sixteen_bit_colour_is_scaled_not_clipped() -> None:
    wide = scene().astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    np.testing.assert_array_equal(read(png(96, 64, 16, 2, rows)), scene())


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_heic_of_more_than_eight_bits(bits: int, channels: int) -> None:
    colour = scene().astype(np.uint16) * 257
    if channels == 4:
        colour = np.dstack([colour, np.full(colour.shape[:2], 65535, np.uint16)])
    values = colour[..., 1] if channels == 1 else colour
    mode = {1: "L;16", 3: "RGB;16", 4: "RGBA;16"}[channels]
    out = BytesIO()
    before = pillow_heif.options.SAVE_HDR_TO_12_BIT
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    try:
        pillow_heif.from_bytes(mode, (96, 64), np.ascontiguousarray(values).tobytes()).save(out, quality=95)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = before
    expected = np.repeat(scene()[..., 1:2], 3, axis=-1) if channels == 1 else scene()
    assert difference(read(out.getvalue()), expected) < 2


def half_transparent() -> tuple[Image.Image, Pixels]:
    """The scene over nothing: opaque on the left, half in the middle, gone on the right; and how it looks on white."""
    alpha = np.repeat(np.array([255, 128, 0], np.uint8), 32)[None, :].repeat(64, axis=0)
    share = alpha[..., None] / 255
    on_white = (scene() * share + 255 * (1 - share)).round().astype(np.uint8)
    return Image.fromarray(np.dstack([scene(), alpha])), on_white


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0.5),
        ("WEBP", {"lossless": True, "exact": True}, 0.5),
        ("AVIF", {"quality": 95}, 3),
        ("HEIF", {"quality": 95}, 3),
    ],
)
def test_transparency_is_laid_on_white(kind: str, options: dict[str, Any], tolerance: float) -> None:
    image, on_white = half_transparent()
    assert difference(read(save(image, kind, **options)), on_white) < tolerance


def test_gray_with_transparency_is_laid_on_white() -> None:
    image = Image.merge("LA", (Image.new("L", (9, 5), 40), Image.new("L", (9, 5), 51)))
    assert set(read(save(image, "PNG")).flat) == {212}  # 40 / 5 + 255 * 4 / 5


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_a_transparent_entry(kind: str) -> None:
    image = Image.fromarray(posterised()).quantize(64)
    clear = image.getpixel((0, 0))
    expected = posterised()
    expected[np.asarray(image) == clear] = 255
    np.testing.assert_array_equal(read(save(image, kind, transparency=clear)), expected)


def test_png_palette_with_an_alpha_for_each_entry() -> None:
    palette = bytes([200, 100, 0, 0, 0, 0])
    data = png(2, 1, 8, 3, b"\0\0\1", (b"PLTE", palette), (b"tRNS", bytes([255, 51])))
    assert read(data).tolist() == [[[200, 100, 0], [204, 204, 204]]]


def test_colour_png_with_a_transparent_colour() -> None:
    data = png(2, 1, 8, 2, b"\0" + bytes([1, 2, 3, 4, 5, 6]), (b"tRNS", struct.pack(">HHH", 1, 2, 3)))
    assert read(data).tolist() == [[[255, 255, 255], [4, 5, 6]]]


# ---------------------------------------------------------------- colour profiles

SRGB_COLORANTS = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))  # D50, as in ICC files
P3_COLORANTS = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB_CURVE = struct.pack(
    ">4s4xHxx5i", b"para", 3, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)
LINEAR = struct.pack(">4s4xI", b"curv", 0)


def icc(space: bytes, pcs: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile (ICC.1:2004-10, version 2.4): header, table of tags, tags."""
    white = struct.pack(">4s4x3i", b"XYZ ", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    tags = {b"wtpt": white} | tags
    table, body, at = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += padded
    header = struct.pack(
        ">I4s4s4s4s4s12x4s24x3i",
        at + len(body),
        b"none",
        b"\x02\x40\0\0",
        kind,
        space,
        pcs,
        b"acsp",
        63190,
        65536,
        54061,
    )
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def rgb_profile(colorants: tuple[tuple[float, float, float], ...]) -> bytes:
    tags = {}
    for letter, xyz in zip((b"r", b"g", b"b"), colorants, strict=True):
        tags[letter + b"XYZ"] = struct.pack(">4s4x3i", b"XYZ ", *(round(v * 65536) for v in xyz))
        tags[letter + b"TRC"] = SRGB_CURVE
    return icc(b"RGB ", b"XYZ ", b"mntr", tags)


def cmyk_profile(lightness: int) -> bytes:
    """All mixtures of inks without black print as the same gray (lut8Type, `lightness` 0-255)."""
    identity = bytes(range(256))
    lut = struct.pack(">4s4x4B9i", b"mft1", 4, 3, 2, 0, *(65536 if i % 4 == 0 else 0 for i in range(9)))
    lut += identity * 4 + bytes([lightness, 128, 128, 0, 128, 128]) * 8 + identity * 3
    return icc(b"CMYK", b"Lab ", b"prtr", {b"A2B0": lut})


def p3_to_srgb(pixels: Pixels) -> Pixels:
    """The definition, in floats."""
    v = pixels / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(P3_COLORANTS) @ np.linalg.inv(np.array(SRGB_COLORANTS)), 0, 1)
    v = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    srgb: Pixels = (v * 255).round().astype(np.uint8)
    return srgb


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG", "AVIF", "HEIF"])
def test_display_p3_comes_out_in_srgb(kind: str) -> None:
    lossless = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind != "PNG" else {}
    data = save(Image.fromarray(scene()), kind, icc_profile=rgb_profile(P3_COLORANTS), **lossless)
    assert difference(read(data), p3_to_srgb(scene())) < (1 if kind in ("PNG", "WEBP") else 2.5)
    assert difference(scene(), p3_to_srgb(scene())) > 4


def test_profile_with_swapped_channels() -> None:
    red, green, blue = SRGB_COLORANTS
    data = save(Image.fromarray(scene()), "PNG", icc_profile=rgb_profile((blue, green, red)))
    assert np.abs(read(data).astype(np.int16) - scene()[..., ::-1]).max() <= 1


@pytest.mark.parametrize(
    "profile",
    [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), rgb_profile(SRGB_COLORANTS)],
    ids=["the library's", "another"],
)
def test_srgb_under_any_name_changes_nothing(profile: bytes) -> None:
    np.testing.assert_array_equal(read(save(Image.fromarray(scene()), "PNG", icc_profile=profile)), scene())


def test_gray_profile() -> None:
    linear = icc(b"GRAY", b"XYZ ", b"mntr", {b"kTRC": LINEAR})
    pixels = read(save(Image.new("L", (4, 3), 128), "PNG", icc_profile=linear))
    assert np.abs(pixels.astype(np.int16) - 188).max() <= 1  # half of the light is 188 in sRGB


def test_rgb_profile_in_a_gray_picture() -> None:
    pixels = read(save(Image.new("L", (4, 3), 128), "PNG", icc_profile=rgb_profile(P3_COLORANTS)))
    assert np.abs(pixels.astype(np.int16) - 128).max() <= 1


def test_cmyk_profile_is_followed() -> None:
    data = save(Image.fromarray(scene()).convert("CMYK"), "JPEG", icc_profile=cmyk_profile(128))
    pixels = read(data)
    assert np.ptp(pixels) <= 2
    assert abs(float(pixels.mean()) - 119) < 3  # L* = 50


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "profile",
    [
        b"not a profile",
        rgb_profile(P3_COLORANTS)[:200],
        icc(b"RGB ", b"XYZ ", b"mntr", {}),
        icc(b"Luv ", b"XYZ ", b"mntr", {}),
        cmyk_profile(10)[:-3000],
    ],
    ids=["text", "cut", "no tags", "another space", "cut table"],
)
def test_broken_profiles_are_ignored(mode: str, profile: bytes) -> None:
    image = Image.fromarray(scene()).convert(mode)
    np.testing.assert_array_equal(read(save(image, "JPEG", icc_profile=profile)), read(save(image, "JPEG")))


@pytest.mark.parametrize(("mode", "profile"), [("RGB", cmyk_profile(10)), ("CMYK", rgb_profile(P3_COLORANTS))])
def test_profiles_of_another_kind_of_picture_are_ignored(mode: str, profile: bytes) -> None:
    image = Image.fromarray(scene()).convert(mode)
    np.testing.assert_array_equal(read(save(image, "JPEG", icc_profile=profile)), read(save(image, "JPEG")))


# ---------------------------------------------------------------- shrinking


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    long_side=st.integers(1, 500),
    kind=st.sampled_from(["JPEG", "PNG"]),
)
def test_shrunk_pictures_keep_the_pixels_asked_for(width: int, height: int, long_side: int, kind: str) -> None:
    data = save(Image.fromarray(scene(width, height)), kind)
    h, w = read(data, long_side=long_side).shape[:2]
    assert min(long_side, max(width, height)) <= max(w, h) <= max(width, height)
    factor = max(width, height) / max(w, h)
    assert abs(min(w, h) - min(width, height) / factor) <= 1
    if max(width, height) >= 2 * long_side:
        assert max(w, h) < max(width, height)
    else:
        assert (w, h) == (width, height)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_shrunk_picture_is_the_whole_one_averaged(name: str) -> None:
    image = Image.fromarray(scene(800, 600))
    assert difference(read(save(image, name, quality=90), long_side=200), np.asarray(image.reduce(4))) < 3


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"Dear diary, today I renamed a text file.",
        b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>",
        b'{"message": "Unknown Message", "code": 10008}',
        b"\xff\xd8",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100),
        b"%PDF-1.7\n",
        *(save(Image.fromarray(posterised()), kind) for kind in ("BMP", "TIFF", "ICO", "PPM", "TGA", "JPEG2000")),
        save(Image.fromarray(posterised()), "PDF"),
    ],
)
def test_other_things_are_not_pictures(data: bytes) -> None:
    with pytest.raises(NotAPicture) as caught:
        read(data)
    assert caught.value.photo == "photo.jpg"


@pytest.mark.parametrize("name", [name for name in FILES if "moving" not in name and name not in ("apng", "mpo")])
def test_cut_short_is_broken(name: str) -> None:
    data = FILES[name]
    for share in (0.3, 0.6, 0.9):
        with pytest.raises(BrokenPicture):
            read(data[: int(len(data) * share)])


def test_a_signature_alone_is_broken() -> None:
    for data in FILES.values():
        with pytest.raises(BrokenPicture):
            read(data[:24])


def test_no_pixels_is_broken() -> None:
    with pytest.raises(BrokenPicture):
        read(png(0, 0, 8, 2, b""))
    with pytest.raises(BrokenPicture):
        read(b"GIF89a\0\0\0\0\0\0\0;")


def test_a_gif_frame_far_outside_of_its_screen_is_refused() -> None:
    huge = struct.pack("<HHHH", 0, 0, 65535, 65535)
    with pytest.raises(PhotoError):
        read(b"GIF89a\x08\0\x08\0\0\0\0," + huge + b"\0\x02\x02\x4c\x01\0;")


def test_damage_in_an_animation_leaves_the_first_frame() -> None:
    data, expected = EXACT["apng"]
    at = data.index(b"fdAT") + 4
    wrong_number = data[:at] + struct.pack(">I", 77) + data[at + 4 :]
    np.testing.assert_array_equal(read(wrong_number), expected)


def test_byte_limit_comes_first() -> None:
    with pytest.raises(FileTooLarge) as caught:
        read(b"x" * 101, Limits(file_bytes=100))
    assert (caught.value.photo, caught.value.size, caught.value.limit) == ("photo.jpg", 101, 100)
    with pytest.raises(NotAPicture):
        read(b"x" * 100, Limits(file_bytes=100))


@pytest.mark.parametrize("name", FILES)
def test_pixel_limit(name: str) -> None:
    read(FILES[name], Limits(pixels=96 * 64))
    with pytest.raises(PictureTooLarge) as caught:
        read(FILES[name], Limits(pixels=96 * 64 - 1), long_side=8)
    error = caught.value
    assert (error.photo, error.width, error.height, error.limit) == ("photo.jpg", 96, 64, 96 * 64 - 1)


def test_side_limit() -> None:
    strip = save(Image.new("RGB", (400, 2)), "PNG")
    read(strip, Limits(side=400))
    with pytest.raises(PictureTooLarge):
        read(strip, Limits(side=399))


def huge_files() -> dict[str, bytes]:
    """Pictures that claim 50,000 x 50,000 pixels, or the most their format can."""
    side = struct.pack("<I", 16382)[:3]
    jpeg = LOSSY["jpeg"]
    at = jpeg.index(b"\xff\xc0") + 5
    gif = EXACT["gif"][0]
    return {
        "png": png(50_000, 50_000, 8, 2, bytes(1000)),
        "jpeg": jpeg[:at] + struct.pack(">HH", 50_000, 50_000) + jpeg[at + 4 :],
        "gif": gif[:6] + struct.pack("<HH", 50_000, 50_000) + gif[10:],
        "webp": b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + side + side,
        "lossless webp": b"RIFF\x1e\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + struct.pack("<I", 16382 | 16382 << 14) + bytes(5),
        "lossy webp": b"RIFF\x1e\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383),
    }


MEASURE = """
import resource, sys
from core.contracts import Limits, Photo, PictureTooLarge
from core.photo import decode
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(Photo("bomb", data), Limits())
except PictureTooLarge as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error.width, error.height)
"""


@pytest.mark.parametrize(("name", "side"), [("png", 50_000), ("jpeg", 50_000), ("gif", 50_000), ("webp", 16_383)])
def test_a_bomb_is_refused_without_its_memory(name: str, side: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=huge_files()[name], capture_output=True, cwd=ROOT, timeout=60, check=True
    )
    grown, width, height = map(int, done.stdout.split())
    assert (width, height) == (side, side)
    assert grown < 16 * 1024  # KiB
    assert done.stderr == b""


@pytest.mark.parametrize("name", ["lossless webp", "lossy webp"])
def test_webp_claims_are_read_before_its_decoder_starts(name: str) -> None:
    with pytest.raises(PictureTooLarge) as caught:
        read(huge_files()[name])
    assert caught.value.width == caught.value.height == 16_383


# ---------------------------------------------------------------- any bytes at all

SIGNATURES = [b"", *{data[:12] for data in FILES.values()}, *{data[:40] for data in FILES.values()}]
SMALL = Limits(file_bytes=1_000_000, pixels=1_000_000)


def decodes_or_is_refused(data: bytes) -> None:
    try:
        read(data, SMALL)
    except PhotoError as error:
        assert error.photo == "photo.jpg"


@settings(max_examples=200, deadline=None)
@given(start=st.sampled_from(SIGNATURES), rest=st.binary(max_size=300))
def test_any_bytes_give_a_picture_or_a_photo_error(start: bytes, rest: bytes) -> None:
    decodes_or_is_refused(start + rest)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(sorted(FILES)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4),
    kept=st.floats(0, 1) | st.just(1.0),
)
def test_damaged_files_give_a_picture_or_a_photo_error(
    name: str, changes: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(FILES[name])
    for share, new in changes:
        at = int(share * share * (len(data) - len(new)))  # mostly near the start, where the headers are
        data[at : at + len(new)] = new
    decodes_or_is_refused(bytes(data[: round(kept * len(data))]))


def jpegs() -> list[bytes]:
    """Of each way to store colour, and to lay out the file."""
    image = Image.fromarray(scene(93, 61))
    ways: list[dict[str, Any]] = [
        *({"subsampling": kind} for kind in ("4:4:4", "4:2:2", "4:2:0")),
        {"progressive": True},
        {"optimize": True, "restart_marker_blocks": 3},
        {"keep_rgb": True},
        {"icc_profile": rgb_profile(P3_COLORANTS)},
    ]
    return [*(save(image, "JPEG", **way) for way in ways), save(image.convert("L"), "JPEG")]


def as_pillow_reads(data: bytes, long_side: int | None) -> Pixels | None:
    """None: Pillow cannot read it, or it is too large."""
    try:
        with JpegImagePlugin.JpegImageFile(BytesIO(data)) as image:
            if image.width * image.height > SMALL.pixels:
                return None
            wanted = long_side or max(image.size)
            for factor in (8, 4, 2):
                if max(image.size) >= factor * wanted:
                    image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
                    break
            image.load()
            flat = flatten(image)
            if max(flat.size) >= 2 * wanted:
                flat = flat.reduce(max(flat.size) // wanted)
            return np.asarray(to_srgb(flat, image.info.get("icc_profile")))
    except (OSError, SyntaxError, ValueError, struct.error):
        return None


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.sampled_from(jpegs()),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=3)), max_size=3),
    kept=st.floats(0.5, 1) | st.just(1.0),
    long_side=st.sampled_from([None, 5, 11, 23, 46]),
)
def test_a_jpeg_comes_out_as_pillow_reads_it_damaged_or_not(
    data: bytes, changes: list[tuple[float, bytes]], kept: float, long_side: int | None
) -> None:
    damaged = bytearray(data)
    for share, new in changes:
        at = int(share * (len(data) - len(new)))
        damaged[at : at + len(new)] = new
    damaged = damaged[: round(kept * len(damaged))]
    expected = as_pillow_reads(bytes(damaged), long_side)
    if expected is None:
        with pytest.raises(PhotoError):
            read(bytes(damaged), SMALL, long_side)
    else:
        np.testing.assert_array_equal(read(bytes(damaged), SMALL, long_side), expected)


# ---------------------------------------------------------------- encode


@pytest.mark.parametrize(("kind", "tolerance"), [("jpeg", 2), ("png", 0), ("webp", 3)])
def test_encoded_pictures_come_back(kind: PictureFormat, tolerance: float) -> None:
    picture = encode(scene(), kind)
    assert (picture.format, picture.width, picture.height) == (kind, 96, 64)
    assert difference(read(picture.data), scene()) <= tolerance
    image = Image.open(BytesIO(picture.data))
    assert image.format == kind.upper()
    assert not image.getexif()
    assert "icc_profile" not in image.info


def test_jpeg_keeps_colour_at_full_resolution() -> None:
    image = Image.open(BytesIO(encode(scene()).data))
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    assert JpegImagePlugin.get_sampling(image) == 0  # 4:4:4


def test_quality_trades_bytes() -> None:
    for kind in ("jpeg", "webp"):
        assert len(encode(scene(), kind, quality=40).data) < len(encode(scene(), kind, quality=95).data)


DESCRIPTION = "Synthetic average of 34 faces, made by Sokkuri."


def says_where_it_came_from(image: Image.Image) -> None:
    exif = image.getexif()
    assert (exif[ExifTags.Base.Software], exif[ExifTags.Base.ImageDescription]) == ("Sokkuri", DESCRIPTION)
    said = {
        element.tag.rpartition("}")[2]: element.text for element in ElementTree.fromstring(image.info["xmp"]).iter()
    }
    assert said["DigitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
    assert said["CreatorTool"] == "Sokkuri"
    assert said["li"] == DESCRIPTION


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_picture_says_where_it_came_from(kind: PictureFormat) -> None:
    plain = encode(scene(), kind)
    picture = encode(scene(), kind, provenance=synthetic_average(34))
    image = Image.open(BytesIO(picture.data))
    says_where_it_came_from(image)
    assert (np.asarray(image) == np.asarray(Image.open(BytesIO(plain.data)))).all()
    if isinstance(image, PngImagePlugin.PngImageFile):
        assert image.text["Software"] == "Sokkuri"
        assert image.text["Description"] == DESCRIPTION


def test_an_animation_plays_for_ever_at_its_own_pace_and_says_where_it_came_from() -> None:
    frames = [np.roll(scene(), 8 * i, axis=1) for i in range(4)]
    picture = encode_animation(frames, [500, 40, 40, 80], synthetic_average(34), quality=95)
    assert (picture.format, picture.width, picture.height) == ("webp", 96, 64)
    image = Image.open(BytesIO(picture.data))
    assert isinstance(image, WebPImagePlugin.WebPImageFile)
    assert (image.n_frames, image.info["loop"]) == (4, 0)
    says_where_it_came_from(image)
    ends = []
    for index, frame in enumerate(frames):
        image.seek(index)
        assert difference(np.asarray(image.convert("RGB")), frame) < 4
        ends.append(image.info["timestamp"] + image.info["duration"])
    assert ends == [500, 540, 580, 660]


def test_there_is_no_animation_of_nothing() -> None:
    with pytest.raises(ValueError):
        encode_animation([], [])


# ---------------------------------------------------------------- files made to hurt

TRY_ALL = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from core.contracts import Limits, Photo, PhotoError
from core.photo import decode
for path in map(Path, json.load(sys.stdin)):
    try:
        pixels = decode(Photo(path.name, path.read_bytes()), Limits()).pixels
        print(json.dumps([path.name, "decodes", pixels.shape]), flush=True)
    except PhotoError as error:
        print(json.dumps([path.name, "refused", error.code]), flush=True)
"""

# Its compressed data ends in a wrong checksum. The list was made by loading twice, and only the first load complains.
WRONG_CHECKSUM = "libpng__039ec3__badadler.png"


@pytest.mark.shared
def test_hostile_files_do_what_their_list_says(shared: Path) -> None:
    folder = shared / "hostile"
    with (folder / "manifest.csv").open(newline="") as lines:
        rows = {row["file"]: row for row in csv.DictReader(lines)}
    paths = [str(folder / name) for name in rows]
    done = subprocess.run(
        [sys.executable, "-c", TRY_ALL],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=240,
        check=False,
    )
    got = {name: (outcome, detail) for name, outcome, detail in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert got.keys() == rows.keys()
    wrong = {name for name, row in rows.items() if got[name][0] != row["expected"]}
    assert wrong <= {WRONG_CHECKSUM}
    read_here = {"JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", ""}
    for name, row in rows.items():
        if row["format"] not in read_here:
            assert got[name] == ("refused", "not_a_picture"), name
        if row["expected"] == "decodes" and row["width"] and name != WRONG_CHECKSUM:
            sides = [int(row["width"]), int(row["height"])]
            assert sorted(got[name][1]) == sorted([*sides, 3]), name
