"""Faces -> average face. A `Composite` adds faces up and makes an `Average`; two of those make a mixture."""

from core.average.canvas import Average
from core.average.composite import Composite
from core.average.methods import METHODS
from core.average.mixture import mix, morph
from core.average.pieces import average, rows, weighed

__all__ = ["METHODS", "Average", "Composite", "average", "mix", "morph", "rows", "weighed"]
