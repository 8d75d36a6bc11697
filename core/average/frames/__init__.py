"""Ways to lay faces over each other: where each photo's pixels go on the canvas, and how the canvas is shown."""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from core.average.frames.align import Align
from core.average.frames.article import Article
from core.average.frames.base import Frame
from core.average.frames.warp import Warp
from core.contracts import Shape

__all__ = ["Frame", "frame"]


@lru_cache(maxsize=4)
def frame(shape: Shape, size: int) -> Frame:
    """The frame of a shape. `size`: of the picture, in pixels a side."""
    match shape:
        case "warp":
            return Warp(size)
        case "align":
            return Align(size)
        case "article":
            return Article()
    assert_never(shape)
