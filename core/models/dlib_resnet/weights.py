"""The .dat file of dlib's face recognition ResNet, read strictly: the very layers that are expected, or an error.

The file is a sequence. The versions of all nested layers come first, then each layer from the input on: a tag, its
details, three flags and three tensors that are empty in a saved network. Integers are of variable length (one byte
with the size in bits 0-6 and the sign in bit 7, then the bytes, little-endian), real numbers are two of them
(mantissa and power of 2), a text has its length before it, and a tensor is a version, four sizes and float32s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.contracts import ModelBroken

GROUPS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Filters and number of blocks of each group of residual blocks."""

INPUT_SIZE = 150
WIDTH = 128

_MOST_NESTED = 400


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with the affine layer after it folded in. `weight`: float32 (filters, channels, rows, columns)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int
    padding: int


@dataclass(frozen=True, eq=False)
class Block:
    """Two convolutions and a shortcut around them; `shrinks`: the shortcut is a 2x2 average pool."""

    first: Convolution
    second: Convolution
    shrinks: bool


@dataclass(frozen=True, eq=False)
class Weights:
    """All parameters. `projection`: float32 (256, 128), from the averaged maps to the vector."""

    stem: Convolution
    groups: tuple[tuple[Block, ...], ...]
    projection: NDArray[np.float32]


def read_weights(data: bytes, name: str) -> Weights:
    """Read the bytes of a .dat file. `name` is for the error. Raises ModelBroken on anything unexpected."""
    source = _Source(data, name)
    _read_head(source)
    stem = _read_convolution(source, channels=3, filters=32, size=7, stride=2, padding=0, innermost=True)
    _read_plain(source, "relu_")
    _read_plain(source, "max_pool_2", (3, 3, 2, 2, 0, 0))
    groups = []
    channels = 32
    for index, (filters, length) in enumerate(GROUPS):
        blocks = []
        for position in range(length):
            blocks.append(_read_block(source, channels, filters, shrinks=index > 0 and position == 0))
            channels = filters
        groups.append(tuple(blocks))
    _read_plain(source, "avg_pool_2", (0, 0, 1, 1, 0, 0))
    projection = _read_projection(source, channels)
    source.expect("what follows the last layer", source.left, 0)
    return Weights(stem, tuple(groups), projection)


class _Source:
    """Bytes and a place in them. Everything taken is checked against what is left first."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def broken(self, what: str, expected: object, found: object) -> ModelBroken:
        return ModelBroken(
            self._name,
            f"no ResNet of dlib, or damaged, at byte {self._at}: {what}: expected {expected}, found {found}; remedy: "
            "delete the file, so that it is fetched again, or give the right one",
        )

    def expect(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            raise self.broken(what, expected, found)

    def take(self, count: int, what: str) -> bytes:
        if not 0 <= count <= self.left:
            raise self.broken(what, f"{count} bytes", f"{self.left} before the end")
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def integer(self, what: str) -> int:
        head = self.take(1, what)[0]
        size = head & 0x7F
        if not 1 <= size <= 8:
            raise self.broken(what, "an integer of 1 to 8 bytes", f"{size} bytes")
        value = int.from_bytes(self.take(size, what), "little")
        return -value if head & 0x80 else value

    def integers(self, what: str, expected: Sequence[int]) -> None:
        for value in expected:
            self.expect(what, self.integer(what), value)

    def real(self, what: str) -> None:
        """Skip a real number: none of them bears on the result."""
        self.integer(what)
        self.integer(what)

    def tag(self, expected: str) -> None:
        self.expect(f"length of the tag {expected}", self.integer(f"tag {expected}"), len(expected))
        self.expect("tag", self.take(len(expected), expected), expected.encode("ascii"))

    def tensor(self, what: str, shape: tuple[int, int, int, int]) -> NDArray[np.float32]:
        self.integers(f"version and shape of {what}", (2, *shape))
        values = np.frombuffer(self.take(4 * math.prod(shape), what), "<f4").astype(np.float32)
        if not np.isfinite(values).all():
            raise self.broken(what, "finite numbers", "others")
        return values

    def end_of_layer(self, what: str, *, innermost: bool = False) -> None:
        """Three flags and three empty tensors; the layer on the input also tells how many samples an image gives."""
        for flag in self.take(3, what):
            if flag not in b"01":
                raise self.broken(what, "a flag, 0 or 1", flag)
        for _ in range(3):
            self.integers(f"empty tensor after {what}", (2, 0, 0, 0, 0))
        if innermost:
            self.integers("samples per image", (1,))


def _read_head(source: _Source) -> None:
    source.integers("version", (1,))
    source.tag("loss_metric_2")
    source.real("margin")
    source.real("distance threshold")
    tag = "input_rgb_image_sized"
    for _ in range(_MOST_NESTED):
        version = source.integer("version of a nested layer")
        if version == len(tag):  # no version is as high: it is the length of the next tag
            break
        if version not in (1, 2, 3):
            raise source.broken("version of a nested layer", "1, 2 or 3", version)
    else:
        raise source.broken("nested layers", f"at most {_MOST_NESTED}", "more")
    source.expect("tag", source.take(len(tag), tag), tag.encode("ascii"))
    for channel in ("red", "green", "blue"):
        source.real(f"mean of {channel}")
    source.integers("input size", (INPUT_SIZE, INPUT_SIZE))


def _read_plain(source: _Source, tag: str, details: Sequence[int] = ()) -> None:
    source.tag(tag)
    source.integers(tag, details)
    source.end_of_layer(tag)


def _read_block(source: _Source, channels: int, filters: int, *, shrinks: bool) -> Block:
    stride, padding = (2, 0) if shrinks else (1, 1)
    first = _read_convolution(source, channels, filters, size=3, stride=stride, padding=padding)
    _read_plain(source, "relu_")
    second = _read_convolution(source, filters, filters, size=3, stride=1, padding=1)
    if shrinks:
        _read_plain(source, "avg_pool_2", (2, 2, 2, 2, 0, 0))
    _read_plain(source, "add_prev_")
    _read_plain(source, "relu_")
    return Block(first, second, shrinks)


def _read_convolution(
    source: _Source, channels: int, filters: int, *, size: int, stride: int, padding: int, innermost: bool = False
) -> Convolution:
    """A convolution and the affine layer after it, as one convolution."""
    source.tag("con_4")
    count = filters * channels * size * size
    parameters = source.tensor("parameters of con_4", (count + filters, 1, 1, 1))
    source.integers("shape of con_4", (filters, size, size, stride, stride, padding, padding))
    source.integers("filters of con_4", (1, filters, channels, size, size))
    source.integers("biases of con_4", (1, 1, filters, 1, 1))
    _skip_learning_rates(source)
    source.end_of_layer("con_4", innermost=innermost)
    source.tag("affine_")
    gain_and_offset = source.tensor("parameters of affine_", (2 * filters, 1, 1, 1))
    for part in ("gain", "offset"):
        source.integers(f"{part} of affine_", (1, 1, filters, 1, 1))
    source.integers("mode of affine_", (0,))
    source.end_of_layer("affine_")

    gain, offset = gain_and_offset.astype(np.float64).reshape(2, filters)
    weight = parameters[:count].reshape(filters, channels, size, size) * gain[:, None, None, None]
    bias = parameters[count:] * gain + offset
    return Convolution(weight.astype(np.float32), bias.astype(np.float32), stride, padding)


def _read_projection(source: _Source, channels: int) -> NDArray[np.float32]:
    source.tag("fc_2")
    source.integers("outputs and inputs of fc_2", (WIDTH, channels))
    projection = source.tensor("parameters of fc_2", (channels, WIDTH, 1, 1)).reshape(channels, WIDTH)
    source.integers("weights of fc_2", (1, channels, WIDTH, 1, 1))
    source.integers("biases of fc_2", (1, 0, 0, 0, 0))
    source.integers("bias mode of fc_2", (1,))
    _skip_learning_rates(source)
    source.end_of_layer("fc_2")
    return projection


def _skip_learning_rates(source: _Source) -> None:
    for what in ("learning rate", "weight decay", "bias learning rate", "bias weight decay"):
        source.real(what)
