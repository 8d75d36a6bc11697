"""What each target starts from: small good files, made here."""

from __future__ import annotations

import json
import struct
from io import BytesIO
from typing import Any


def photos() -> list[bytes]:
    """One of each format, mode and kind of metadata."""
    import pillow_heif
    from PIL import Image, ImageCms

    colour = Image.effect_noise((24, 16), 60).convert("RGB")
    moving: dict[str, Any] = {"save_all": True, "append_images": [colour.rotate(180)]}
    tags = Image.Exif()
    tags[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    files = [
        _saved(colour, "JPEG", exif=tags.tobytes(), icc_profile=profile),
        _saved(colour, "JPEG", progressive=True, quality=50),
        _saved(colour.convert("CMYK"), "JPEG"),
        _saved(colour, "MPO", **moving),
        _saved(colour, "PNG", exif=tags.tobytes(), icc_profile=profile),
        _saved(colour.convert("RGBA"), "PNG", **moving),
        _saved(colour.quantize(8), "PNG", transparency=1),
        _saved(colour.convert("I;16"), "PNG"),
        _saved(colour.convert("1"), "PNG"),
        _saved(colour.quantize(16), "GIF", transparency=0, **moving),
        _saved(colour, "WEBP"),
        _saved(colour.convert("RGBA"), "WEBP", lossless=True, exif=tags.tobytes(), **moving),
        _saved(colour, "AVIF", quality=40),
        _saved(colour, "AVIF", quality=40, **moving),
        _saved(colour.convert("RGBA"), "AVIF", quality=40),
    ]
    heif = BytesIO()
    pillow_heif.from_pillow(colour).save(heif, quality=40, exif=tags.tobytes())
    return [*files, heif.getvalue()]


def _saved(image: Any, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def dlib() -> list[bytes]:
    """The head of dlib's file, up to its first tensor, whole and in parts."""

    def integer(value: int) -> bytes:
        data = abs(value).to_bytes(max(1, (abs(value).bit_length() + 7) // 8), "little")
        return bytes([len(data) | (0x80 if value < 0 else 0)]) + data

    def tag(text: str) -> bytes:
        return integer(len(text)) + text.encode()

    def real(mantissa: int, power: int) -> bytes:
        return integer(mantissa) + integer(power)

    head = integer(1) + tag("loss_metric_2") + real(5, -7) + real(3, -3) + integer(1) * 130
    head += tag("input_rgb_image_sized") + real(123, 0) * 3 + integer(150) * 2
    count = 32 * 3 * 7 * 7 + 32
    layer = tag("con_4") + b"".join(map(integer, (2, count, 1, 1, 1)))
    return [head, head + layer, head + layer + struct.pack(f"<{count}f", *[0.5] * count), head[:40]]


def calibration() -> list[bytes]:
    """As `sokkuri evaluate` writes it, and in parts."""
    import numpy as np

    from core.similarity.calibration import calibrate

    random = np.random.default_rng(0)
    likeness = np.concatenate([random.normal(-0.3, 0.05, 30), random.normal(-0.9, 0.1, 60)])
    same = np.arange(90) < 30
    pairs = [(f"a{at}", f"b{at}") for at in range(90)]
    text = calibrate("dlib", "euclidean", "test", likeness, same, pairs).toml().encode()
    lines = text.splitlines(keepends=True)
    return [text, *(b"".join(lines[:at] + lines[at + 1 :]) for at in range(6, len(lines)))]


def gateway() -> list[bytes]:
    """What a bot says, one message a line. TOKEN and SESSION stand for the real ones."""
    identify = {"op": 2, "d": {"token": "TOKEN", "intents": 32769, "shard": [0, 1], "properties": {"os": "linux"}}}
    talks: list[list[object]] = [
        [identify, {"op": 1, "d": 3}],
        [identify, {"op": 8, "d": {"guild_id": "1", "query": "a", "limit": 0, "user_ids": ["2", "3"], "nonce": "x"}}],
        [identify, {"op": 3, "d": {"since": None, "activities": [], "status": "online", "afk": False}}],
        [identify, {"op": 6, "d": {"token": "TOKEN", "session_id": "SESSION", "seq": 1}}],
        [{"op": 6, "d": {"token": "TOKEN", "session_id": "SESSION", "seq": 0}}, {"op": 1, "d": None}],
        [{"op": 2, "d": {"token": "other"}}, []],
        [{"op": 99}],
    ]
    return [b"\n".join(json.dumps(message).encode() for message in talk) for talk in talks]
