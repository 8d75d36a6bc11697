"""`sokkuri evaluate`: the ROC curve, and the distribution of the scores of both kinds of pairs.

It contains digits, and the two names that every paper uses (TAR, FAR). It is drawn at twice the size and reduced, for
smooth lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.cards.canvas import BACKGROUND, DIFFERENT, FAINT, INK, PANEL, SAME, font
from core.contracts import Metric
from core.similarity.verification import Roc

_TWICE = 2
_WIDTH, _HEIGHT = 1240, 640
_SIDE = 500
_TOP, _LEFT, _GAP = 52, 96, 104
_BINS = 48
_FILL = 150
_FINEST = 1e-4

_Point = tuple[float, float]


def evaluation(
    curve: Roc, likeness: tuple[NDArray[np.float64], NDArray[np.float64]], threshold: float, metric: Metric
) -> NDArray[np.uint8]:
    """On the left the ROC curve over a logarithmic FAR, with a ring where the model's line is; on the right the scores.

    `likeness`: that of the pairs of one person and that of the pairs of two, see `core.similarity.verification`, each
    kind with a pair that is not lost; `threshold`: the model's line, in `metric`. Returns uint8 RGB (640, 1240, 3).
    """
    card = Image.new("RGB", (_WIDTH * _TWICE, _HEIGHT * _TWICE), BACKGROUND)
    sign = 1.0 if metric == "cosine" else -1.0
    far, tar = (float((kind >= sign * threshold).mean()) for kind in reversed(likeness))
    _draw_roc(card, curve, (far, tar), len(likeness[1]))
    people, strangers = (sign * kind[np.isfinite(kind)] for kind in likeness)
    _draw_scores(card, people, strangers, threshold)
    return np.asarray(card.reduce(_TWICE))


class _Frame:
    """A panel with a plane of its own: 0-1 in both directions, from its lower left."""

    def __init__(self, card: Image.Image, left: int) -> None:
        self.card = card
        self.draw = ImageDraw.Draw(card)
        self.left, self.top = left, _TOP
        box = (left, _TOP, left + _SIDE, _TOP + _SIDE)
        self.draw.rounded_rectangle([value * _TWICE for value in box], 20 * _TWICE, fill=PANEL)

    def at(self, x: float, y: float) -> _Point:
        inner = _SIDE - 40
        return (self.left + 20 + x * inner) * _TWICE, (self.top + _SIDE - 20 - y * inner) * _TWICE

    def line(self, points: Sequence[_Point], ink: tuple[int, int, int], width: float) -> None:
        self.draw.line([self.at(*point) for point in points], fill=ink, width=round(width * _TWICE), joint="curve")

    def text(
        self, x: float, y: float, text: str, anchor: str, shift: _Point, ink: tuple[int, int, int] = FAINT
    ) -> None:
        across, down = self.at(x, y)
        place = (across + shift[0] * _TWICE, down + shift[1] * _TWICE)
        self.draw.text(place, text, ink, font(21 * _TWICE), anchor=anchor)


def _draw_roc(card: Image.Image, curve: Roc, here: _Point, strangers: int) -> None:
    """`here`: FAR and TAR at the model's line; `strangers`: how many pairs of strangers there are."""
    frame = _Frame(card, _LEFT)
    # nothing can be seen below one stranger among all
    finest = max(10.0 ** floor(log10(1 / strangers)), _FINEST)
    decades = round(-log10(finest))

    def across(far: float) -> float:
        return 1 + log10(max(far, finest)) / decades

    for decade in range(decades + 1):
        far = 10.0**-decade
        frame.line([(across(far), 0), (across(far), 1)], _mixed(PANEL, FAINT, 0.25), 1)
        frame.text(across(far), 0, _percent(far), "mt", (0, 28))
    for tar in (0.0, 0.25, 0.5, 0.75, 1.0):
        frame.line([(0, tar), (1, tar)], _mixed(PANEL, FAINT, 0.25), 1)
        frame.text(0, tar, f"{tar:.0%}", "rm", (-30, 0))
    frame.text(1, 0, "FAR", "rb", (-8, -10), INK)
    frame.text(0, 1, "TAR", "lt", (10, 12), INK)
    steps: list[_Point] = []
    for far, tar in zip(curve.false_matches, curve.true_matches, strict=True):
        if steps:
            steps.append((across(float(far)), steps[-1][1]))
        steps.append((across(float(far)), float(tar)))
    frame.line(steps, SAME, 4)
    x, y = frame.at(across(here[0]), here[1])
    radius = 9 * _TWICE
    frame.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=BACKGROUND, outline=INK, width=4 * _TWICE)


def _draw_scores(
    card: Image.Image, people: NDArray[np.float64], strangers: NDArray[np.float64], threshold: float
) -> None:
    frame = _Frame(card, _LEFT + _SIDE + _GAP)
    everything = np.concatenate([people, strangers, [threshold]])
    step = _step(float(np.ptp(everything)))
    low, high = (
        floor(float(everything.min()) / step) * step,
        -floor(-float(everything.max()) / step) * step,
    )
    edges = np.linspace(low, high, _BINS + 1)
    shares = [np.histogram(kind, edges)[0] / len(kind) for kind in (strangers, people)]
    tallest = max(float(share.max()) for share in shares) / 0.94
    for tick in np.arange(low, high + step / 2, step):
        x = (float(tick) - low) / (high - low)
        frame.line([(x, 0), (x, 1)], _mixed(PANEL, FAINT, 0.25), 1)
        frame.text(x, 0, f"{tick:.10g}", "mt", (0, 28))
    layer = Image.new("RGBA", card.size)
    brush = ImageDraw.Draw(layer)
    for share, ink in zip(shares, (DIFFERENT, SAME), strict=True):
        outline: list[_Point] = [(0.0, 0.0)]
        for i, height in enumerate(share):
            outline += [(i / _BINS, float(height) / tallest), ((i + 1) / _BINS, float(height) / tallest)]
        outline.append((1.0, 0.0))
        places = [frame.at(*point) for point in outline]
        brush.polygon(places, fill=(*ink, _FILL))
        brush.line(places, fill=(*ink, 255), width=3 * _TWICE, joint="curve")
    card.paste(layer, mask=layer.getchannel("A"))
    x = (threshold - low) / (high - low)
    frame.line([(x, 0), (x, 1)], INK, 3)
    frame.text(x, 1, f"{threshold:.3g}", "mb", (0, -28), INK)


def _step(reach: float) -> float:
    """Between two ticks, so that there are 4 to 9 of them: 1, 2 or 5 times a power of ten."""
    rough = max(reach, 1e-6) / 5
    power = 10.0 ** floor(log10(rough))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(step - rough))


def _percent(share: float) -> str:
    return f"{share * 100:.10g}%"


def _mixed(one: tuple[int, int, int], other: tuple[int, int, int], part: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue
