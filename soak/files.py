"""Photos that people send: good ones, and files made to hurt among them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from random import Random

from fuzz import seeds
from sandbox import File

ROOT = Path(__file__).resolve().parents[1]
FACES = ROOT / "sandbox" / "faces"
SHARED_HOSTILE = ROOT.parent / "shared" / "hostile"
"""Files from the test suites of image libraries, where they lie beside the checkout."""

NAMES = ("@everyone", "`code` **bold**", "<@1> [a](b)", "\u202egpj.exe", "..%2F..%2Fetc%2Fpasswd", "x" * 180)


class Files:
    """Dealt by `random`."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._faces = [path.read_bytes() for path in sorted(FACES.glob("person_*.jpg"))]
        self._scenes = {path.stem: path.read_bytes() for path in sorted((FACES / "scenes").glob("*.jpg"))}
        self._small = seeds.photos()
        listed = sorted(SHARED_HOSTILE.glob("*__*")) if SHARED_HOSTILE.is_dir() else []
        self._collected = [(path.suffix, path.read_bytes()) for path in listed]

    def face(self) -> File:
        """A small photo of one face, that nobody has sent before: it must not be refused for another's bad luck."""
        return File(f"face-{self._random.randrange(1000)}.jpg", self._new(self._random.choice(self._faces)))

    def group(self) -> File:
        """Several faces."""
        return File("group.jpg", self._scenes["group"])

    def distant(self) -> File:
        """One face, so small that a worker finds it by a network that it loads for that."""
        return File("distant.jpg", self._new(self._scenes["distant"]))

    def nobody(self) -> File:
        return File("nobody.png", self._random.choice(self._small))

    def hostile(self) -> File:
        """What no camera made."""
        name = self._random.choice(NAMES)
        if self._collected and self._random.random() < 0.5:
            suffix, data = self._random.choice(self._collected)
            return File(name + suffix, data)
        makers = (
            self._cut,
            self._changed,
            self._changed,
            self._crossed,
            self._noise,
            self._text,
            self._bomb,
            self._boxes,
        )
        return File(name + self._random.choice((".jpg", ".png", ".webp", ".heic")), self._random.choice(makers)())

    def _new(self, data: bytes) -> bytes:
        return data + self._random.randbytes(8)  # pictures end before what is appended

    def _good(self) -> bytes:
        return self._random.choice(self._small if self._random.random() < 0.7 else self._faces)

    def _cut(self) -> bytes:
        data = self._good()
        return data[: self._random.randrange(1, len(data))]

    def _changed(self) -> bytes:
        """Some bytes are others."""
        data = bytearray(self._good())
        for _ in range(self._random.choice((1, 3, 30))):
            data[self._random.randrange(len(data))] = self._random.randrange(256)
        return bytes(data)

    def _crossed(self) -> bytes:
        """The beginning of one, the end of another."""
        first, second = self._good(), self._good()
        return first[: self._random.randrange(8, len(first))] + second[self._random.randrange(len(second)) :]

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.randrange(1, 20_000))

    def _text(self) -> bytes:
        texts: Sequence[bytes] = (b"<svg onload=alert(1)>", b"#!/bin/sh\nexit\n", b"PK\3\4", b"%PDF-1.7", b"\0" * 4096)
        return self._random.choice(texts)

    def _bomb(self) -> bytes:
        """A PNG of few bytes that claims to be of a thousand megapixels."""

        def chunk(name: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

        header = struct.pack(">IIBBBBB", 60_000, self._random.randrange(20_000, 60_000), 8, 6, 0, 0, 0)
        packed = chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + packed + chunk(b"IEND", b"")

    def _boxes(self) -> bytes:
        """Boxes in boxes (ISO/IEC 14496-12), a thousand deep."""
        body = b""
        for _ in range(1000):
            body = struct.pack(">I", 8 + len(body)) + b"iprp" + body
        return struct.pack(">I", 20) + b"ftypheic" + bytes(4) + b"heic" + body
