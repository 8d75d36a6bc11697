"""What Discord derives from a file: its content type from the name, and a picture's size from its first bytes.

The headers of PNG, GIF, JPEG and WebP are short enough to read by hand; this process loads no image library.
"""

from __future__ import annotations

import mimetypes
import struct
from dataclasses import dataclass

_TYPES = mimetypes.MimeTypes()
for _type, _suffix in (
    ("image/webp", ".webp"),
    ("image/avif", ".avif"),
    ("image/heic", ".heic"),
    ("image/heif", ".heif"),
):
    _TYPES.add_type(_type, _suffix)


@dataclass(frozen=True)
class Sniffed:
    """`width` and `height`: in pixels, both None if the bytes are no picture in a known format."""

    content_type: str | None
    width: int | None
    height: int | None


def sniff(name: str, data: bytes) -> Sniffed:
    content_type, _ = _TYPES.guess_type(name)
    if content_type is not None and content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    width, height = _size(data) or (None, None)
    return Sniffed(content_type, width, height)


def _size(data: bytes) -> tuple[int, int] | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data.startswith((b"GIF87a", b"GIF89a")) and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Reads the segments up to the first frame header (SOF0-SOF15 without DHT, JPG and DAC)."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
