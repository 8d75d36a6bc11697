"""What a photo may take: no file, however it is made, costs much more than its pixels."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from bot.config import WorkersSection
from core.contracts import BrokenPicture, Limits, Photo
from core.photo import decode

ROOT = Path(__file__).resolve().parents[2]
TIGHT = 160 << 20
"""Bytes in which Python and the decoders find room, but no picture of 25 megapixels."""

TRY_ALL = """
import json, resource, sys
from pathlib import Path
from bot.workers import limits
from core.contracts import Limits, Photo, PhotoError
from core.photo import decode
memory, *paths = json.load(sys.stdin)
decode(Photo("first", Path(paths[0]).read_bytes()), Limits())
limits.confine(memory)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in map(Path, paths):
    try:
        outcome = decode(Photo(path.name, path.read_bytes()), Limits()).pixels.shape
    except PhotoError as error:
        outcome = error.code
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps([path.name, outcome, grown]), flush=True)
"""


def try_all(folder: Path, files: dict[str, bytes], memory: int = 0) -> dict[str, Any]:
    """What becomes of each file in a process that is held to `memory` bytes: its shape, or an error's code.

    Under "grown": how many KiB more than before the process held at most.
    """
    files = {"small.png": save("PNG")} | files
    for name, data in files.items():
        (folder / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", TRY_ALL],
        input=json.dumps([memory, *(str(folder / name) for name in files)]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: outcome for name, outcome, _ in lines} | {"grown": lines[-1][2]}


def save(kind: str, side: int = 64, **options: Any) -> bytes:
    out = BytesIO()
    Image.effect_noise((side, side), 40).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """8-bit RGBA, all values alike, without ever holding its pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer = zlib.compressobj(1)
    row = b"\0" + b"\x80" * (4 * width)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = [chunk(b"IHDR", header), *(chunk(*one) for one in chunks), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


# ---------------------------------------------------------------- memory


def test_memory_that_runs_out_refuses_the_photo_and_the_process_goes_on(tmp_path: Path) -> None:
    files = {"large.png": png(9000, 9000), "again.png": save("PNG")}
    outcomes = try_all(tmp_path, files, memory=500 << 20)
    assert outcomes["large.png"] == "too_much_memory"
    assert outcomes["again.png"] == [64, 64, 3]


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIF"])
def test_formats_whose_decoders_do_not_say_so_are_told_apart_from_damaged_ones(tmp_path: Path, kind: str) -> None:
    out = BytesIO()
    flat = Image.new("RGB", (5000, 5000), (120, 80, 60))
    if kind == "HEIF":
        pillow_heif.from_pillow(flat).save(out, quality=20, enc_params={"preset": "ultrafast"})
    else:
        flat.save(out, kind, **({"speed": 10} if kind == "AVIF" else {"method": 0}))
    files = {"large.bin": out.getvalue(), "damaged.bin": save("WEBP")[:-40], "again.png": save("PNG")}
    outcomes = try_all(tmp_path, files, memory=TIGHT)
    assert outcomes["large.bin"] == "too_much_memory"
    assert outcomes["damaged.bin"] == "broken_picture"
    assert outcomes["again.png"] == [64, 64, 3]


def test_the_largest_photo_that_is_allowed_fits_in_a_workers_memory(tmp_path: Path) -> None:
    """Beside its models, which take less than 1 GiB."""
    outcomes = try_all(tmp_path, {"largest.png": png(10_000, 10_000)}, WorkersSection().memory_bytes - (1 << 30))
    assert outcomes["largest.png"] == [10_000, 10_000, 3]


# ---------------------------------------------------------------- frames, metadata, nesting


def many_frames(kind: str, count: int) -> bytes:
    shades = [Image.new("L", (256, 256), number % 256) for number in range(count)]
    out = BytesIO()
    shades[0].save(out, kind, save_all=True, append_images=shades[1:], duration=10)
    return out.getvalue()


def test_only_the_first_frame_is_decoded(tmp_path: Path) -> None:
    files = {f"{kind}.bin": many_frames(kind, 500) for kind in ("GIF", "PNG", "WEBP")}
    files["AVIF.bin"] = many_frames("AVIF", 50)
    outcomes = try_all(tmp_path, files)
    assert {name: outcomes[name] for name in files} == {name: [256, 256, 3] for name in files}
    assert outcomes["grown"] < 32 * 1024  # all frames of one of the three take 96 MiB


def exif_chain(length: int) -> bytes:
    """Directories (TIFF 6.0) that each point to the next, and the last to the first."""
    body = b"MM\0*\0\0\0\x08"
    for number in range(length):
        following = 8 + 18 * ((number + 1) % length)
        body += struct.pack(">HHHIII", 1, 0x8769, 4, 1, following, following)
    return b"Exif\0\0" + body


def metadata_files() -> dict[str, bytes]:
    megabyte, icc = b"x" * (1 << 20), b"ICC_PROFILE\0"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * (100 << 20), zip=True)
    jpeg = save("JPEG")
    profile = b"".join(
        b"\xff\xe2" + struct.pack(">H", 65_000) + icc + bytes([number, 255]) + bytes(64_984) for number in range(1, 256)
    )
    comments = (b"\xff\xfe" + struct.pack(">H", 65_000) + bytes(64_998)) * 350
    return {
        "text bomb.png": save("PNG", pnginfo=text),
        "profile bomb.png": png(8, 8, (b"iCCP", b"p\0\0" + zlib.compress(megabyte * 100))),
        "many texts.png": png(8, 8, *[(b"tEXt", b"a\0" + b"x" * 1000)] * 20_000),
        "many comments.jpg": jpeg[:2] + comments + jpeg[2:],
        "large profile.jpg": jpeg[:2] + profile + jpeg[2:],
        "circle of directories.jpg": save("JPEG", exif=exif_chain(3)),
        "long chain of directories.jpg": save("JPEG", exif=exif_chain(3000)),
    }


def test_metadata_takes_little_whatever_it_says(tmp_path: Path) -> None:
    files = metadata_files()
    outcomes = try_all(tmp_path, files)
    for name in files:
        assert outcomes[name] in ([64, 64, 3], [8, 8, 3], "broken_picture"), name
    assert outcomes["grown"] < 128 * 1024  # the two bombs are 100 MiB each, the files themselves up to 23


def nested(kinds: list[bytes], depth: int, full: Callable[[bytes], bool]) -> bytes:
    """ISO base media boxes in boxes (ISO/IEC 14496-12)."""
    body = b""
    for level in range(depth):
        kind = kinds[level % len(kinds)]
        body = (b"\0\0\0\0" if full(kind) else b"") + body
        body = struct.pack(">I", 8 + len(body)) + kind + body
    return body


@pytest.mark.parametrize("brand", [b"heic", b"avif", b"mif1"])
def test_boxes_in_boxes_are_refused(tmp_path: Path, brand: bytes) -> None:
    start = struct.pack(">I", 20) + b"ftyp" + brand + bytes(4) + brand
    files = {
        f"{kind.decode()}.bin": start + nested([b"meta", kind], 10_000, lambda one: one == b"meta")
        for kind in (b"iprp", b"dinf", b"iinf", b"moov")
    }
    outcomes = try_all(tmp_path, files)
    for name in files:
        assert outcomes[name] == "broken_picture", name
    assert outcomes["grown"] < 64 * 1024


def test_a_jpeg_that_goes_over_its_pixels_again_and_again_is_refused() -> None:
    out = BytesIO()
    Image.new("RGB", (256, 256), (90, 120, 200)).save(out, "JPEG", progressive=True)
    usual = out.getvalue()
    last = usual[usual.rindex(b"\xff\xda") : -2]

    def with_scans(count: int) -> Photo:
        return Photo("scans.jpg", usual[:-2] + count * last + usual[-2:])

    assert decode(with_scans(80), Limits()).pixels.shape == (256, 256, 3)
    with pytest.raises(BrokenPicture):
        decode(with_scans(120), Limits())

    as_metadata = b"\xff\xe1\xff\xfe" + b"\xff\xda" * 0x7FFE
    harmless = Photo("film.jpg", usual[:2] + as_metadata + usual[2:] + b"\xff\xda" * 1000)
    assert decode(harmless, Limits()).pixels.shape == (256, 256, 3)
