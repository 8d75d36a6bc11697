"""Faces -> average face. `Composite` takes photos in and gives an `Average`; two of those make a mixture."""

from core.average.canvas import Average
from core.average.composite import Composite
from core.average.mixture import mix, morph
from core.average.pieces import average, rows, weighed

__all__ = ["Average", "Composite", "average", "mix", "morph", "rows", "weighed"]
